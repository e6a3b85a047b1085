// @ts-check
/** How the parts of the product fit: boxes and arrows on a grid, four columns wide or two. */

import { draw } from "../elements.js";
import { drawing } from "./frame.js";

/**
 * @typedef {{name: string, text: string, wide: [number, number], narrow: [number, number]}} Part
 *   wide, narrow: column and row
 * @typedef {{
 *   name: string,
 *   lines: string[],
 *   x: number,
 *   y: number,
 *   width: number,
 *   height: number,
 * }} Box
 * @typedef {{path: string, text: string, x: number, y: number, anchor: "start" | "middle"}} Arrow
 */

const NARROW = 620;
const BOX = 74;
const ROW = 128;
const LETTER = 6.2;
const HEAD = 7;

/** @type {readonly Part[]} */
export const PARTS = [
  { name: "This page", text: "shrinks the picture in your browser", wide: [0, 0], narrow: [0, 0] },
  { name: "API Gateway", text: "lets so many in at a time", wide: [1, 0], narrow: [0, 1] },
  { name: "Lambda", text: "reads the picture and asks the model", wide: [2, 0], narrow: [0, 2] },
  { name: "Catalogue", text: "MongoDB, or a file at home", wide: [3, 0], narrow: [1, 2] },
  { name: "Model folder", text: "model, manifest, figures", wide: [2, 1], narrow: [0, 3] },
  { name: "Training", text: "learns from paintings", wide: [1, 1], narrow: [1, 3] },
];

/** @type {readonly {from: number, to: number, text: string}[]} */
const WAYS = [
  { from: 0, to: 1, text: "picture" },
  { from: 1, to: 2, text: "" },
  { from: 2, to: 3, text: "works?" },
  { from: 4, to: 2, text: "loaded" },
  { from: 5, to: 4, text: "writes" },
];

/**
 * @param {number} width
 * @returns {{width: number, height: number, boxes: Box[], arrows: Arrow[]}}
 */
export function layParts(width) {
  const isNarrow = width < NARROW;
  const columns = isNarrow ? 2 : 4;
  const gap = isNarrow ? 46 : 62;
  const boxWidth = (width - 2 - gap * (columns - 1)) / columns;
  const boxes = PARTS.map(({ name, text, wide, narrow }) => {
    const [column, row] = isNarrow ? narrow : wide;
    return {
      name,
      lines: wrap(text, Math.floor((boxWidth - 20) / LETTER)),
      x: 1 + column * (boxWidth + gap),
      y: 1 + row * ROW,
      width: boxWidth,
      height: BOX,
    };
  });
  const lowest = Math.max(...boxes.map((box) => box.y));
  return { width, height: lowest + BOX + 2, boxes, arrows: WAYS.map((way) => arrow(boxes, way)) };
}

/**
 * @param {Box[]} boxes
 * @param {{from: number, to: number, text: string}} way
 * @returns {Arrow} between two boxes that are beside or above each other
 */
function arrow(boxes, { from, to, text }) {
  const [a, b] = /** @type {[Box, Box]} */ ([boxes[from], boxes[to]]);
  if (a.y === b.y) {
    const isRight = a.x < b.x;
    const y = a.y + BOX / 2;
    const start = isRight ? a.x + a.width : a.x;
    const end = isRight ? b.x : b.x + b.width;
    const back = isRight ? -HEAD : HEAD;
    const path = `M${start} ${y}H${end}m${back} ${-HEAD / 1.6}L${end} ${y}l${back} ${HEAD / 1.6}`;
    return { path, text, x: (start + end) / 2, y: y - 8, anchor: "middle" };
  }
  const isDown = a.y < b.y;
  const x = a.x + a.width / 2;
  const start = isDown ? a.y + BOX : a.y;
  const end = isDown ? b.y : b.y + BOX;
  const back = isDown ? -HEAD : HEAD;
  const path = `M${x} ${start}V${end}m${-HEAD / 1.6} ${back}L${x} ${end}l${HEAD / 1.6} ${back}`;
  return { path, text, x: x + 8, y: (start + end) / 2 + 4, anchor: "start" };
}

/**
 * @param {string} text
 * @param {number} most letters in a line
 * @returns {string[]}
 */
export function wrap(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length <= most || last === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * @param {number} width
 * @returns {SVGSVGElement}
 */
export function drawParts(width) {
  const layout = layParts(width);
  return drawing(
    layout,
    "This page sends the picture to API Gateway, which calls Lambda. Lambda has loaded the model " +
      "folder that training wrote, and asks the catalogue for works.",
    ...layout.boxes.flatMap(({ name, lines, x, y, width: boxWidth, height }) => [
      draw("rect", { class: "part", x, y, width: boxWidth, height }),
      draw("text", { class: "part-name", x: x + 10, y: y + 22 }, name),
      ...lines.map((line, at) =>
        draw("text", { class: "tick", x: x + 10, y: y + 40 + at * 14 }, line),
      ),
    ]),
    ...layout.arrows.map(({ path }) => draw("path", { class: "flow", d: path })),
    ...layout.arrows.map(({ text, x, y, anchor }) =>
      draw("text", { class: "tick", x, y, "text-anchor": anchor }, text),
    ),
  );
}
