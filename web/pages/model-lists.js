// @ts-check
/** The Model page's figures on one test list at a time: styles, confusions, curves, honesty. */

import { drawDots } from "../charts/dots.js";
import { drawReliability } from "../charts/reliability.js";
import { make } from "../elements.js";
import { listTitle } from "./model-card.js";
import { confusionPart } from "./model-confusion.js";
import { rocPart } from "./model-roc.js";
import { choice, decimals, drawn, figure, finely, folded, section, thousands } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Evaluation} Evaluation */
/** @typedef {import("./model-card.js").ListFigures} ListFigures */
/** @typedef {import("./model-card.js").TestMetrics} TestMetrics */
/** @typedef {import("./model-card.js").StyleMetrics} StyleMetrics */
/** @typedef {import("./model-card.js").NameOf} NameOf */
/** @typedef {"f1" | "precision" | "recall"} Measure */

const CHART_SIDE = 420;
/** @type {{value: Measure, text: string}[]} */
const MEASURES = [
  { value: "f1", text: "Both in one (F1)" },
  { value: "precision", text: "Right when it says so (precision)" },
  { value: "recall", text: "Found (recall)" },
];

/**
 * @param {Evaluation} evaluation
 * @param {{nameOf: NameOf, announce: (text: string) => void}} parts
 * @returns {HTMLElement[]} they show one list at a time
 */
export function listSections(evaluation, { nameOf, announce }) {
  const names = Object.keys(evaluation.lists);
  const [first = ""] = names;
  const places = {
    styles: make("div"),
    confusion: make("div"),
    roc: make("div"),
    reliability: make("div"),
  };
  /** @param {string} list */
  function show(list) {
    const figures = evaluation.lists[list];
    if (figures === undefined) return;
    // other lists are tested by runs of their own, whose training figures are not kept
    const training = list === first ? evaluation.training : null;
    places.styles.replaceChildren(...stylesPart(figures, training, nameOf));
    places.confusion.replaceChildren(...confusionPart(figures, evaluation.styles.map(nameOf)));
    places.roc.replaceChildren(...rocPart(figures.curves, nameOf));
    places.reliability.replaceChildren(...reliabilityPart(figures));
  }
  show(first);
  const chooser = choice({
    legend: "This and the next three figures show",
    name: "list",
    options: names.map((list) => ({ value: list, text: listTitle(list) })),
    chosen: first,
    choose: (list) => {
      show(list);
      announce(`The figures show: ${listTitle(list)}.`);
    },
  });
  return [
    section(
      "styles",
      "Style by style",
      "Some styles are easy to tell, some flow into each other, for the model as for people. A full " +
        "dot is the test; a ring is how it does on the very pictures that it learnt from. Where the " +
        "ring lies far to the right, it has learnt pictures by heart.",
      ...(names.length > 1 ? [chooser] : []),
      places.styles,
    ),
    section(
      "confusion",
      "What it takes for what",
      "Each row is what a picture is, each column what it was named. A perfect model would fill only " +
        "the framed cells of the diagonal. The more a cell stands out, the larger its share of the row.",
      places.confusion,
    ),
    section(
      "roc",
      "How well it ranks",
      "Sort all pictures by how likely the model finds one style, and go down the list. A curve tells " +
        "how many of that style’s pictures have come by (up) when so many others have slipped in " +
        "(right). The sooner it rises the better.",
      "The area below it is the chance that a picture of the style is ranked above another one: 1 is " +
        "perfect, 0.5 is guessing.",
      places.roc,
    ),
    section(
      "calibration",
      "Whether it knows how sure it is",
      "When it says “70 % sure”, it should be right 7 times in 10: then a point lies on the dashed " +
        "line. Above the line it is too modest, below it boasts. The larger a point, the more " +
        "pictures it stands for.",
      places.reliability,
    ),
  ];
}

/**
 * @param {ListFigures} figures
 * @param {TestMetrics | null} training
 * @param {NameOf} nameOf
 * @returns {Node[]}
 */
function stylesPart({ metrics }, training, nameOf) {
  const place = make("div");
  /** @param {Measure} measure */
  function show(measure) {
    const rows = Object.entries(metrics.per_style)
      .filter(([, style]) => style.support > 0)
      .sort(([, a], [, b]) => b[measure] - a[measure])
      .map(([slug, style]) => ({
        name: nameOf(slug),
        dots: dotsOf(style, training, slug, measure),
      }));
    const title = MEASURES.find(({ value }) => value === measure)?.text ?? measure;
    const description = rows.map(
      ({ name, dots }) => `${name} ${dots.map((dot) => finely(dot.value)).join(", in training ")}`,
    );
    place.replaceChildren(
      drawn((width) =>
        drawDots(rows, {
          width: Math.min(width, 860),
          description: `${title}: ${description.join("; ")}.`,
        }),
      ),
    );
  }
  show("f1");
  return [
    choice({ legend: "Drawn is", name: "measure", options: MEASURES, chosen: "f1", choose: show }),
    figure(
      place,
      training === null
        ? "In per cent, on the test."
        : "In per cent: test, and after the stroke training.",
    ),
    folded(stylesTable(metrics, training, nameOf)),
  ];
}

/**
 * @param {StyleMetrics} style
 * @param {TestMetrics | null} training
 * @param {string} slug
 * @param {Measure} measure
 * @returns {import("../charts/dots.js").Dot[]}
 */
function dotsOf(style, training, slug, measure) {
  const learnt = training?.per_style[slug];
  /** @type {import("../charts/dots.js").Dot[]} */
  const dots = [{ value: style[measure], look: "full", name: "test" }];
  if (learnt !== undefined) dots.push({ value: learnt[measure], look: "hollow", name: "training" });
  return dots;
}

/**
 * @param {TestMetrics} metrics
 * @param {TestMetrics | null} training
 * @param {NameOf} nameOf
 * @returns {HTMLElement}
 */
function stylesTable({ per_style }, training, nameOf) {
  const heads = ["Style", "Most often taken for", "Pictures", "Precision", "Recall", "F1"];
  const inTraining = ["Precision in training", "Recall in training", "F1 in training"];
  const figuresOf = (/** @type {StyleMetrics | undefined} */ style) =>
    style === undefined
      ? ["–", "–", "–"]
      : [decimals(style.precision), decimals(style.recall), decimals(style.f1)];
  const rows = Object.entries(per_style).map(([slug, style]) => [
    nameOf(slug),
    style.confused_with === null
      ? "–"
      : `${nameOf(style.confused_with)} (${finely(style.confused_share)})`,
    thousands(style.support),
    ...figuresOf(style),
    ...figuresOf(training?.per_style[slug]),
  ]);
  return factsTable({
    name: "Figures of each style",
    heads: [...heads, ...inTraining],
    rows,
    words: 2,
  });
}

/**
 * @param {ListFigures} figures
 * @returns {Node[]}
 */
function reliabilityPart({ reliability, metrics }) {
  const error = finely(metrics.expected_calibration_error);
  return [
    figure(
      drawn((width) =>
        drawReliability(
          reliability,
          Math.min(width, CHART_SIDE),
          `How sure it is against how often it is right; off by ${error} on average.`,
        ),
      ),
      `How sure it says it is, and how often it is right. On average the points are off by ${error}.`,
    ),
    folded(
      factsTable({
        name: "How sure it is and how often it is right",
        heads: ["Says", "Right", "Pictures"],
        rows: reliability.map(({ confidence, accuracy, pictures }) => [
          finely(confidence),
          finely(accuracy),
          thousands(pictures),
        ]),
      }),
    ),
  ];
}
