// @ts-check
/** A confusion matrix as numbers: counts, and shares of each row. Pure, so that it needs no page. */

/**
 * @typedef {{
 *   text: string,
 *   share: number,
 *   isRight: boolean,
 *   words: string,
 * }} Cell share: of the row, 0 to 1; words: the cell as a sentence
 */

/**
 * @param {number[][]} counts a row per true style, a column per answer
 * @param {string[]} names of the styles
 * @param {"counts" | "shares"} shown
 * @returns {Cell[][]}
 */
export function confusionCells(counts, names, shown) {
  return counts.map((row, truth) => {
    const whole = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, answer) => {
      const share = whole === 0 ? 0 : count / whole;
      return {
        text: textOf(count, share, shown),
        share,
        isRight: truth === answer,
        words: `${count} of ${whole} pictures of ${names[truth]} were named ${names[answer]}`,
      };
    });
  });
}

/**
 * @param {number} count
 * @param {number} share
 * @param {"counts" | "shares"} shown
 * @returns {string} an empty cell for nothing, so that what is there can be seen
 */
function textOf(count, share, shown) {
  if (count === 0) return "";
  return shown === "counts" ? String(count) : String(Math.round(share * 100));
}

/**
 * @param {number[][]} counts
 * @param {number} most
 * @returns {{truth: number, answer: number, count: number, share: number}[]} what is taken for
 *   something else most often, by its share of the row
 */
export function worstConfusions(counts, most) {
  return counts
    .flatMap((row, truth) => {
      const whole = row.reduce((sum, count) => sum + count, 0);
      return row.map((count, answer) => ({
        truth,
        answer,
        count,
        share: whole === 0 ? 0 : count / whole,
      }));
    })
    .filter(({ truth, answer, count }) => truth !== answer && count > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, most);
}
