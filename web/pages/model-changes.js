// @ts-check
/** Which model was live when: each promotion with what the gate measured, and each way back. */

import { make } from "../elements.js";
import { decimals, section, thousands } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").ModelChange} ModelChange */

/** In the reader's own time zone, and in the language and spelling of the page. */
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** @type {Readonly<Record<ModelChange["kind"], string>>} */
const KINDS = { promoted: "Promoted", "rolled back": "Rolled back to" };

/**
 * @param {ModelChange[] | null} history the oldest first; null where nobody knows
 * @returns {HTMLElement[]}
 */
export function changesSection(history) {
  const changes = (history ?? []).toReversed();
  if (changes.length === 0) return [];
  return [
    section(
      "changes",
      "Which model answered when",
      ...explain(changes),
      make("div", { class: "changes" }, changesTable(changes)),
      ...changes.filter(isForced).map(reasons),
    ),
  ];
}

/**
 * @param {ModelChange[]} changes
 * @returns {string[]} a paragraph each
 */
export function explain(changes) {
  return [
    "Before a new model takes over, a gate asks it and the live one the same test pictures; the new " +
      "one must not be worse. Macro-F1 is the mean of the F1 of all styles, from 0 to 1. The pictures " +
      "may differ from row to row, so only the two figures of one row can be compared.",
    ...(changes.some(isForced)
      ? [
          "Against the gate means that somebody put a model live although the gate refused it. The " +
            "gate’s reasons stand below the table.",
        ]
      : []),
  ];
}

/**
 * @param {ModelChange} change
 * @returns {string} what stands before the model's id
 */
export function happened(change) {
  return `${KINDS[change.kind]}${isForced(change) ? " against the gate" : ""}:`;
}

/**
 * @param {ModelChange} change
 * @returns {string} macro-F1 before and after, and on how many pictures
 */
export function measured({ figures }) {
  if (figures === null) return "not measured";
  const { macro_f1_before: before, macro_f1: after, pictures } = figures;
  return `${decimals(before)} before, ${decimals(after)} after, on ${thousands(pictures)} pictures`;
}

/**
 * @param {ModelChange} change
 * @returns {boolean}
 */
function isForced({ forced }) {
  return forced.length > 0;
}

/**
 * @param {ModelChange[]} changes
 * @returns {HTMLElement}
 */
function changesTable(changes) {
  return factsTable({
    name: "Changes of the model, the newest first",
    heads: ["When", "What happened", "Macro-F1"],
    rows: changes.map((change) => [
      moment(change.at),
      make("span", {}, `${happened(change)} `, make("code", {}, change.model)),
      measured(change),
    ]),
    words: 3,
  });
}

/**
 * @param {string} at ISO 8601
 * @returns {HTMLElement}
 */
function moment(at) {
  return make("time", { datetime: at }, MOMENT.format(new Date(at)));
}

/**
 * @param {ModelChange} change one that was forced
 * @returns {HTMLElement}
 */
function reasons({ at, model, forced }) {
  return make(
    "div",
    { class: "reasons" },
    make("h3", {}, "What the gate had against ", make("code", {}, model)),
    make("p", { class: "quiet" }, moment(at)),
    make("ul", {}, ...forced.map((reason) => make("li", {}, reason))),
  );
}
