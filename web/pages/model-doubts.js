// @ts-check
/** What the model does when it is not sure, and what it got wrong. */

import { drawDots } from "../charts/dots.js";
import { drawLines } from "../charts/lines.js";
import { make } from "../elements.js";
import { listTitle } from "./model-card.js";
import { GUESSING, seriesOf } from "./model-roc.js";
import { decimals, drawn, figure, finely, folded, section, thousands } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Evaluation} Evaluation */
/** @typedef {import("./model-card.js").Manifest} Manifest */
/** @typedef {import("./model-card.js").Mistake} Mistake */
/** @typedef {import("./model-card.js").NameOf} NameOf */
/** @typedef {import("./model-card.js").RocCurve} RocCurve */

const SIDE = 420;

/**
 * @param {Manifest} manifest
 * @param {Evaluation} evaluation
 * @param {NameOf} nameOf
 * @returns {HTMLElement[]}
 */
export function doubtSections(manifest, evaluation, nameOf) {
  const { painting } = evaluation;
  return [
    setsSection(manifest, evaluation),
    ...(manifest.painting === null || painting === null
      ? []
      : [paintingSection(manifest.painting, painting)]),
    mistakesSection(evaluation.mistakes, nameOf),
  ];
}

/**
 * @param {Manifest} manifest
 * @param {Evaluation} evaluation
 * @returns {HTMLElement}
 */
function setsSection({ candidates: rule }, { lists }) {
  const aim = `${Math.round(rule.coverage * 100)}\u00a0%`;
  const all = Object.entries(lists).map(([list, { candidates }]) => ({ list, ...candidates }));
  const rows = all.map(({ list, coverage }) => ({
    name: listTitle(list),
    dots: [{ value: coverage, look: /** @type {const} */ ("full"), name: "coverage" }],
  }));
  const said = rows.map(({ name, dots }) => `${name} ${finely(dots[0]?.value ?? 0)}`).join("; ");
  return section(
    "sets",
    "When it names several styles",
    `Where one name would claim too much, it names the fewest styles that hold the right one in ${aim} ` +
      "of all cases. The line below is that aim; a dot left of it means that such pictures are " +
      `stranger to it than those it was set up with. On its own test list a set has ` +
      `${rule.test_size.toFixed(1)} styles on average, and ${finely(rule.test_single)} of the sets ` +
      "are a single style.",
    figure(
      drawn((width) =>
        drawDots(rows, {
          width: Math.min(width, 860),
          goal: rule.coverage,
          description: `Sets that hold the right style, aimed at ${aim}: ${said}.`,
        }),
      ),
      "Pictures whose set holds the right style, in per cent.",
    ),
    folded(
      factsTable({
        name: "Sets of candidates on each list",
        heads: ["List", "Hold the right style", "Styles in a set", "Sets of one style"],
        rows: all.map(({ list, coverage, size, single }) => [
          listTitle(list),
          finely(coverage),
          size.toFixed(2),
          finely(single),
        ]),
      }),
    ),
  );
}

/**
 * @param {NonNullable<Manifest["painting"]>} rule
 * @param {RocCurve} curve
 * @returns {HTMLElement}
 */
function paintingSection(rule, curve) {
  const says = `The area below the curve is ${decimals(rule.auroc)}; 1 would be perfect.`;
  return section(
    "painting",
    "When it says: this is no painting",
    "A photograph of a cat has no art style, nor has a chart. The model learnt from such pictures to " +
      "doubt them. The curve shows the bargain at every strictness: how many paintings it lets in " +
      "(up) when so many other pictures slip in (right). As it is set, it doubts " +
      `${finely(rule.photographs_refused)} of ${thousands(rule.photographs)} other pictures and, by ` +
      `mistake, ${finely(rule.paintings_refused)} of ${thousands(rule.paintings)} paintings: that is ` +
      "the ring. It never saw any of these pictures in training.",
    figure(
      drawn((width) => drawBargain(rule, curve, Math.min(width, SIDE), says)),
      says,
    ),
  );
}

/**
 * @param {NonNullable<Manifest["painting"]>} rule
 * @param {RocCurve} curve
 * @param {number} side
 * @param {string} says
 * @returns {SVGSVGElement}
 */
function drawBargain(rule, curve, side, says) {
  const axis = { from: 0, to: 1, most: 5, format: (/** @type {number} */ x) => `${x * 100}` };
  return drawLines(
    {
      width: side,
      height: side,
      x: { ...axis, name: "other pictures let in, %" },
      y: { ...axis, name: "paintings let in, %" },
      series: [GUESSING, seriesOf(curve, "strong")],
      rings: [[1 - rule.photographs_refused, 1 - rule.paintings_refused]],
    },
    `Telling paintings from other pictures. ${says}`,
  );
}

/**
 * @param {Mistake[]} mistakes
 * @param {NameOf} nameOf
 * @returns {HTMLElement}
 */
function mistakesSection(mistakes, nameOf) {
  const items = mistakes.map(({ title, artist, year, truth, predicted, probability }) => {
    const by = artist === "" || artist === "UNKNOWN" ? "" : ` by ${artist}`;
    const when = year === null ? "" : ` (${year})`;
    return make(
      "li",
      {},
      make("cite", {}, title),
      `${by}${when}: filed under ${nameOf(truth)}, named ${nameOf(predicted)} with ` +
        `${Math.round(probability * 100)}\u00a0%.`,
    );
  });
  return section(
    "mistakes",
    "Where it was sure and wrong",
    "These test pictures it named wrongly with the most confidence. Some are strange works, some are " +
      "filed under a style that people would dispute too. They are given in words, since the " +
      "pictures may not be shown.",
    make("ul", { class: "mistakes prose" }, ...items),
  );
}
