// @ts-check
/** How well the model knows a style, in words. Pure, so that it needs no page. */

import { timesInTen } from "../words.js";

/**
 * @typedef {{
 *   precision: number,
 *   recall: number,
 *   support: number,
 *   confused_with: string | null,
 * }} Metrics
 */

/**
 * @param {number} share 0 to 1
 * @returns {string} how many of a style's pictures are found: "5 in 10"
 */
export function howMany(share) {
  const tenths = Math.round(share * 10);
  if (tenths === 10) return "nearly all";
  if (tenths === 0) return "hardly any";
  return `${tenths}\u00a0in\u00a010`;
}

/**
 * @param {Metrics} metrics
 * @returns {string} one line for a list
 */
export function shortRecord({ precision, recall }) {
  return `Right ${timesInTen(precision)} when it says so; finds ${howMany(recall)}.`;
}

/**
 * @param {string} name of the style
 * @param {Metrics} metrics
 * @param {string} other name of the style that it is taken for, "" if of none
 * @returns {string} the same with its reasons
 */
export function longRecord(name, { precision, recall, support }, other) {
  const pictures = `${support.toLocaleString("en")} test pictures that it had never seen`;
  const missed = other === "" ? "" : ` Those that it misses it most often takes for ${other}.`;
  return (
    `When the model says ${name}, it is right ${timesInTen(precision)}. ` +
    `Of ${pictures} it finds ${howMany(recall)}.${missed}`
  );
}
