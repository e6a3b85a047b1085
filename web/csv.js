// @ts-check
/** Answers as a table for a spreadsheet. */

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {{name: string, answer: Answer | null, problem: string}} Row */

/**
 * @param {Row[]} rows
 * @returns {string} CSV, one line per picture: style, probability, verdict, candidates, then one column
 *   per style
 */
export function toCsv(rows) {
  const styles =
    rows.find((row) => row.answer)?.answer?.probabilities.map(({ slug }) => slug) ?? [];
  styles.sort();
  const head = ["file", "style", "probability", "verdict", "candidates", ...styles, "problem"];
  const lines = rows.map(({ name, answer, problem }) => [
    name,
    ...(answer ? cellsOf(answer, styles) : Array(4 + styles.length).fill("")),
    problem,
  ]);
  return [head, ...lines].map((cells) => `${cells.map(quote).join(",")}\r\n`).join("");
}

/**
 * @param {Answer} answer
 * @param {string[]} styles
 * @returns {string[]}
 */
function cellsOf(answer, styles) {
  const odds = new Map(answer.probabilities.map((one) => [one.slug, one.probability]));
  return [
    answer.style.slug,
    answer.style.probability.toFixed(4),
    answer.verdict,
    answer.candidates.join(" "),
    ...styles.map((slug) => (odds.get(slug) ?? 0).toFixed(4)),
  ];
}

/**
 * @param {string} text
 * @returns {string} never a formula: a file may be called anything
 */
function quote(text) {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
