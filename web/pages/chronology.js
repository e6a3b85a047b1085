// @ts-check
/** Chronology: the styles of WikiArt over six centuries, each with some of its works. */

import { drawRidges, layRidges } from "../charts/ridge.js";
import { make, widthOf } from "../elements.js";
import { workCard } from "../work-card.js";
import { failureSentence } from "../words.js";
import { fillWith, soon, toFailure } from "./loading.js";
import { chooseWorks, describeRidge, findWorks } from "./periods.js";
import { factsTable } from "./tables.js";

/** @typedef {import("../router.js").Services} Services */
/** @typedef {import("../charts/ridge.js").Chronology} Chronology */
/** @typedef {import("../charts/ridge.js").Ridge} Ridge */
/** @typedef {Services & {signal: AbortSignal}} Parts */

/** A pointer that rests so long on a style means it; one that only passes does not. */
const RESTING_MS = 350;
const NARROWEST = 280;

/**
 * @param {HTMLElement} place
 * @param {string} rest slug of a style to show first
 * @param {Services} services
 * @returns {Promise<import("../router.js").OpenPage>}
 */
export async function open(place, rest, services) {
  const leaving = new AbortController();
  const parts = { ...services, signal: leaving.signal };
  const filled = make("div", { class: "filled" });
  place.append(make("h1", { tabindex: -1 }, "Chronology"), filled);
  const filling = fillWith(filled, {
    what: "the years of all works",
    load: () => services.api("/v1/chronology", { signal: parts.signal }),
    show: (chronology) => showChronology(chronology, rest, parts),
    signal: parts.signal,
    announce: services.announce,
  });
  await soon(filling);
  return { close: () => leaving.abort(), filled: filling };
}

/**
 * @param {Chronology} chronology
 * @param {string} wanted slug of a style
 * @param {Parts} parts
 * @returns {Node[]}
 */
function showChronology(chronology, wanted, parts) {
  const { ridges } = chronology;
  const panel = make("section", { class: "period-panel", "aria-label": "The chosen style" });
  const plot = plotOf(chronology, { ...parts, choose: (ridge) => showRidge(panel, ridge, parts) });
  const first = ridges.find((ridge) => ridge.style === wanted);
  if (first === undefined) invite(panel);
  else plot.choose(first);
  return [
    make(
      "p",
      { class: "lede" },
      `When were they made? Each hill is one of ${ridges.length} styles: the higher it stands, the ` +
        "more of its works were made in those years.",
    ),
    make(
      "p",
      { class: "quiet prose" },
      "The mark below a hill is the year by which half of the works were made. Hills with a dashed " +
        "line are not counted: the catalogue has fewer than 20 dated works of them, so they show " +
        "the period that books give. All hills are drawn equally high.",
    ),
    make("div", { class: "chronology" }, plot.node, panel),
    asTable(ridges),
  ];
}

/**
 * @param {HTMLElement} panel
 */
function invite(panel) {
  panel.replaceChildren(
    make("h2", {}, "Choose a style"),
    make(
      "p",
      { class: "quiet" },
      "Point at a hill or tap it. With the keyboard, go into the plot and use the arrow keys.",
    ),
  );
}

/**
 * @param {Chronology} chronology
 * @param {{signal: AbortSignal, choose: (ridge: Ridge) => void}} parts
 * @returns {{node: HTMLElement, choose: (ridge: Ridge) => void}}
 */
function plotOf(chronology, { signal, choose }) {
  const node = make("div", { class: "ridge-plot" });
  let chosen = /** @type {Ridge | null} */ (null);
  let resting = 0;
  let width = 0;

  /** @param {Ridge} ridge */
  function take(ridge) {
    clearTimeout(resting);
    if (ridge === chosen) return;
    chosen = ridge;
    mark(node, ridge.wikiart_style);
    choose(ridge);
  }

  /** @param {Event} event */
  const ridgeOf = (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-name]") : null;
    const name = row?.getAttribute("data-name");
    return chronology.ridges.find((ridge) => ridge.wikiart_style === name) ?? null;
  };

  node.addEventListener("click", (event) => {
    const ridge = ridgeOf(event);
    if (ridge !== null) take(ridge);
  });
  node.addEventListener("pointerover", (event) => {
    clearTimeout(resting);
    const ridge = ridgeOf(event);
    if (ridge === null || event.pointerType !== "mouse") return;
    resting = window.setTimeout(() => take(ridge), RESTING_MS);
  });
  node.addEventListener("pointerleave", () => clearTimeout(resting));
  node.addEventListener("keydown", (event) => {
    const row = move(node, event);
    const name = row?.getAttribute("data-name");
    const ridge = chronology.ridges.find((other) => other.wikiart_style === name);
    if (ridge !== undefined) take(ridge);
  });

  const resized = new ResizeObserver(() => {
    const now = Math.max(NARROWEST, widthOf(node));
    if (now === width) return;
    width = now;
    const hadFocus = node.contains(document.activeElement);
    node.replaceChildren(drawRidges(layRidges(chronology, width)));
    const row = mark(node, chosen?.wikiart_style ?? "");
    if (hadFocus) row?.focus();
  });
  resized.observe(node);
  signal.addEventListener("abort", () => {
    resized.disconnect();
    clearTimeout(resting);
  });
  return { node, choose: take };
}

