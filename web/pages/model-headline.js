// @ts-check
/** How good the model is on each test list, beside other recipes. */

import { drawDots } from "../charts/dots.js";
import { listText, listTitle } from "./model-card.js";
import { decimals, drawn, figure, finely, folded, section, thousands } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Evaluation} Evaluation */
/** @typedef {import("./model-card.js").TestMetrics} TestMetrics */

/**
 * @param {Evaluation} evaluation
 * @returns {HTMLElement}
 */
export function headlineSection({ lists, baselines }) {
  const rows = Object.entries(lists).map(([list, { metrics }]) => ({
    name: listTitle(list),
    dots: [
      dotOf(metrics, "full"),
      ...baselines.flatMap(({ lists: others }) =>
        others[list] === undefined ? [] : [dotOf(others[list], "hollow")],
      ),
    ],
  }));
  const description = rows.map(({ name, dots }) => {
    const [model, ...others] = dots.map((dot) => finely(dot.value));
    return `${name}: ${model}${others.length > 0 ? `, the other recipe ${others.join(", ")}` : ""}.`;
  });
  const asked = Object.keys(lists).map((list) => `${listTitle(list)}: ${listText(list)}.`);
  const others = baselines.map(({ name }) => name).join("; ");
  return section(
    "headline",
    "How good it is",
    `A model is only as good as on pictures that it has not learnt from. ${asked.join(" ")} ` +
      "Each question has a model of its own, trained by the same recipe on what is left for it.",
    figure(
      drawn((width) =>
        drawDots(rows, {
          width: Math.min(width, 860),
          description: `Pictures named right. ${description.join(" ")}`,
        }),
      ),
      "Pictures whose style it names right, in per cent. Full dot: this model. " +
        (others === "" ? "" : `Ring: ${others}. `) +
        "The thin bar is the range in which the figure lies 95 times in 100 if the pictures are " +
        "drawn anew.",
    ),
    folded(headlineTable(lists, baselines), "All figures of each list"),
  );
}

/**
 * @param {TestMetrics} metrics
 * @param {"full" | "hollow"} look
 * @returns {import("../charts/dots.js").Dot}
 */
function dotOf({ top1, top1_interval }, look) {
  const dot = { value: top1, look, name: look };
  return top1_interval === null ? dot : { ...dot, interval: top1_interval };
}

/**
 * @param {Evaluation["lists"]} lists
 * @param {Evaluation["baselines"]} baselines
 * @returns {HTMLElement}
 */
function headlineTable(lists, baselines) {
  const rows = Object.entries(lists).flatMap(([list, { metrics, train }]) => [
    headlineRow(list, "this model’s recipe", metrics, thousands(train)),
    ...baselines.flatMap(({ name, lists: others }) =>
      others[list] === undefined ? [] : [headlineRow(list, name, others[list], "the same")],
    ),
  ]);
  const heads = [
    ["List", "Recipe", "Trained on", "Tested on", "Right", "Among three", "Mean over styles"],
    ["Macro-F1", "Calibration error"],
  ].flat();
  return factsTable({ name: "Figures of each test list", heads, rows, words: 2 });
}

/**
 * @param {string} list
 * @param {string} recipe
 * @param {TestMetrics} metrics
 * @param {string} train
 * @returns {string[]}
 */
function headlineRow(list, recipe, metrics, train) {
  const between = (/** @type {[number, number] | null} */ interval) =>
    interval === null ? "" : ` (${interval.map(decimals).join(" to ")})`;
  return [
    listTitle(list),
    recipe,
    train,
    thousands(metrics.pictures),
    `${decimals(metrics.top1)}${between(metrics.top1_interval)}`,
    decimals(metrics.top3),
    decimals(metrics.balanced_accuracy),
    `${decimals(metrics.macro_f1)}${between(metrics.macro_f1_interval)}`,
    decimals(metrics.expected_calibration_error),
  ];
}
