// @ts-check
/** Lines over a frame, each named at its end. */

import { draw } from "../elements.js";
import { drawFrame, drawing, layFrame } from "./frame.js";
import { straight } from "./paths.js";

/** @typedef {import("./paths.js").Point} Point */
/** @typedef {import("./frame.js").Axis} Axis */
/** @typedef {import("./frame.js").Frame} Frame */
/**
 * @typedef {"strong" | "soft" | "faint" | "dashed"} Look
 * @typedef {{name: string, points: Point[], look: Look}} Series points: in the units of the axes; an
 *   empty name is not written
 * @typedef {{path: string, look: Look, name: string, nameX: number, nameY: number}} Line
 * @typedef {{
 *   width: number,
 *   height: number,
 *   x: Axis,
 *   y: Axis,
 *   series: Series[],
 *   rings?: Point[],
 *   room?: number,
 * }} Wanted rings: single places that a text speaks of, in the units of the axes
 */

const NAME_GAP = 8;
const LINE_HEIGHT = 15;

/**
 * @param {Wanted} wanted
 * @returns {{frame: Frame, lines: Line[]}}
 */
export function layLines(wanted) {
  const frame = layFrame(wanted);
  const lines = wanted.series.map(({ name, points, look }) => {
    const places = points.map(([x, y]) => /** @type {Point} */ ([frame.x(x), frame.y(y)]));
    const [endX, endY] = places.at(-1) ?? [frame.left, frame.bottom];
    return { path: straight(places), look, name, nameX: endX + NAME_GAP, nameY: endY + 4 };
  });
  return { frame, lines: keepApart(lines) };
}

/**
 * @param {Line[]} lines
 * @returns {Line[]} with their names far enough from each other to be read
 */
function keepApart(lines) {
  const named = lines.filter((line) => line.name !== "").sort((a, b) => a.nameY - b.nameY);
  let lowest = -Infinity;
  for (const line of named) {
    line.nameY = Math.max(line.nameY, lowest + LINE_HEIGHT);
    lowest = line.nameY;
  }
  return lines;
}

/**
 * @param {Wanted} wanted
 * @param {string} description
 * @returns {SVGSVGElement}
 */
export function drawLines(wanted, description) {
  const { frame, lines } = layLines(wanted);
  return drawing(
    frame,
    description,
    ...drawFrame(frame),
    ...lines.map(({ path, look }) => draw("path", { class: `line is-${look}`, d: path })),
    ...lines
      .filter(({ name }) => name !== "")
      .map(({ name, nameX, nameY }) =>
        draw("text", { class: "line-name", x: nameX, y: nameY }, name),
      ),
    ...(wanted.rings ?? []).map(([x, y]) =>
      draw("circle", { class: "ring", cx: frame.x(x), cy: frame.y(y), r: 7 }),
    ),
  );
}
