// @ts-check
/** Tables of facts; one that is wider than the screen scrolls by itself. */

import { element } from "../element.js";

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
  const classOf = (/** @type {number} */ at) => (at >= words ? "number" : null);
  const head = heads.map((text, at) => element("th", { scope: "col", class: classOf(at) }, text));
  const body = rows.map(([first = "", ...others]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      ...others.map((cell, at) => element("td", { class: classOf(at + 1) }, cell)),
    ),
  );
  return scroller(
    name,
    element(
      "table",
      { class: "facts" },
      element("caption", { class: "unseen" }, name),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...body),
    ),
  );
}

/**
 * @param {string} name for those who move by keyboard or by ear
 * @param {Node} wide
 * @returns {HTMLElement}
 */
export function scroller(name, wide) {
  return element(
    "div",
    { class: "scroller", role: "region", "aria-label": name, tabindex: 0 },
    wide,
  );
}
