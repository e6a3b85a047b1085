// @ts-check
/** How the model learnt: loss, accuracy and learning rate over the epochs. */

import { drawLines } from "../charts/lines.js";
import { make } from "../elements.js";
import { decimals, drawn, figure, finely, folded, section } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Evaluation} Evaluation */
/** @typedef {import("./model-card.js").EpochFigures} EpochFigures */
/** @typedef {import("../charts/lines.js").Series} Series */
/** @typedef {import("../charts/frame.js").Axis} Axis */

const HEIGHT = 270;
const NAME_ROOM = 76;

/**
 * @param {Evaluation} evaluation
 * @returns {HTMLElement}
 */
export function historySection({ history, training_s, device }) {
  const minutes = Math.round(training_s / 60);
  const last = history.at(-1);
  const best = last === undefined ? "" : ` It ended at ${finely(last.val_accuracy)}.`;
  return section(
    "history",
    "How it learnt",
    `It went through its training pictures ${history.length} times (epochs), in ${minutes} minutes ` +
      `on ${device.replace(" x ", " × ")}. After each time it was tried on validation pictures, which it does not learn ` +
      `from.${best} In training the pictures are cropped, spoilt and mixed on purpose, and the loss ` +
      "counts more than the style, so the two lines need not meet.",
    make(
      "div",
      { class: "charts" },
      chart(history, "Pictures named right, %", ["accuracy", "val_accuracy"]),
      chart(history, "Loss: how wrong it is", ["loss", "val_loss"]),
      chart(history, "Learning rate: how large its steps are", ["learning_rate"]),
    ),
    folded(
      factsTable({
        name: "Figures of each epoch",
        heads: ["Epoch", "Right", "Right, validation", "Loss", "Loss, validation", "Learning rate"],
        rows: history.map((epoch) => [
          String(epoch.epoch),
          finely(epoch.accuracy),
          finely(epoch.val_accuracy),
          decimals(epoch.loss),
          decimals(epoch.val_loss),
          epoch.learning_rate.toExponential(1),
        ]),
      }),
    ),
  );
}

/**
 * @param {EpochFigures[]} history
 * @param {string} title
 * @param {(keyof EpochFigures)[]} keys of the lines; the last is the one that counts
 * @returns {HTMLElement}
 */
function chart(history, title, keys) {
  const values = history.flatMap((epoch) => keys.map((key) => epoch[key]));
  const isShare = keys.includes("accuracy");
  const most = isShare ? 1 : Math.max(...values);
  /** @type {Series[]} */
  const series = keys.map((key, at) => ({
    name: keys.length === 1 ? "" : key.startsWith("val_") ? "validation" : "training",
    look: at === keys.length - 1 ? "strong" : "soft",
    points: history.map((epoch) => [epoch.epoch, epoch[key]]),
  }));
  const last = history.at(-1);
  const ends = keys.map((key) => `${key.replace("_", " ")} ${last?.[key].toPrecision(3)}`);
  return figure(
    drawn((width) =>
      drawLines(
        {
          width,
          height: HEIGHT,
          x: { from: 1, to: history.length, name: "epoch", most: 4 },
          y: yAxis(most, isShare),
          series,
          room: keys.length === 1 ? 12 : NAME_ROOM,
        },
        `${title}, over ${history.length} epochs. At the end: ${ends.join(", ")}.`,
      ),
    ),
    title,
  );
}

/**
 * @param {number} most
 * @param {boolean} isShare
 * @returns {Axis}
 */
function yAxis(most, isShare) {
  const format = isShare
    ? (/** @type {number} */ value) => String(Math.round(value * 100))
    : (/** @type {number} */ value) => String(value);
  return { from: 0, to: most, name: "", most: 5, format };
}
