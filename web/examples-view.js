// @ts-check
/** Offers famous works to ask about. */

import { ApiError } from "./api.js";
import { element, make } from "./elements.js";
import { EXAMPLES } from "./examples.js";

/** @typedef {import("./examples.js").Example} Example */

const THUMB = { width: 320, height: 240 };

/**
 * @param {(file: File) => void} take is given the one that the visitor chooses
 * @param {(error: ApiError) => void} fail is told when its picture does not come
 */
export function showExamples(take, fail) {
  const items = EXAMPLES.map((example) => {
    const button = make(
      "button",
      { type: "button", class: "example" },
      make("img", { src: `art/${example.file}-small.webp`, alt: "", loading: "lazy", ...THUMB }),
      make("span", {}, make("cite", {}, example.title), `, ${example.artist}`),
    );
    button.addEventListener("click", () => void hang(example, take, fail));
    return make("li", {}, button);
  });
  element("examples").replaceChildren(...items);
}

/**
 * @param {Example} example
 * @param {(file: File) => void} take
 * @param {(error: ApiError) => void} fail
 */
async function hang({ file, title, artist }, take, fail) {
  try {
    const answer = await fetch(`art/${file}.jpg`);
    if (!answer.ok) throw new Error(answer.statusText);
    take(new File([await answer.blob()], `${title}, ${artist}.jpg`, { type: "image/jpeg" }));
  } catch {
    const message = `The picture of ${title} did not come. Look whether you are online, and try again.`;
    fail(new ApiError("example_missing", message));
  }
}