/**
 * Mark what is chosen; one row at a time can be reached by Tab.
 * @param {HTMLElement} node
 * @param {string} name "" for none
 * @returns {SVGElement | undefined} the row that Tab reaches
 */
function mark(node, name) {
  const rows = /** @type {SVGElement[]} */ ([...node.querySelectorAll("[data-name]")]);
  const chosen = rows.find((row) => row.dataset["name"] === name);
  for (const row of rows) {
    row.setAttribute("aria-selected", String(row === chosen));
    row.setAttribute("tabindex", row === (chosen ?? rows[0]) ? "0" : "-1");
  }
  for (const label of node.querySelectorAll("[data-label]")) {
    label.classList.toggle("is-chosen", label.getAttribute("data-label") === name);
  }
  return chosen ?? rows[0];
}

/**
 * @param {HTMLElement} node
 * @param {KeyboardEvent} event
 * @returns {SVGElement | undefined} the row that the key leads to
 */
function move(node, event) {
  const rows = /** @type {SVGElement[]} */ ([...node.querySelectorAll("[data-name]")]);
  const here = rows.findIndex((row) => row === document.activeElement);
  const last = rows.length - 1;
  /** @type {Record<string, number>} */
  const goals = {
    ArrowDown: Math.min(here + 1, last),
    ArrowUp: Math.max(here - 1, 0),
    Home: 0,
    End: last,
    Enter: here,
    " ": here,
  };
  const row = rows[goals[event.key] ?? -1];
  if (row === undefined) return undefined;
  event.preventDefault();
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
  return row;
}

/**
 * @param {HTMLElement} panel
 * @param {Ridge} ridge
 * @param {Parts} parts
 */
function showRidge(panel, ridge, { api, announce, signal }) {
  const link = make("a", { href: `#/styles/${ridge.style}` }, "Its story");
  const works = make("div", { class: "period-works" });
  const words = describeRidge(ridge);
  panel.replaceChildren(
    make("h2", {}, ridge.wikiart_style),
    make("p", { class: "prose" }, words, " ", link),
    works,
  );
  announce(`${ridge.wikiart_style}. ${words}`);
  void showWorks(works, ridge, (path) => api(path, { signal }));
}

/**
 * @param {HTMLElement} place
 * @param {Ridge} ridge
 * @param {(path: string) => Promise<any>} get
 */
async function showWorks(place, ridge, get) {
  const note = make("p", { class: "quiet" }, "Fetching some of its works…");
  place.replaceChildren(note);
  try {
    const works = chooseWorks(await findWorks(ridge, get));
    if (works.length === 0) note.textContent = "The catalogue has no works of it yet.";
    else {
      place.replaceChildren(
        make(
          "ul",
          { class: "work-grid", "aria-label": `Works of ${ridge.wikiart_style}` },
          ...works.map((work) => make("li", {}, workCard(work))),
        ),
      );
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const { code = "", message = "" } = toFailure(error);
    note.textContent = failureSentence(code, message);
    const again = make("button", { type: "button", class: "plain" }, "Try again");
    again.addEventListener("click", () => void showWorks(place, ridge, get));
    place.append(make("p", { class: "buttons" }, again));
  }
}

/**
 * @param {Ridge[]} ridges
 * @returns {HTMLElement}
 */
function asTable(ridges) {
  return make(
    "details",
    { class: "section" },
    make("summary", {}, "The same as a table"),
    factsTable({
      name: "The styles of WikiArt by their first year",
      heads: ["Style", "Where the years are from", "First", "Half by", "Last", "Dated works"],
      rows: ridges.map(({ wikiart_style, source, first, median, last, works }) => [
        wikiart_style,
        source === "catalogue" ? "works of the catalogue" : "books",
        String(first),
        median === null ? "–" : String(median),
        String(last),
        works.toLocaleString("en"),
      ]),
      words: 2,
    }),
    make(
      "p",
      { class: "quiet prose" },
      "First and last: 2 % of the dated works are earlier or later, so that a single odd year moves " +
        "nothing. For books: the years of the period.",
    ),
  );
}
