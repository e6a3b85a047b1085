// @ts-check
/** The page of one style: its story, what it unites, who made it, works of it, how it is known. */

import { make } from "../elements.js";
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
  const heading = make("h1", { class: "style-name", tabindex: -1 }, "A style");
  const filled = make("div", { class: "filled" });
  const back = make("a", { href: "#/styles" }, "All styles");
  place.append(make("p", { class: "way-back" }, "‹ ", back), heading, filled);
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
        make(
          "p",
          { class: "story" },
          "The address may be mistyped. ",
          make("a", { href: "#/styles" }, "All 18 styles"),
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
    make("p", { class: "period" }, `${capital(story.period.words)}. ${story.region}.`),
    make(
      "div",
      { class: "style-page" },
      make("p", { class: "style-story" }, story.text),
      make(
        "div",
        { class: "style-label" },
        ...aboutStory(story, "h2"),
        make("h2", {}, "How well the model knows it"),
        make("p", {}, recordOf(style, names)),
        make(
          "p",
          {},
          make("a", { href: `#/chronology/${style.slug}` }, "See it on the chronology"),
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
    make(heading, {}, "Look for"),
    make("ul", { class: "plain-list" }, ...traits.map((trait) => make("li", {}, trait))),
    make(heading, {}, "Key artists"),
    make(
      "ul",
      { class: "plain-list" },
      ...artists.map(({ name, url }) =>
        make("li", {}, make("a", { href: url, rel: "noreferrer" }, name)),
      ),
    ),
    make(heading, {}, "One famous work"),
    make("p", {}, make("cite", {}, work.title), ` by ${work.artist}, ${work.year}. ${work.place}.`),
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
  return make(
    "section",
    { class: "section", "aria-labelledby": "parts" },
    make("h2", { id: "parts" }, `What ${name} unites`),
    ...story.parts.map((part) =>
      make(
        "article",
        { class: "style-part" },
        make(
          "header",
          {},
          make("h3", {}, part.wikiart_style),
          make("p", { class: "quiet" }, `${capital(part.period.words)}. ${part.region}.`),
        ),
        make("p", { class: "prose" }, part.text),
        make("div", { class: "style-label" }, ...aboutStory(part, "h4")),
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
  const filled = make("div", { class: "filled" });
  void fillWith(filled, {
    what: "the artists",
    load: () => api(`/v1/styles/${slug}/artists?limit=${ARTISTS}`, { signal }),
    show: showArtists,
    signal,
    announce,
  });
  return make(
    "section",
    { class: "section", "aria-labelledby": "artists" },
    make("h2", { id: "artists" }, "Who made most of the works here"),
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
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(works / most));
    return make(
      "li",
      {},
      make("a", { href: page_url, rel: "noreferrer" }, name),
      make(
        "span",
        { class: "measure" },
        bar,
        make("span", { class: "share" }, works === 1 ? "1 work" : `${works} works`),
      ),
    );
  });
  return [make("ol", { class: "artists" }, ...items)];
}

/**
 * @param {StyleDetail} style
 * @param {Services} services
 * @returns {HTMLElement}
 */
function worksSection({ slug, name, counts }, services) {
  return make(
    "section",
    { class: "section", "aria-labelledby": "works" },
    make("h2", { id: "works" }, `Works of ${name}`),
    counts?.works === 0
      ? make(
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
