// @ts-check
/** What the model's sense of likeness has in it, and what it should not have. */

import { barList } from "../charts/bars.js";
import { make } from "../elements.js";
import { finely, section } from "./parts.js";

/** @typedef {import("./model-card.js").Evaluation} Evaluation */
/** @typedef {import("./model-card.js").Likeness} Likeness */

/**
 * @param {Evaluation} evaluation
 * @returns {HTMLElement[]}
 */
export function likenessSections({ neighbours, source_probe: probe }) {
  return [neighboursSection(neighbours), ...(probe === null ? [] : [sourceSection(probe)])];
}

/**
 * @param {Evaluation["neighbours"]} neighbours
 * @returns {HTMLElement}
 */
function neighboursSection({ nearest, style, artist, years }) {
  return section(
    "likeness",
    "Whether works that look alike belong together",
    `For each test picture the ${nearest} works that look most like it were sought, and compared with ` +
      "works of the style that the model names, and with works drawn by lot.",
    "If likeness were only the style, the first two bars would be the same. Where the first is longer, " +
      "the model also sees something of the hand and of the time.",
    make(
      "div",
      { class: "charts is-small" },
      ...likeness("Same style", style),
      ...likeness("Same artist", artist),
      ...likeness("At most 25 years apart", years),
    ),
  );
}

/**
 * @param {string} title
 * @param {Likeness | null} shares
 * @returns {HTMLElement[]}
 */
function likeness(title, shares) {
  if (shares === null) return [];
  const bars = [
    { name: "the nearest works", share: shares.nearest, isMain: true },
    { name: "works of the named style", share: shares.same_guess },
    { name: "works drawn by lot", share: shares.by_chance },
  ];
  return [
    make(
      "div",
      {},
      make("h3", {}, title),
      barList(bars.map((bar) => ({ ...bar, text: finely(bar.share) }))),
    ),
  ];
}

/**
 * @param {NonNullable<Evaluation["source_probe"]>} probe
 * @returns {HTMLElement}
 */
function sourceSection({ most_common, from_style, from_embedding, from_both }) {
  const more = Math.round((from_both - from_style) * 1000) / 10;
  const bars = [
    { name: "always the largest collection", share: most_common },
    { name: "from the style alone", share: from_style },
    { name: "from what the model sees", share: from_embedding },
    { name: "from both", share: from_both, isMain: true },
  ];
  return section(
    "source",
    "Whether it has learnt the collection instead of the style",
    "The pictures come from several collections that differ in sharpness and shape as well as in " +
      "style. A model could cheat by recognising the collection. So a plain classifier guesses the " +
      "collection of a test picture, and is right so often.",
    "Knowing the style says much already, as the collections hold different styles. What the model " +
      `sees adds ${more.toFixed(1)} points to that: so much of the collection is in it.`,
    barList(bars.map((bar) => ({ ...bar, text: finely(bar.share) }))),
  );
}
