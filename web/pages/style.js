// @ts-check
/** The page of one style: its story, what it unites, who made it, works of it, how it is known. */

import { element, webLink } from "../element.js";
import { fillWith } from "./loading.js";
import { longRecord } from "./record.js";
import { worksOf } from "./works.js";

/** @typedef {import("../router.js").Services & {signal: AbortSignal}} Services */
/** @typedef {import("./styles.js").StyleInfo} StyleInfo */
/**
 * @typedef {{
 *   text: string,
 *   period: {from: number, to: number, words: string},
 *   region: string,
 *   traits: string[],
 *   artists: {name: string, url: string}[],
 *   work: {title: string, artist: string, year: string, place: string},
 * }} Story
 * @typedef {StyleInfo & {
 *   story: Story & {parts: (Story & {wikiart_style: string})[]},
 *   track_record: {
 *     precision: number,
 *     recall: number,
 *     confused_with: string | null,
 *     pictures: number,
 *   } | null,
 * }} StyleDetail
 * @typedef {{slug: string, name: string, works: number, page_url: string}} Artist
 * @typedef {{style: StyleDetail, names: Record<string, string>}} Shown
 */

const ARTISTS = 8;

/**
 * @param {HTMLElement} place
 * @param {string} slug
 * @param {Services} services
 * @returns {Promise<void>}
 */
export function openStyle(place, slug, services) {
  const { announce, title, signal } = services;
  const heading = element("h1", { class: "style-name", tabindex: -1 }, "A style");
  const filled = element("div", { class: "filled" });
  const back = element("a", { href: "#/styles" }, "All styles");
  place.append(element("p", { class: "way-back" }, "‹ ", back), heading, filled);
  return fillWith(filled, {
    what: "its story",
    load: () => loadStyle(slug, services),
    show: (shown) => {
      heading.textContent = shown.style.name;
      title(shown.style.name);
      return showStyle(shown, services);
    },
    explain: ({ code }) => {
      if (code !== "unknown_style") return null;
      heading.textContent = "There is no such style";
      title("No such style");
      announce("There is no such style.");
      return [
        element(
          "p",
          { class: "story" },
          "The address may be mistyped. ",
          element("a", { href: "#/styles" }, "All 18 styles"),
        ),
      ];
    },
    signal,
    announce,
  });
}

/**
 * @param {string} slug
 * @param {Services} services
 * @returns {Promise<Shown>}
 */
async function loadStyle(slug, { api, signal }) {
  const [style, all] = await Promise.all([
    api(`/v1/styles/${encodeURIComponent(slug)}`, { signal }),
    api("/v1/styles", { signal }),
  ]);
  const names = all.styles.map((/** @type {StyleInfo} */ other) => [other.slug, other.name]);
  return { style, names: Object.fromEntries(names) };
}

/**
 * @param {Shown} shown
 * @param {Services} services
 * @returns {Node[]}
 */
function showStyle({ style, names }, services) {
  const { story } = style;
  return [
    element("p", { class: "period" }, `${capital(story.period.words)}. ${story.region}.`),
    element(
      "div",
      { class: "style-page" },
      element("p", { class: "style-story" }, story.text),
      element(
        "div",
        { class: "style-label" },
        ...aboutStory(story, "h2"),
        element("h2", {}, "How well the model knows it"),
        element("p", {}, recordOf(style, names)),
        element(
          "p",
          {},
          element("a", { href: `#/chronology/${style.slug}` }, "See it on the chronology"),
        ),
      ),
    ),
    story.parts.length > 0 && partsOf(style),
    artistsOf(style, services),
    worksSection(style, services),
  ].filter((node) => node !== false);
}

/**
 * @param {Story} story
 * @param {"h2" | "h4"} heading
 * @returns {Node[]} traits, artists and one work, each under its heading
 */
function aboutStory({ traits, artists, work }, heading) {
  return [
    element(heading, {}, "Look for"),
    element("ul", { class: "plain-list" }, ...traits.map((trait) => element("li", {}, trait))),
    element(heading, {}, "Key artists"),
    element(
      "ul",
      { class: "plain-list" },
      ...artists.map(({ name, url }) => element("li", {}, webLink(url, name))),
    ),
    element(heading, {}, "One famous work"),
    element(
      "p",
      {},
      element("cite", {}, work.title),
      ` by ${work.artist}, ${work.year}. ${work.place}.`,
    ),
  ];
}

/**
 * @param {StyleDetail} style
 * @param {Record<string, string>} names of the styles by their slugs
 * @returns {string}
 */
function recordOf({ name, track_record }, names) {
  if (track_record === null) {
    return (
      `Not at all: too few pictures were at hand to learn ${name} from. ` +
      "It gives such a picture the name of another style."
    );
  }
  const { pictures, confused_with } = track_record;
  return longRecord(
    name,
    { ...track_record, support: pictures },
    confused_with === null ? "" : (names[confused_with] ?? confused_with),
  );
}

/**
 * @param {StyleDetail} style
 * @returns {HTMLElement}
 */
function partsOf({ name, story }) {
  return element(
    "section",
    { class: "section", "aria-labelledby": "parts" },
    element("h2", { id: "parts" }, `What ${name} unites`),
    ...story.parts.map((part) =>
      element(
        "article",
        { class: "style-part" },
        element(
          "header",
          {},
          element("h3", {}, part.wikiart_style),
          element("p", { class: "quiet" }, `${capital(part.period.words)}. ${part.region}.`),
        ),
        element("p", { class: "prose" }, part.text),
        element("div", { class: "style-label" }, ...aboutStory(part, "h4")),
      ),
    ),
  );
}

/**
 * @param {StyleDetail} style
 * @param {Services} services
 * @returns {HTMLElement | false} a section that fills itself
 */
function artistsOf({ slug, counts }, { api, signal, announce }) {
  if (counts !== null && counts.artists === 0) return false;
  const filled = element("div", { class: "filled" });
  void fillWith(filled, {
    what: "the artists",
    load: () => api(`/v1/styles/${slug}/artists?limit=${ARTISTS}`, { signal }),
    show: showArtists,
    signal,
    announce,
  });
  return element(
    "section",
    { class: "section", "aria-labelledby": "artists" },
    element("h2", { id: "artists" }, "Who made most of the works here"),
    filled,
  );
}

/**
 * @param {{artists: Artist[]}} answer
 * @returns {Node[]}
 */
function showArtists({ artists }) {
  const most = artists[0]?.works ?? 1;
  const items = artists.map(({ name, works, page_url }) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(works / most));
    return element(
      "li",
      {},
      webLink(page_url, name),
      element(
        "span",
        { class: "measure" },
        bar,
        element("span", { class: "share" }, works === 1 ? "1 work" : `${works} works`),
      ),
    );
  });
  return [element("ol", { class: "artists" }, ...items)];
}

/**
 * @param {StyleDetail} style
 * @param {Services} services
 * @returns {HTMLElement}
 */
function worksSection({ slug, name, counts }, services) {
  return element(
    "section",
    { class: "section", "aria-labelledby": "works" },
    element("h2", { id: "works" }, `Works of ${name}`),
    counts?.works === 0
      ? element(
          "p",
          { class: "story" },
          `The catalogue has no works of ${name} yet. Its story stands above, and the famous work ` +
            "named there is worth a visit.",
        )
      : worksOf({ ...services, path: `/v1/styles/${slug}/artworks`, name, counts }),
  );
}

/**
 * @param {string} text
 * @returns {string}
 */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
