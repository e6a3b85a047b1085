// @ts-check
/** How to make the model again: data, options, versions, files. */

import { make } from "../elements.js";
import { finely, folded, section, thousands } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Manifest} Manifest */
/** @typedef {import("./model-card.js").Evaluation} Evaluation */

/**
 * @param {Manifest} manifest
 * @param {Evaluation | null} evaluation
 * @returns {HTMLElement}
 */
export function recipeSection(manifest, evaluation) {
  const { data, temperature, painting, candidates, precision, commit } = manifest;
  const facts = [
    ["Model", manifest.id],
    ["Commit of the code", commit.slice(0, 10)],
    ["Fingerprint of the data", data.fingerprint.slice(0, 12)],
    ["List", data.split],
    ["Training pictures", thousands(data.train)],
    ["Validation pictures", thousands(data.validation)],
    ["Test pictures", thousands(data.test)],
    ["Numbers in the file", precision],
    ["Temperature of its odds", temperature.toFixed(3)],
    ["Threshold of the sets", candidates.threshold.toFixed(3)],
    ["Threshold of “no painting”", painting === null ? "none" : finely(painting.threshold)],
  ];
  return section(
    "recipe",
    "How to make it again",
    "A run keeps its options, its seed, the commit of the code and the versions of the libraries, so " +
      "that one command repeats it. The temperature was fitted on validation pictures: the model’s " +
      "raw scores are divided by it, so that its odds are honest.",
    factsTable({ name: "The model", heads: ["What", "Value"], rows: facts, words: 2 }),
    ...(evaluation === null
      ? []
      : [folded(optionsTable(evaluation.recipe), "All options of the training")]),
    folded(pairs("Versions of the libraries", "Library", "Version", manifest.versions), "Versions"),
    folded(
      pairs("Files of the model and their SHA-256", "File", "SHA-256", manifest.files),
      "Files",
    ),
  );
}

/**
 * @param {Record<string, unknown>} recipe
 * @returns {HTMLElement}
 */
function optionsTable(recipe) {
  const texts = Object.entries(recipe).map(([name, value]) => [
    name.replaceAll("_", " "),
    value === null ? "none" : String(value),
  ]);
  return pairs("Options of the training", "Option", "Value", Object.fromEntries(texts));
}

/**
 * @param {string} name
 * @param {string} key
 * @param {string} value
 * @param {Record<string, string>} values
 * @returns {HTMLElement}
 */
function pairs(name, key, value, values) {
  const rows = Object.entries(values).map(([one, other]) => [one, make("code", {}, other)]);
  return factsTable({ name, heads: [key, value], rows, words: 2 });
}
