// @ts-check
/** Model: all that is known about the model, drawn and said in plain words. */

import { make } from "../elements.js";
import { timesInTen } from "../words.js";
import { architectureName } from "./model-card.js";
import { fillWith, soon } from "./loading.js";
import { architectureSection } from "./model-architecture.js";
import { changesSection } from "./model-changes.js";
import { historySection } from "./model-history.js";
import { doubtSections } from "./model-doubts.js";
import { headlineSection } from "./model-headline.js";
import { listSections } from "./model-lists.js";
import { recipeSection } from "./model-recipe.js";
import { likenessSections } from "./model-likeness.js";
import { studySection } from "./model-study.js";
import { thousands } from "./parts.js";

/** @typedef {import("../router.js").Services} Services */
/** @typedef {import("./model-card.js").ModelCard} ModelCard */
/** @typedef {import("./model-card.js").NameOf} NameOf */
/** @typedef {{card: ModelCard, nameOf: NameOf}} Loaded */

/**
 * @param {HTMLElement} place
 * @param {string} rest id of a section to begin at
 * @param {Services} services
 * @returns {Promise<import("../router.js").OpenPage>}
 */
export async function open(place, rest, services) {
  const leaving = new AbortController();
  const { signal } = leaving;
  const filled = make("div", { class: "filled" });
  place.append(make("h1", { tabindex: -1 }, "The model"), filled);
  const filling = fillWith(filled, {
    what: "what is known about the model",
    load: () => loadModel(services, signal),
    show: ({ card }) => [lede(card)],
    follow: (loaded) => sectionsOf(loaded, services),
    signal,
    announce: services.announce,
  }).then(() => goTo(filled, wantedIn(filled) ?? rest));
  await soon(filling);
  return { close: () => leaving.abort(), filled: filling };
}

/**
 * @param {Services} services
 * @param {AbortSignal} signal
 * @returns {Promise<Loaded>}
 */
async function loadModel({ api }, signal) {
  const [card, all] = await Promise.all([
    api("/v1/model", { signal }),
    api("/v1/styles", { signal }),
  ]);
  const names = new Map(
    all.styles.map((/** @type {{slug: string, name: string}} */ style) => [style.slug, style.name]),
  );
  return { card, nameOf: (slug) => names.get(slug) ?? slug };
}

/**
 * There is much to draw: it comes in steps, so that the page can be used meanwhile.
 * @param {Loaded} loaded
 * @param {Services} services
 * @returns {Generator<Node[], void>}
 */
function* sectionsOf({ card, nameOf }, { announce }) {
  const { manifest, evaluation, history } = card;
  const makers = [
    ...(evaluation === null
      ? []
      : [
          () => [headlineSection(evaluation)],
          () => listSections(evaluation, { nameOf, announce }),
          () => doubtSections(manifest, evaluation, nameOf),
          () => likenessSections(evaluation),
          () => [historySection(evaluation)],
        ]),
    () => architectureSection(manifest, evaluation),
    () => studySection(evaluation?.comparison ?? []),
    () => changesSection(history),
    () => [recipeSection(manifest, evaluation)],
  ];
  /** @type {HTMLElement[]} */
  const sections = [];
  for (const makeSome of makers) {
    sections.push(...makeSome());
    yield [];
  }
  yield [contents(sections)];
  for (const section of sections) yield [section];
}

/**
 * @param {ModelCard} card
 * @returns {HTMLElement}
 */
function lede({ manifest, evaluation }) {
  const { styles, test, architecture, elsewhere } = manifest;
  const seen = elsewhere ?? test;
  const from = elsewhere ? `from ${elsewhere.places} places ` : "";
  return make(
    "div",
    {},
    make(
      "p",
      { class: "lede" },
      `${architectureName(architecture)} looks at a picture and says how likely each of ` +
        `${styles.length} styles is. Of ${thousands(seen.pictures)} pictures ${from}that it had never ` +
        `seen it named the style right ${timesInTen(seen.top1)}; ` +
        `${timesInTen(seen.top3)} the right one was among its first three.`,
    ),
    make(
      "p",
      { class: "quiet" },
      `This is ${manifest.id}.`,
      evaluation === null ? " It came without an evaluation, so there is little to draw." : "",
    ),
  );
}

/**
 * @param {HTMLElement[]} sections
 * @returns {HTMLElement}
 */
function contents(sections) {
  const list = make(
    "ul",
    {},
    ...sections.map((part) => {
      const title = part.querySelector("h2")?.textContent ?? part.id;
      return make("li", {}, make("a", { href: `#/model/${part.id}` }, title));
    }),
  );
  const nav = make("nav", { class: "contents", "aria-label": "On this page" }, list);
  nav.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isElsewhere = event.metaKey || event.ctrlKey || event.shiftKey;
    if (link === null || isElsewhere) return;
    event.preventDefault(); // the hash names a page; this one is open already
    event.stopPropagation();
    const id = link.hash.slice(link.hash.lastIndexOf("/") + 1);
    nav.dataset["wanted"] = id; // it may not be drawn yet
    goTo(nav.parentElement ?? nav, id);
  });
  return nav;
}

/**
 * @param {HTMLElement} filled
 * @returns {string | undefined} which section was asked for while the page was drawn
 */
function wantedIn(filled) {
  const nav = filled.querySelector(".contents");
  return nav instanceof HTMLElement ? nav.dataset["wanted"] : undefined;
}

/**
 * @param {HTMLElement} place
 * @param {string} id "" for none
 */
function goTo(place, id) {
  const found = [...place.children].find((child) => id !== "" && child.id === id);
  found?.scrollIntoView();
  found?.querySelector("h2")?.focus({ preventScroll: true });
}
