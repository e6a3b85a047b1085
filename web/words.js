// @ts-check
/** What the page says: answers, models and failures as sentences. Pure, so that it needs no page. */

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Catalogue} Catalogue */

/** Below this probability the page says "perhaps". */
const UNSURE_BELOW = 0.4;
/** Below this one the second style is not worth a word. */
const WORTH_NAMING = 0.01;

/** @type {Readonly<Record<string, string>>} */
const FAILURE_TITLES = {
  body_too_large: "This picture is too large",
  busy: "There is a queue",
  empty_body: "This file is empty",
  file_too_large: "This picture is too large",
  heic: "This browser cannot open HEIC pictures",
  internal_error: "Something broke on our side",
  no_picture: "There is no picture in that",
  not_a_picture: "This is not a picture",
  offline: "You are offline",
  several_files: "One picture at a time",
  timeout: "This takes too long",
  too_many_pixels: "This picture is too large",
  truncated_image: "This picture ends too early",
  unavailable: "The service is not ready",
  unreachable: "The service does not answer",
  unreadable_file: "This file cannot be opened",
  unreadable_image: "This picture cannot be read",
};

/** The same file may succeed a moment later. */
const WORTH_RETRYING = new Set([
  "busy",
  "internal_error",
  "offline",
  "timeout",
  "unavailable",
  "unexpected",
  "unreachable",
]);

/**
 * @param {number} probability 0 to 1
 * @returns {string} whole per cent, never a rounded "0 %" or "100 %" that would claim too much
 */
export function percent(probability) {
  if (probability > 0 && probability < 0.005) return "<\u202f1\u00a0%";
  if (probability < 1 && probability >= 0.995) return ">\u202f99\u00a0%";
  return `${Math.round(probability * 100)}\u00a0%`;
}

/**
 * @param {Answer} answer
 * @returns {boolean}
 */
export function isUnsure(answer) {
  return answer.style.probability < UNSURE_BELOW;
}

/**
 * @param {Answer} answer
 * @returns {string} the style, or "Perhaps" and the style
 */
export function headline(answer) {
  return isUnsure(answer) ? `Perhaps ${answer.style.name}` : answer.style.name;
}

/**
 * @param {Answer} answer
 * @returns {string} one line of odds
 */
export function odds(answer) {
  const sure = percent(answer.style.probability);
  const next = answer.probabilities[1];
  if (next === undefined || next.probability < WORTH_NAMING) return `${sure} sure.`;
  const second = `${next.name},\u00a0${percent(next.probability)}.`;
  return isUnsure(answer)
    ? `Unsure: only ${sure}. It may also be ${second}`
    : `${sure} sure. Next: ${second}`;
}

/**
 * @param {Catalogue} catalogue
 * @returns {string} how often the model is right; "" where it does not say
 */
export function trackRecord(catalogue) {
  const top1 = catalogue.model.test?.top1;
  if (top1 === undefined) return "";
  return `On test pictures this model names the right style ${Math.round(top1 * 10)}\u00a0times\u00a0in\u00a010.`;
}

/**
 * @param {Catalogue} catalogue
 * @returns {string}
 */
export function knownStyles(catalogue) {
  return names(catalogue, true).join(", ");
}

/**
 * @param {Catalogue} catalogue
 * @returns {string} "" where the model knows them all
 */
export function unknownStyles(catalogue) {
  const unknown = names(catalogue, false);
  return unknown.length === 0 ? "" : `Not yet known to this model: ${unknown.join(", ")}.`;
}

/**
 * @param {Catalogue} catalogue
 * @param {boolean} isKnown
 * @returns {string[]}
 */
function names(catalogue, isKnown) {
  return catalogue.styles.filter((style) => style.known === isKnown).map((style) => style.name);
}

/**
 * @param {Answer} answer
 * @returns {string} which model answered, and how fast
 */
export function colophon(answer) {
  const total = answer.timing_ms["total"];
  const time = total === undefined ? "" : `, in ${Math.max(1, Math.round(total))}\u00a0ms`;
  return `Named by ${answer.model.id}${time}.`;
}

/**
 * @param {string} code
 * @returns {string}
 */
export function failureTitle(code) {
  return FAILURE_TITLES[code] ?? "That did not work";
}

/**
 * @param {string} code
 * @returns {boolean} whether the same picture may succeed a moment later
 */
export function isWorthRetrying(code) {
  return WORTH_RETRYING.has(code);
}
