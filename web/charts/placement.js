// @ts-check
/** Works on an axis of years, above the period of a style. */

import { draw } from "../elements.js";

/** @typedef {{year: number, label: string, isOfStyle: boolean}} Dot label: its number in a list */
/** @typedef {{first: number, last: number, name: string}} Band */
/**
 * @typedef {{
 *   from: number,
 *   to: number,
 *   ticks: number[],
 *   lanes: number,
 *   dots: Array<Dot & {share: number, lane: number}>,
 * }} Layout share: 0 to 1 along the axis
 */

const STEPS = [5, 10, 20, 50, 100];
const MOST_TICKS = 6;
/** Dots nearer than this share of the axis would touch on a phone. */
const TOUCHING = 0.085;
/** The longest name of a band takes this share of the axis on a phone. */
const ROOMY = 0.7;
const LANE_PX = 26;
const RADIUS_PX = 11;
const AXIS_PX = 26;
const HEAD_PX = 26;

/**
 * @param {Dot[]} dots
 * @param {Band} band
 * @returns {Layout}
 */
export function layOut(dots, band) {
  const years = [...dots.map((dot) => dot.year), band.first, band.last];
  const first = Math.min(...years);
  const last = Math.max(...years);
  const step = STEPS.find((years) => (last - first) / years < MOST_TICKS - 1) ?? 200;
  const from = Math.floor((first - step / 4) / step) * step;
  const to = Math.ceil((last + step / 4) / step) * step;
  const ticks = Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
  const placed = stack(dots.map((dot) => ({ ...dot, share: (dot.year - from) / (to - from) })));
  const lanes = Math.max(1, ...placed.map((dot) => dot.lane + 1));
  return { from, to, ticks, lanes, dots: placed };
}

/**
 * Put each dot on the lowest lane where it touches none.
 * @param {Array<Dot & {share: number}>} dots
 * @returns {Layout["dots"]}
 */
function stack(dots) {
  /** @type {number[]} the last share taken on each lane */
  const taken = [];
  const sorted = [...dots].sort((one, other) => one.share - other.share);
  return sorted.map((dot) => {
    const free = taken.findIndex((share) => dot.share - share >= TOUCHING);
    const lane = free === -1 ? taken.length : free;
    taken[lane] = dot.share;
    return { ...dot, lane };
  });
}

/**
 * @param {Dot[]} dots
 * @param {Band} band
 * @param {string} title what the chart shows, in a sentence
 * @returns {SVGSVGElement} as wide as its place; lengths along the axis are shares, so text keeps its size
 */
export function drawPlacement(dots, band, title) {
  const layout = layOut(dots, band);
  const floor = HEAD_PX + layout.lanes * LANE_PX;
  return draw(
    "svg",
    { class: "placement-chart", role: "img", "aria-label": title, height: floor + AXIS_PX },
    ...drawBand(band, layout, floor),
    ...drawAxis(layout, floor),
    ...layout.dots.map((dot) => drawDot(dot, floor)),
  );
}

/**
 * @param {Band} band
 * @param {Layout} layout
 * @param {number} floor
 * @returns {SVGElement[]}
 */
function drawBand(band, { from, to }, floor) {
  const start = (band.first - from) / (to - from);
  const end = (band.last - from) / (to - from);
  const [x, anchor] = placeOfName(start, end);
  return [
    draw("rect", {
      class: "band",
      x: percent(start),
      width: percent(end - start),
      y: HEAD_PX - 6,
      height: floor - HEAD_PX + 6,
    }),
    draw(
      "text",
      {
        class: "band-name",
        x: percent(x),
        y: HEAD_PX - 12,
        "text-anchor": anchor,
      },
      band.name,
    ),
  ];
}

/**
 * Write the name to the side that has more room, or over a band in the middle: so it fits a phone.
 * @param {number} start
 * @param {number} end
 * @returns {[x: number, anchor: "start" | "middle" | "end"]}
 */
export function placeOfName(start, end) {
  if (Math.max(1 - start, end) < ROOMY) return [(start + end) / 2, "middle"];
  return 1 - start >= end ? [start, "start"] : [end, "end"];
}

/**
 * @param {Layout} layout
 * @param {number} floor
 * @returns {SVGElement[]}
 */
function drawAxis({ from, to, ticks }, floor) {
  const line = draw("line", { class: "axis", x1: "0", x2: "100%", y1: floor, y2: floor });
  const marks = ticks.flatMap((year) => {
    const share = (year - from) / (to - from);
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return [
      draw("line", {
        class: "axis",
        x1: percent(share),
        x2: percent(share),
        y1: floor,
        y2: floor + 5,
      }),
      draw("text", { x: percent(share), y: floor + 20, "text-anchor": anchor }, String(year)),
    ];
  });
  return [line, ...marks];
}

/**
 * @param {Layout["dots"][number]} dot
 * @param {number} floor
 * @returns {SVGElement}
 */
function drawDot({ label, year, share, lane, isOfStyle }, floor) {
  const y = floor - lane * LANE_PX - LANE_PX / 2;
  return draw(
    "g",
    { class: isOfStyle ? "dot is-of-style" : "dot", "data-work": label },
    draw("title", {}, String(year)),
    draw("circle", { cx: percent(share), cy: y, r: RADIUS_PX }),
    draw("text", { x: percent(share), y: y + 4, "text-anchor": "middle" }, label),
  );
}

/**
 * @param {number} share
 * @returns {string}
 */
function percent(share) {
  return `${Math.round(share * 10000) / 100}%`;
}
