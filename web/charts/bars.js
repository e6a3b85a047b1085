// @ts-check
/** Shares as a list of bars, labelled at their ends. The list is its own text. */

import { make } from "../elements.js";

/** @typedef {{name: string, share: number, text: string, isMain?: boolean}} Bar share: 0 to 1 */

/**
 * @param {Bar[]} bars
 * @returns {HTMLElement}
 */
export function barList(bars) {
  const items = bars.map(({ name, share, text, isMain }) => {
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(share));
    return make(
      "li",
      { class: isMain ? "is-main" : undefined },
      make("span", {}, name),
      make("span", { class: "measure" }, bar, make("span", { class: "share" }, text)),
    );
  });
  return make("ul", { class: "bars" }, ...items);
}
