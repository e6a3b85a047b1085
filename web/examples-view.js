// @ts-check
/** Offers the pictures that the page draws itself. */

import { element, make } from "./elements.js";
import { EXAMPLES } from "./examples.js";
import { toBlob } from "./picture.js";

/** @typedef {import("./examples.js").Example} Example */

const THUMB = { width: 160, height: 120 };
const WHOLE = { width: 960, height: 720 };

/**
 * @param {(file: File) => void} take is given the one that the visitor chooses
 */
export function showExamples(take) {
  const items = EXAMPLES.map((example) => {
    const button = make(
      "button",
      { type: "button", class: "example" },
      drawn(example, THUMB),
      make("span", {}, example.title),
    );
    button.addEventListener("click", () => void hang(example, take));
    return make("li", {}, button);
  });
  element("examples").replaceChildren(...items);
}

/**
 * @param {Example} example
 * @param {{width: number, height: number}} size
 * @returns {HTMLCanvasElement}
 */
function drawn({ draw }, { width, height }) {
  const canvas = make("canvas", { width, height, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  if (pen !== null) draw(pen, width, height);
  return canvas;
}

/**
 * @param {Example} example
 * @param {(file: File) => void} take
 */
async function hang(example, take) {
  const blob = await toBlob(drawn(example, WHOLE), "image/png");
  if (blob === null) return;
  take(new File([blob], `${example.title}, drawn by this page.png`, { type: "image/png" }));
}
