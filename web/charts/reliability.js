// @ts-check
/** How sure the model says it is against how often it is right: on the diagonal it is honest. */

import { draw } from "../elements.js";
import { drawFrame, drawing, layFrame } from "./frame.js";
import { straight } from "./paths.js";

/** @typedef {import("./paths.js").Point} Point */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {{confidence: number, accuracy: number, pictures: number}} Bin */
/** @typedef {{x: number, y: number, radius: number}} Bubble */

const LARGEST = 13;
const SMALLEST = 2.5;
const AXIS = { from: 0, to: 1, most: 5, format: (/** @type {number} */ share) => `${share * 100}` };

/**
 * @param {Bin[]} bins
 * @param {number} side in pixels, of the whole
 * @returns {{frame: Frame, bubbles: Bubble[], path: string}} the area of a bubble is its pictures
 */
export function layReliability(bins, side) {
  const frame = layFrame({
    width: side,
    height: side,
    x: { ...AXIS, name: "how sure it says it is, %" },
    y: { ...AXIS, name: "how often it is right, %" },
  });
  const most = Math.max(...bins.map((bin) => bin.pictures));
  const bubbles = bins.map(({ confidence, accuracy, pictures }) => ({
    x: frame.x(confidence),
    y: frame.y(accuracy),
    radius: Math.max(SMALLEST, LARGEST * Math.sqrt(pictures / most)),
  }));
  return { frame, bubbles, path: straight(bubbles.map(({ x, y }) => [x, y])) };
}

/**
 * @param {Bin[]} bins
 * @param {number} side
 * @param {string} description
 * @returns {SVGSVGElement}
 */
export function drawReliability(bins, side, description) {
  const { frame, bubbles, path } = layReliability(bins, side);
  const { left, right, top, bottom } = frame;
  return drawing(
    frame,
    description,
    ...drawFrame(frame),
    draw("path", { class: "line is-dashed", d: `M${left} ${bottom}L${right} ${top}` }),
    draw("path", { class: "line is-soft", d: path }),
    ...bubbles.map(({ x, y, radius }) =>
      draw("circle", { class: "bubble", cx: x, cy: y, r: radius }),
    ),
  );
}
