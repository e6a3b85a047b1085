// @ts-check
/** The study of architectures and tops: what each costs, and how well it did where it was trained. */

import { barList } from "../charts/bars.js";
import { make } from "../elements.js";
import { architectureName } from "./model-card.js";
import { finely, folded, section } from "./parts.js";
import { factsTable } from "./tables.js";

/** @typedef {import("./model-card.js").Compared} Compared */

/** @type {Readonly<Record<string, string>>} what stands on the network, by the name that training has */
const TOPS = {
  "original-1": "first top of the original",
  "original-2": "second top of the original",
  "original-3": "third top of the original",
  gap: "pooling and one layer",
};

/**
 * @param {Compared[]} compared
 * @returns {HTMLElement[]}
 */
export function studySection(compared) {
  if (compared.length === 0) return [];
  const networks = firstOfEach(compared);
  const trained = compared.flatMap((one) =>
    one.top1 === null ? [] : [{ ...one, top1: one.top1 }],
  );
  const known = new Set(trained.map(({ architecture }) => architecture));
  return [
    section(
      "study",
      "Why this network, and not another",
      `The study set ${networks.length} networks side by side, each with a top on features that do not ` +
        "learn. Size and time do not depend on training, so all have them; how well a network names " +
        `styles only those say that were trained: ${known.size} of ${networks.length}.`,
      `${quickest(networks)} The model above goes further: all of its layers learn.`,
      make(
        "div",
        { class: "charts is-small" },
        measures("Millions of bytes", networks, ({ size_mb }) => size_mb, 0),
        measures("Milliseconds a picture", networks, ({ latency_ms }) => latency_ms, 1),
        ...accuracies(trained),
      ),
      folded(studyTable(compared), "All figures of the study"),
    ),
  ];
}

/**
 * @param {Compared[]} compared
 * @returns {Compared[]} one of each architecture, the quickest first
 */
function firstOfEach(compared) {
  const first = new Map(compared.toReversed().map((one) => [one.architecture, one]));
  return [...first.values()].sort((one, other) => one.latency_ms - other.latency_ms);
}

/**
 * @param {Compared[]} networks the quickest first
 * @returns {string}
 */
function quickest(networks) {
  const [quick] = networks;
  if (quick === undefined) return "";
  const isSmallest = networks.every((one) => one.size_mb >= quick.size_mb);
  return `${architectureName(quick.architecture)} is the quickest${isSmallest ? ", and the smallest" : ""}.`;
}

/**
 * @param {string} title
 * @param {Compared[]} networks
 * @param {(one: Compared) => number} measure
 * @param {number} digits
 * @returns {HTMLElement}
 */
function measures(title, networks, measure, digits) {
  const most = Math.max(...networks.map(measure));
  const bars = networks.map((one, at) => ({
    name: architectureName(one.architecture),
    share: measure(one) / most,
    text: measure(one).toFixed(digits),
    isMain: at === 0,
  }));
  return make("div", {}, make("h3", {}, title), barList(bars));
}

/**
 * @param {(Compared & {top1: number})[]} trained
 * @returns {HTMLElement[]}
 */
function accuracies(trained) {
  if (trained.length === 0) return [];
  const best = Math.max(...trained.map(({ top1 }) => top1));
  const bars = trained.map((one) => ({
    name: nameOf(one, trained),
    share: one.top1,
    text: finely(one.top1),
    isMain: one.top1 === best,
  }));
  return [make("div", {}, make("h3", {}, "Test pictures named right"), barList(bars))];
}

/**
 * @param {Compared} one
 * @param {Compared[]} others
 * @returns {string} with the name of the run where the same was trained twice
 */
function nameOf({ architecture, head, tag }, others) {
  const name = `${architectureName(architecture)}, ${TOPS[head] ?? head}`;
  const like = others.filter((one) => one.architecture === architecture && one.head === head);
  return like.length > 1 ? `${name} (${tag})` : name;
}

/**
 * @param {Compared[]} compared
 * @returns {HTMLElement}
 */
function studyTable(compared) {
  const share = (/** @type {number | null} */ value) => (value === null ? "–" : finely(value));
  return factsTable({
    name: "Figures of the study",
    heads: [
      ["Run", "Network", "What stands on it", "Remark", "Picture", "MB", "ms"],
      ["Right in training", "In validation", "In the test", "95 % of the time"],
    ].flat(),
    rows: compared.map((one) => [
      one.tag,
      architectureName(one.architecture),
      TOPS[one.head] ?? one.head,
      one.note || "–",
      `${one.size_px}\u00a0px`,
      one.size_mb.toFixed(1),
      one.latency_ms.toFixed(1),
      share(one.accuracy),
      share(one.val_accuracy),
      share(one.top1),
      one.top1_interval === null ? "–" : one.top1_interval.map(finely).join(" to "),
    ]),
    words: 4,
  });
}
