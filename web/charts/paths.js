// @ts-check
/** Numbers to places and places to paths: what every chart needs. Pure, so that it needs no page. */

/** @typedef {[number, number]} Point x to the right, y down, in pixels */

/**
 * @param {readonly [number, number]} from
 * @param {readonly [number, number]} to
 * @returns {(value: number) => number} a straight line through both, to two decimals
 */
export function scale([start, end], [first, last]) {
  return (value) => round(first + ((value - start) / (end - start)) * (last - first));
}

/**
 * @param {Point[]} points
 * @returns {string} path through them in straight lines
 */
export function straight(points) {
  return points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x} ${y}`).join("");
}

/**
 * A smooth path that rises and falls only where the points do, so that no curve dips below zero
 * (Fritsch and Carlson 1980, with the slopes of Steffen 1990).
 * @param {Point[]} points with rising x
 * @returns {string}
 */
export function smooth(points) {
  if (points.length < 3) return straight(points);
  const slopes = points.map((_, at) => slopeAt(points, at));
  let path = `M${points[0]?.join(" ")}`;
  for (let at = 1; at < points.length; at += 1) {
    const [x0, y0] = /** @type {Point} */ (points[at - 1]);
    const [x1, y1] = /** @type {Point} */ (points[at]);
    const third = (x1 - x0) / 3;
    const leaving = y0 + third * (slopes[at - 1] ?? 0);
    const coming = y1 - third * (slopes[at] ?? 0);
    path += `C${[x0 + third, leaving, x1 - third, coming, x1, y1].map(round).join(" ")}`;
  }
  return path;
}

/**
 * @param {Point[]} points
 * @param {number} at
 * @returns {number} of the curve at a point; level at both ends
 */
function slopeAt(points, at) {
  const [before, here, after] = [points[at - 1], points[at], points[at + 1]];
  if (before === undefined || here === undefined || after === undefined) return 0;
  const [left, right] = [here[0] - before[0], after[0] - here[0]];
  const [rise, fall] = [(here[1] - before[1]) / left, (after[1] - here[1]) / right];
  const mean = (rise * right + fall * left) / (left + right);
  const least = Math.min(Math.abs(rise), Math.abs(fall), Math.abs(mean) / 2);
  return (Math.sign(rise) + Math.sign(fall)) * least;
}

/**
 * Round marks for an axis.
 * @param {number} first
 * @param {number} last
 * @param {number} most marks to have at most
 * @returns {number[]} multiples of 1, 2 or 5 times a power of ten, from first to last
 */
export function marks(first, last, most) {
  const rough = (last - first) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((size) => size * power >= rough - 1e-12) ?? 10);
  const found = [];
  for (let at = Math.ceil(first / step - 1e-9); at * step <= last + step * 1e-9; at += 1) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}

/**
 * @param {number} value
 * @returns {number} to a hundredth of a pixel
 */
export function round(value) {
  return Math.round(value * 100) / 100;
}
