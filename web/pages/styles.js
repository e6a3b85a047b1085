// @ts-check
/** Styles: the list of all, or the page of one. */

import { make } from "../elements.js";
import { percent } from "../words.js";
import { fillWith, soon } from "./loading.js";
import { shortRecord } from "./record.js";
import { openStyle } from "./style.js";
import { factsTable } from "./tables.js";

/** @typedef {import("../router.js").Services} Services */
/** @typedef {import("./record.js").Metrics} Metrics */
/**
 * @typedef {{
 *   slug: string,
 *   name: string,
 *   taste: string,
 *   period: {from: number, to: number, words: string},
 *   wikiart_styles: string[],
 *   known: boolean,
 *   counts: {works: number, dated: number, artists: number} | null,
 * }} StyleInfo
 * @typedef {{
 *   model: {test: {top1: number, pictures: number, per_style: Record<string, Metrics>}},
 *   styles: StyleInfo[],
 * }} Styles
 */

/** The time that the lines of the entries stand for. */
const FIRST_YEAR = 1400;
const LAST_YEAR = 2020;

/**
 * @param {HTMLElement} place
 * @param {string} rest slug of a style, "" for the list
 * @param {Services} services
 * @returns {Promise<import("../router.js").OpenPage>}
 */
export async function open(place, rest, services) {
  const leaving = new AbortController();
  const { signal } = leaving;
  const filling =
    rest === ""
      ? openList(place, { ...services, signal })
      : openStyle(place, rest, { ...services, signal });
  await soon(filling);
  return { close: () => leaving.abort(), filled: filling };
}

/**
 * @param {HTMLElement} place
 * @param {Services & {signal: AbortSignal}} services
 * @returns {Promise<void>}
 */
function openList(place, { api, announce, signal }) {
  const filled = make("div", { class: "filled" });
  place.append(make("h1", { tabindex: -1 }, "Styles"), filled);
  return fillWith(filled, {
    what: "the styles",
    load: () => api("/v1/styles", { signal }),
    show: showAll,
    signal,
    announce,
  });
}

/**
 * @param {Styles} data
 * @returns {Node[]}
 */
function showAll({ styles, model }) {
  const known = styles.filter((style) => style.known).length;
  const records = model.test.per_style;
  return [
    make(
      "p",
      { class: "lede" },
      `Here are ${styles.length} ways of making art, from the Renaissance to Neo-Expressionism. ` +
        `The model knows ${known} of them.`,
    ),
    make(
      "p",
      { class: "quiet" },
      `The dark stretch of each line is the style’s own time between ${FIRST_YEAR} and ${LAST_YEAR}.`,
    ),
    make(
      "ul",
      { class: "style-entries" },
      ...styles.map((style) => entry(style, records[style.slug])),
    ),
    grouping(styles, records),
  ];
}

/**
 * @param {StyleInfo} style
 * @param {Metrics | undefined} record
 * @returns {HTMLElement}
 */
function entry(style, record) {
  return make(
    "li",
    { class: "style-entry" },
    timeline(style.period),
    make("h2", {}, make("a", { href: `#/styles/${style.slug}` }, style.name)),
    make("p", { class: "period" }, style.period.words),
    make("p", { class: "taste" }, style.taste),
    make(
      "p",
      { class: "quiet" },
      style.known && record !== undefined
        ? shortRecord(record)
        : "Not known to this model: it had too few pictures to learn it from.",
    ),
  );
}

/**
 * @param {{from: number, to: number}} period
 * @returns {HTMLElement}
 */
function timeline({ from, to }) {
  const line = make("div", { class: "timeline", "aria-hidden": "true" });
  const span = LAST_YEAR - FIRST_YEAR;
  line.style.setProperty("--from", String((from - FIRST_YEAR) / span));
  line.style.setProperty("--share", String((Math.min(to, LAST_YEAR) - from) / span));
  return line;
}

/**
 * @param {StyleInfo[]} styles
 * @param {Record<string, Metrics>} records
 * @returns {HTMLElement}
 */
function grouping(styles, records) {
  return make(
    "section",
    { class: "section", "aria-labelledby": "grouping" },
    make("h2", { id: "grouping" }, "Which WikiArt styles each one unites"),
    make(
      "p",
      { class: "prose" },
      "The works are filed under the finer styles of WikiArt. Where these flow into each other, one " +
        "style here unites them. Works and artists are those of the catalogue. Right: how often the " +
        "model is right when it names the style. Finds: how many of its pictures the model finds.",
    ),
    factsTable({
      name: "Styles and what they unite",
      heads: ["Style", "What WikiArt calls it", "Works", "Artists", "Right", "Finds"],
      rows: styles.map((style) => row(style, records[style.slug])),
      words: 2,
    }),
  );
}

/**
 * @param {StyleInfo} style
 * @param {Metrics | undefined} record
 * @returns {string[]}
 */
function row({ name, wikiart_styles, counts }, record) {
  return [
    name,
    wikiart_styles.join(", "),
    counts?.works.toLocaleString("en") ?? "–",
    counts?.artists.toLocaleString("en") ?? "–",
    record === undefined ? "–" : percent(record.precision),
    record === undefined ? "–" : percent(record.recall),
  ];
}
