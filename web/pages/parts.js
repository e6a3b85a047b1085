// @ts-check
/** What the sections of the Model page are made of: headings, drawings, choices, folded tables. */

import { make, widthOf } from "../elements.js";

/** A drawing that is narrower than this scrolls with the page instead of getting smaller. */
const NARROWEST = 260;

/**
 * @param {string} id
 * @param {string} title
 * @param {...(Node | string)} children strings are the label, what is shown stands beside it
 * @returns {HTMLElement}
 */
export function section(id, title, ...children) {
  const texts = children.filter((child) => typeof child === "string");
  const shown = children.filter((child) => typeof child !== "string");
  return make(
    "section",
    { class: "section is-labelled", id, "aria-labelledby": `${id}-title` },
    make(
      "div",
      {},
      make("h2", { id: `${id}-title`, tabindex: -1 }, title),
      ...texts.map((text) => make("p", { class: "prose" }, text)),
    ),
    make("div", { class: "shown" }, ...shown),
  );
}

/**
 * A drawing that is made anew for the width it has, so that its letters keep their size.
 * @param {(width: number) => SVGElement} draws
 * @returns {HTMLElement}
 */
export function drawn(draws) {
  const place = make("div", { class: "drawn" });
  let width = 0;
  new ResizeObserver(() => {
    const now = Math.max(NARROWEST, widthOf(place));
    if (now === width) return;
    width = now;
    place.replaceChildren(draws(width));
  }).observe(place);
  return place;
}

/**
 * @param {Node} drawing
 * @param {string} caption
 * @returns {HTMLElement}
 */
export function figure(drawing, caption) {
  return make("figure", { class: "chart-figure" }, drawing, make("figcaption", {}, caption));
}

/**
 * @param {Node} table
 * @param {string} [summary]
 * @returns {HTMLElement}
 */
export function folded(table, summary = "The same as a table") {
  return make("details", { class: "apart" }, make("summary", {}, summary), table);
}

/**
 * @template {string} Value
 * @param {{
 *   legend: string,
 *   name: string,
 *   options: {value: Value, text: string}[],
 *   chosen: Value,
 *   choose: (value: Value) => void,
 * }} parts name: of the group, once on the page
 * @returns {HTMLElement}
 */
export function choice({ legend, name, options, chosen, choose }) {
  const labels = options.map(({ value, text }) => {
    const input = make("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    return make("label", {}, input, text);
  });
  return make("fieldset", { class: "choice" }, make("legend", {}, legend), ...labels);
}

/**
 * @param {number} share 0 to 1
 * @returns {string} to a tenth of a per cent
 */
export function finely(share) {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/**
 * @param {number} value 0 to 1
 * @returns {string} to three decimals, as such figures are compared
 */
export function decimals(value) {
  return value.toFixed(3);
}

/**
 * @param {number} count
 * @returns {string}
 */
export function thousands(count) {
  return count.toLocaleString("en");
}
