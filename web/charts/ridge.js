// @ts-check
/** The chronology as a ridge plot: one hill per style over the years, the earliest on top. */

import { draw } from "../elements.js";
import { sized } from "./frame.js";
import { marks, round, scale, smooth } from "./paths.js";

/** @typedef {import("./paths.js").Point} Point */
/**
 * @typedef {{
 *   wikiart_style: string,
 *   style: string,
 *   source: "catalogue" | "literature",
 *   works: number,
 *   counts: number[],
 *   density: number[],
 *   first: number,
 *   median: number | null,
 *   last: number,
 * }} Ridge
 * @typedef {{bin_years: number, bins: number[], ridges: Ridge[]}} Chronology as the API gives it
 * @typedef {{
 *   ridge: Ridge,
 *   baseline: number,
 *   outline: string,
 *   hill: string,
 *   label: {x: number, anchor: "start" | "end"},
 *   years: string,
 *   medianX: number | null,
 * }} Row outline: path along the top; hill: the same, closed; in pixels
 * @typedef {{
 *   width: number,
 *   height: number,
 *   rows: Row[],
 *   ticks: {x: number, year: number}[],
 *   top: number,
 *   bottom: number,
 *   rowHeight: number,
 * }} Layout
 */

const ROW = 34;
const PEAK = 48;
const EDGE = 26;
/** A hill lower than this share of its peak is flat ground. */
const GROUND = 0.004;
const LABEL_GAP = 8;

/**
 * @param {Chronology} chronology
 * @param {number} width in pixels
 * @returns {Layout}
 */
export function layRidges({ bins, bin_years, ridges }, width) {
  const firstYear = bins[0] ?? 0;
  const lastYear = (bins.at(-1) ?? 0) + bin_years;
  const x = scale([firstYear, lastYear], [0, width]);
  const top = EDGE + PEAK - ROW;
  const bottom = top + ridges.length * ROW;
  return {
    width,
    height: bottom + EDGE,
    rows: ridges.map((ridge, at) => {
      const baseline = top + (at + 1) * ROW;
      const points = hillPoints(ridge.density, { bins, bin_years, baseline, x });
      const [start, end] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
      const outline = smooth(points);
      return {
        ridge,
        baseline,
        outline,
        hill: `${outline}L${end} ${baseline}L${start} ${baseline}Z`,
        label: labelAt(start, end, width),
        years: `${ridge.first}\u2009–\u2009${ridge.last}`,
        medianX: ridge.median === null ? null : x(ridge.median),
      };
    }),
    ticks: marks(firstYear, lastYear, width < 520 ? 4 : 7).map((year) => ({ x: x(year), year })),
    top: EDGE,
    bottom,
    rowHeight: ROW,
  };
}

/**
 * @param {number[]} density
 * @param {{
 *   bins: number[],
 *   bin_years: number,
 *   baseline: number,
 *   x: (year: number) => number,
 * }} frame
 * @returns {Point[]} from the first bin above the ground to the last, down to the ground at both
 */
function hillPoints(density, { bins, bin_years, baseline, x }) {
  const first = Math.max(0, density.findIndex((value) => value > GROUND) - 1);
  const last = Math.min(density.length - 1, density.findLastIndex((value) => value > GROUND) + 1);
  const points = [];
  for (let at = first; at <= last; at += 1) {
    const y = round(baseline - (density[at] ?? 0) * PEAK);
    const year = bins[at] ?? 0;
    if (at === 0) points.push(/** @type {Point} */ ([x(year), y]));
    points.push(/** @type {Point} */ ([x(year + bin_years / 2), y]));
    if (at === density.length - 1) points.push(/** @type {Point} */ ([x(year + bin_years), y]));
  }
  return points;
}

/**
 * @param {number} start
 * @param {number} end
 * @param {number} width
 * @returns {{x: number, anchor: "start" | "end"}} on the side of the hill that has more room
 */
function labelAt(start, end, width) {
  return start > width - end
    ? { x: start - LABEL_GAP, anchor: "end" }
    : { x: end + LABEL_GAP, anchor: "start" };
}

/**
 * @param {Layout} layout
 * @returns {SVGSVGElement} each style is an option of a list; what is chosen has aria-selected
 */
export function drawRidges(layout) {
  const { width, height, rows, ticks, top, bottom } = layout;
  const lines = ticks.map(({ x, year }) =>
    draw(
      "g",
      { class: "ridge-axis" },
      draw("line", { x1: x, x2: x, y1: top - 6, y2: bottom }),
      ...[top - 12, bottom + 18].map((y) =>
        draw("text", { x, y, "text-anchor": x === 0 ? "start" : "middle" }, String(year)),
      ),
    ),
  );
  return draw(
    "svg",
    { class: "ridges", ...sized(width, height) },
    draw("g", { "aria-hidden": "true" }, ...lines),
    draw(
      "g",
      { role: "listbox", "aria-label": "Styles by their first year" },
      ...rows.map((row) => drawRow(row, layout)),
    ),
    draw("g", { "aria-hidden": "true" }, ...rows.map(drawLabel)),
  );
}

/**
 * @param {Row} row
 * @param {Layout} layout
 * @returns {SVGElement}
 */
function drawRow({ ridge, baseline, outline, hill, medianX }, { width, rowHeight }) {
  return draw(
    "g",
    {
      class: `ridge from-${ridge.source}`,
      role: "option",
      tabindex: -1,
      "aria-selected": "false",
      "aria-label": `${ridge.wikiart_style}, ${ridge.first} to ${ridge.last}`,
      "data-name": ridge.wikiart_style,
    },
    draw("rect", {
      class: "ridge-area",
      x: 0,
      y: baseline - rowHeight,
      width,
      height: rowHeight,
    }),
    draw("path", { class: "ridge-hill", d: hill }),
    draw("path", { class: "ridge-outline", d: outline }),
    draw("line", { class: "ridge-ground", x1: 0, x2: width, y1: baseline, y2: baseline }),
    ...(medianX === null
      ? []
      : [
          draw("line", {
            class: "ridge-median",
            x1: medianX,
            x2: medianX,
            y1: baseline,
            y2: baseline + 6,
          }),
        ]),
  );
}

/**
 * @param {Row} row
 * @returns {SVGElement} above all hills, so that none covers it
 */
function drawLabel({ ridge, baseline, label, years }) {
  const { x, anchor } = label;
  const time = draw("tspan", { class: "ridge-years" }, years);
  const gap = "\u2003";
  const parts = [time, gap, ridge.wikiart_style];
  return draw(
    "text",
    {
      class: "ridge-label",
      x,
      y: baseline - 5,
      "text-anchor": anchor,
      "data-label": ridge.wikiart_style,
    },
    ...(anchor === "end" ? parts : parts.reverse()),
  );
}
