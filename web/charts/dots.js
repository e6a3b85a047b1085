// @ts-check
/** Shares as dots on a line from 0 to 100 %, one row each; an interval is a thin bar. */

import { draw } from "../elements.js";
import { drawing } from "./frame.js";
import { scale } from "./paths.js";

/**
 * @typedef {"full" | "hollow" | "soft"} Look
 * @typedef {{value: number, look: Look, name: string, interval?: readonly [number, number]}} Dot
 * @typedef {{name: string, dots: Dot[]}} Row
 * @typedef {{
 *   name: string,
 *   nameX: number,
 *   nameY: number,
 *   y: number,
 *   from: number,
 *   to: number,
 *   dots: {x: number, look: Look, interval: [number, number] | null}[],
 *   text: string,
 *   textX: number,
 * }} RowLayout from and to: the line between the outermost dots
 * @typedef {{
 *   width: number,
 *   height: number,
 *   rows: RowLayout[],
 *   ticks: {x: number, text: string}[],
 *   top: number,
 *   goalX: number | null,
 * }} Layout
 */

/** Below this width a name stands above its row instead of before it. */
const NARROW = 520;
const NAME_WIDTH = 190;
const TEXT_WIDTH = 96;
const TOP = 22;
const MARKS = [0, 0.25, 0.5, 0.75, 1];

/**
 * @param {Row[]} rows
 * @param {{width: number, goal?: number}} options goal: a share to aim at, drawn as a line
 * @returns {Layout}
 */
export function layDots(rows, { width, goal }) {
  const isNarrow = width < NARROW;
  const rowHeight = isNarrow ? 40 : 26;
  const left = isNarrow ? 6 : NAME_WIDTH;
  const x = scale([0, 1], [left, width - TEXT_WIDTH]);
  return {
    width,
    height: TOP + rows.length * rowHeight + 8,
    top: TOP,
    ticks: MARKS.map((share) => ({ x: x(share), text: `${share * 100}` })),
    goalX: goal === undefined ? null : x(goal),
    rows: rows.map(({ name, dots }, at) => {
      const y = TOP + (at + (isNarrow ? 0.72 : 0.5)) * rowHeight;
      const values = dots.map((dot) => dot.value);
      return {
        name,
        nameX: 0,
        nameY: isNarrow ? y - 13 : y + 4,
        y,
        from: x(Math.min(...values)),
        to: x(Math.max(...values)),
        dots: dots.map(({ value, look, interval }) => ({
          x: x(value),
          look,
          interval: interval ? [x(interval[0]), x(interval[1])] : null,
        })),
        text: dots.map((dot) => (dot.value * 100).toFixed(0)).join(" / ") + "\u00a0%",
        textX: width - TEXT_WIDTH + 14,
      };
    }),
  };
}

/**
 * @param {Row[]} rows
 * @param {{width: number, goal?: number, description: string}} options
 * @returns {SVGSVGElement}
 */
export function drawDots(rows, { description, ...options }) {
  const layout = layDots(rows, options);
  const { top, height, ticks, goalX } = layout;
  return drawing(
    layout,
    description,
    ...ticks.flatMap(({ x, text }) => [
      draw("line", { class: "grid", x1: x, x2: x, y1: top, y2: height }),
      draw("text", { class: "tick", x, y: top - 8, "text-anchor": "middle" }, text),
    ]),
    ...(goalX === null
      ? []
      : [draw("line", { class: "goal", x1: goalX, x2: goalX, y1: top, y2: height })]),
    ...layout.rows.map(drawRow),
  );
}

/**
 * @param {RowLayout} row
 * @returns {SVGElement}
 */
function drawRow({ name, nameX, nameY, y, from, to, dots, text, textX }) {
  return draw(
    "g",
    {},
    draw("text", { class: "row-name", x: nameX, y: nameY }, name),
    draw("line", { class: "between", x1: from, x2: to, y1: y, y2: y }),
    ...dots.flatMap(({ interval }) =>
      interval === null
        ? []
        : [draw("line", { class: "interval", x1: interval[0], x2: interval[1], y1: y, y2: y })],
    ),
    ...dots.map(({ x, look }) =>
      draw("circle", { class: `chart-dot is-${look}`, cx: x, cy: y, r: 4.5 }),
    ),
    draw("text", { class: "row-value", x: textX, y: y + 4 }, text),
  );
}
