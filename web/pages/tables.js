// @ts-check
/** Tables of facts; one that is wider than the screen scrolls by itself. */

import { make } from "../elements.js";

/**
 * @typedef {string | Node} Cell
 */

/**
 * @param {{
 *   name: string,
 *   heads: string[],
 *   rows: Cell[][],
 *   words?: number,
 * }} parts name: what the table is about; the first cell of each row names the row; words: how many
 *   columns hold text, from the first on, and not numbers
 * @returns {HTMLElement}
 */
export function factsTable({ name, heads, rows, words = 1 }) {
  const classOf = (/** @type {number} */ at) => (at >= words ? "number" : undefined);
  const head = heads.map((text, at) => make("th", { scope: "col", class: classOf(at) }, text));
  const body = rows.map(([first = "", ...others]) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, first),
      ...others.map((cell, at) => make("td", { class: classOf(at + 1) }, cell)),
    ),
  );
  return scroller(
    name,
    make(
      "table",
      { class: "facts-table" },
      make("caption", { class: "unseen" }, name),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    ),
  );
}

/**
 * @param {string} name for those who move by keyboard or by ear
 * @param {Node} wide
 * @returns {HTMLElement}
 */
export function scroller(name, wide) {
  return make("div", { class: "scroller", role: "region", "aria-label": name, tabindex: 0 }, wide);
}
