// @ts-check
/** A work of the catalogue as a card: its picture if that comes, else its palette, and its label. */

import { draw, make } from "./elements.js";
import { drawPalette } from "./palette.js";
import { madeBy } from "./words.js";

/** @typedef {import("./api.js").Work} Work */

/**
 * @param {Work} work
 * @returns {HTMLElement}
 */
export function workCard(work) {
  return make(
    "figure",
    { class: "work" },
    pictureOf(work),
    make("figcaption", {}, titleOf(work), make("span", {}, madeBy(work))),
  );
}

/**
 * The picture of a work if it comes, else its palette, which is there at once.
 * @param {Work} work
 * @returns {HTMLElement}
 */
export function pictureOf(work) {
  const frame = make("div", { class: "work-picture" });
  frame.append(work.palette.length > 0 ? drawPalette(work.palette) : bareCanvas());
  if (work.image_url !== null) {
    // the label names the work; a second reading of its title would help nobody
    const image = make("img", { alt: "", loading: "lazy", decoding: "async" });
    image.addEventListener("load", () => frame.classList.add("has-come"));
    image.addEventListener("error", () => image.remove());
    image.src = work.image_url;
    frame.append(image);
  }
  return frame;
}

/** @returns {SVGSVGElement} what stands for a work of which not even the colours are known */
function bareCanvas() {
  const brush = draw("use", { href: "#brush", width: 32, height: 32 });
  return draw(
    "svg",
    { class: "palette is-bare", viewBox: "0 0 32 32", "aria-hidden": "true" },
    brush,
  );
}

/**
 * @param {Work} work
 * @returns {HTMLElement}
 */
export function titleOf(work) {
  if (work.page_url === null) return make("cite", {}, work.title);
  return make("cite", {}, make("a", { href: work.page_url, rel: "noreferrer" }, work.title));
}
