// @ts-check
/** The frame of a chart with two axes: where its area lies, its marks and its names. */

import { draw } from "../elements.js";
import { marks, scale } from "./paths.js";

/**
 * @typedef {{
 *   from: number,
 *   to: number,
 *   name: string,
 *   most?: number,
 *   format?: (value: number) => string,
 * }} Axis most: marks to have at most
 * @typedef {{at: number, text: string}} Mark
 * @typedef {{
 *   width: number,
 *   height: number,
 *   left: number,
 *   right: number,
 *   top: number,
 *   bottom: number,
 *   x: (value: number) => number,
 *   y: (value: number) => number,
 *   xMarks: Mark[],
 *   yMarks: Mark[],
 *   xName: string,
 *   yName: string,
 * }} Frame in sixteenths of a rem: pixels, where letters have their usual size
 */

const TOP = 26;
const BOTTOM = 44;
const LETTER = 7;
const GAP = 8;

/**
 * @param {{width: number, height: number, x: Axis, y: Axis, room?: number}} wanted room: at the right,
 *   for labels at the ends of lines
 * @returns {Frame}
 */
export function layFrame({ width, height, x, y, room = 10 }) {
  const yTexts = marksOf(y);
  const left = Math.max(...yTexts.map(([, text]) => text.length)) * LETTER + GAP;
  const [right, bottom] = [width - room, height - BOTTOM];
  const toX = scale([x.from, x.to], [left, right]);
  const toY = scale([y.from, y.to], [bottom, TOP]);
  return {
    width,
    height,
    left,
    right,
    top: TOP,
    bottom,
    x: toX,
    y: toY,
    xMarks: marksOf(x).map(([value, text]) => ({ at: toX(value), text })),
    yMarks: yTexts.map(([value, text]) => ({ at: toY(value), text })),
    xName: x.name,
    yName: y.name,
  };
}

/**
 * @param {Axis} axis
 * @returns {[number, string][]}
 */
function marksOf({ from, to, most = 5, format = String }) {
  return marks(from, to, most).map((value) => [value, format(value)]);
}

/**
 * @param {Frame} frame
 * @returns {SVGElement[]} grid, marks and names
 */
export function drawFrame({ left, right, bottom, xMarks, yMarks, xName, yName }) {
  const across = yMarks.flatMap(({ at, text }) => [
    draw("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }),
    draw("text", { class: "tick", x: left - GAP, y: at + 4, "text-anchor": "end" }, text),
  ]);
  const along = xMarks.map(({ at, text }) =>
    draw("text", { class: "tick", x: at, y: bottom + 18, "text-anchor": "middle" }, text),
  );
  return [
    ...across,
    ...along,
    draw("text", { class: "axis-name", x: 0, y: 12 }, yName),
    draw("text", { class: "axis-name", x: right, y: bottom + 36, "text-anchor": "end" }, xName),
  ];
}

/**
 * @param {number} width in sixteenths of a rem, as `widthOf` gives it
 * @param {number} height likewise
 * @returns {Record<string, string>} letters and lines then grow alike with the letters of the page
 */
export function sized(width, height) {
  const viewBox = `0 0 ${width} ${height}`;
  return { width: `${width / 16}rem`, height: `${height / 16}rem`, viewBox };
}

/**
 * @param {{width: number, height: number}} size
 * @param {string} description what a reader who cannot see it is told
 * @param {...Node} drawn
 * @returns {SVGSVGElement}
 */
export function drawing({ width, height }, description, ...drawn) {
  return draw(
    "svg",
    {
      class: "drawing",
      ...sized(width, height),
      role: "img",
      "aria-label": description,
    },
    ...drawn,
  );
}
