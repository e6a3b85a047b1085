// @ts-check
/** Lights the parts of the picture that speak for a style; the rest of it goes dark. */

import { all, element, elementOf, make } from "./elements.js";
import { nameOf } from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */

const SIDE_PX = 96;
const DARKEST = 0.92;

/**
 * @param {number[][]} rows 0 to 1, over the whole picture
 * @param {number} side
 * @returns {Float32Array} side x side values, row by row, smooth between the middles of the cells
 */
export function smooth(rows, side) {
  const values = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const down = between((y + 0.5) / side, rows.length);
    for (let x = 0; x < side; x++) {
      const across = between((x + 0.5) / side, rows[0]?.length ?? 0);
      const above = mix(rows[down.at], across);
      values[y * side + x] = above + (mix(rows[down.next], across) - above) * down.share;
    }
  }
  return values;
}

/** @typedef {{at: number, next: number, share: number}} Between */

/**
 * @param {number} position 0 to 1
 * @param {number} count cells
 * @returns {Between} the two cells around it, and how far it is to the second
 */
function between(position, count) {
  const exact = Math.min(Math.max(position * count - 0.5, 0), count - 1);
  const at = Math.floor(exact);
  const share = exact - at;
  return { at, next: Math.min(at + 1, count - 1), share: share * share * (3 - 2 * share) };
}

/**
 * @param {number[] | undefined} row
 * @param {Between} across
 * @returns {number}
 */
function mix(row, { at, next, share }) {
  const left = row?.[at] ?? 0;
  return left + ((row?.[next] ?? 0) - left) * share;
}

/** @type {{answer: Answer | null, pinned: string | null, pointed: string | null}} */
const state = { answer: null, pinned: null, pointed: null };

/** Begin to listen to what lights the picture. */
export function startLight() {
  elementOf("strength", HTMLInputElement).addEventListener("input", () => {
    state.pinned ??= state.answer?.candidates[0] ?? null;
    show();
  });
  for (const id of ["chips", "rows"]) listen(element(id));
}

/**
 * @param {Answer} answer
 */
export function lightFor(answer) {
  Object.assign(state, { answer, pinned: null, pointed: null });
  const lit = answer.candidates.filter((slug) => slug in answer.heat_maps);
  const chips = lit.map((slug) =>
    make("button", { type: "button", class: "chip", "data-light": slug }, nameOf(answer, slug)),
  );
  element("chips").replaceChildren(...chips);
  element("light").hidden = lit.length === 0;
  show();
}

/**
 * @param {HTMLElement} list
 */
function listen(list) {
  list.addEventListener("pointerover", (event) => point(slugOf(event)));
  list.addEventListener("pointerleave", () => point(null));
  list.addEventListener("focusin", (event) => point(slugOf(event)));
  list.addEventListener("focusout", () => point(null));
  list.addEventListener("click", (event) => {
    const slug = slugOf(event);
    if (slug === null) return;
    state.pinned = state.pinned === slug ? null : slug;
    point(null);
  });
}

/**
 * @param {Event} event
 * @returns {string | null}
 */
function slugOf(event) {
  const found = event.target instanceof Element ? event.target.closest("[data-light]") : null;
  return found instanceof HTMLElement ? (found.dataset["light"] ?? null) : null;
}

/**
 * @param {string | null} slug
 */
function point(slug) {
  state.pointed = slug;
  show();
}

function show() {
  const slug = state.pointed ?? state.pinned;
  const rows = slug === null ? undefined : state.answer?.heat_maps[slug];
  const canvas = elementOf("heat", HTMLCanvasElement);
  const strength = Number(elementOf("strength", HTMLInputElement).value) / 100;
  canvas.style.opacity = String(rows === undefined ? 0 : strength);
  if (rows !== undefined) paint(canvas, rows);
  for (const chip of all(".chip")) {
    chip.setAttribute("aria-pressed", String(chip.dataset["light"] === state.pinned));
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[][]} rows
 */
function paint(canvas, rows) {
  canvas.width = canvas.height = SIDE_PX;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const image = context.createImageData(SIDE_PX, SIDE_PX);
  smooth(rows, SIDE_PX).forEach((value, index) => {
    image.data[index * 4 + 3] = 255 * DARKEST * (1 - value); // black, ever more transparent
  });
  context.putImageData(image, 0, 0);
}
