// @ts-check
/** ROC curves: one per style, and their two means. */

import { drawLines } from "../charts/lines.js";
import { make } from "../elements.js";
import { decimals, drawn, folded } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").RocCurve} RocCurve */
/** @typedef {import("./model-card.js").NameOf} NameOf */
/** @typedef {import("../charts/lines.js").Series} Series */
/** @typedef {{key: string, name: string, curve: RocCurve}} Named */

const SIDE = 420;
/** @type {Readonly<Record<string, string>>} */
const MEANS = { macro: "Mean over styles (macro)", micro: "Mean over pictures (micro)" };
const AXIS = { from: 0, to: 1, most: 5, format: (/** @type {number} */ share) => `${share * 100}` };

/**
 * @param {Record<string, RocCurve | null>} curves by slug, and the means
 * @param {NameOf} nameOf
 * @returns {Node[]}
 */
export function rocPart(curves, nameOf) {
  const named = Object.entries(curves)
    .flatMap(([key, curve]) =>
      curve === null ? [] : [{ key, name: MEANS[key] ?? nameOf(key), curve }],
    )
    .sort((a, b) => Number(b.key in MEANS) - Number(a.key in MEANS) || b.curve.auc - a.curve.auc);
  const place = make("div");
  const caption = make("figcaption");
  const select = make(
    "select",
    { class: "plain", id: "roc-curve" },
    ...named.map(({ key, name }) => make("option", { value: key }, name)),
  );
  const show = () => {
    const chosen = named.find(({ key }) => key === select.value);
    if (chosen === undefined) return;
    const says = `${chosen.name}: area ${decimals(chosen.curve.auc)}.`;
    place.replaceChildren(drawn((width) => drawRoc(named, chosen, Math.min(width, SIDE), says)));
    caption.textContent = `Strong: ${says} Faint: the others. Dashed: guessing.`;
  };
  select.addEventListener("change", show);
  show();
  return [
    make("p", { class: "chooser" }, make("label", { for: "roc-curve" }, "Strong curve"), select),
    make("figure", { class: "chart-figure" }, place, caption),
    folded(
      factsTable({
        name: "Area below each ROC curve",
        heads: ["Style", "Area"],
        rows: named.map(({ name, curve }) => [name, decimals(curve.auc)]),
      }),
    ),
  ];
}

/**
 * @param {Named[]} named
 * @param {Named} chosen
 * @param {number} side
 * @param {string} says
 * @returns {SVGSVGElement}
 */
function drawRoc(named, chosen, side, says) {
  const faint = named.filter((one) => one !== chosen);
  return drawLines(
    {
      width: side,
      height: side,
      x: { ...AXIS, name: "others that slipped in, %" },
      y: { ...AXIS, name: "of the style found, %" },
      series: [
        GUESSING,
        ...faint.map(({ curve }) => seriesOf(curve, "faint")),
        seriesOf(chosen.curve, "strong"),
      ],
    },
    `ROC curves. ${says}`,
  );
}

/** @type {Series} */
export const GUESSING = {
  name: "",
  look: "dashed",
  points: [
    [0, 0],
    [1, 1],
  ],
};

/**
 * @param {RocCurve} curve
 * @param {import("../charts/lines.js").Look} look
 * @returns {Series}
 */
export function seriesOf({ false_positive_rate, true_positive_rate }, look) {
  return {
    name: "",
    look,
    points: false_positive_rate.map((x, at) => [x, true_positive_rate[at] ?? 0]),
  };
}
