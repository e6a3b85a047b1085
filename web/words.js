// @ts-check
/** What the page says: answers, models and failures as sentences. Pure, so that it needs no page. */

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./api.js").Delay} Delay */
/** @typedef {import("./api.js").Work} Work */
/** @typedef {import("./picture.js").Offer} Offer */

/** How often the right style is among the candidates; the service makes the sets so. */
const SET_SURE = "90\u00a0%";
/** More candidates than this are too many for a headline. */
const NAMEABLE = 3;
/** Below this one the second style is not worth a word. */
const WORTH_NAMING = 0.01;

/** @type {Readonly<Record<string, string>>} */
const FAILURE_TITLES = {
  body_too_large: "This picture is too large",
  busy: "There is a queue",
  connection_lost: "The connection broke",
  empty_body: "This file is empty",
  file_too_large: "This picture is too large",
  heic: "This browser cannot open HEIC pictures",
  internal_error: "Something broke on our side",
  no_picture: "There is no picture in that",
  not_a_picture: "This is not a picture",
  offline: "You are offline",
  timeout: "This takes too long",
  too_many_pixels: "This picture is too large",
  truncated_image: "This picture ends too early",
  unavailable: "The service is not ready",
  unknown_upload: "The original did not arrive",
  unreachable: "The service does not answer",
  example_missing: "That picture did not come",
  unreadable_file: "This file cannot be opened",
  unreadable_image: "This picture cannot be read",
  unshrinkable: "This browser cannot shrink this picture",
  upload_refused: "The original was not taken",
  uploads_unavailable: "Originals cannot be taken now",
};

/** The same file may succeed a moment later. */
const WORTH_RETRYING = new Set([
  "busy",
  "connection_lost",
  "internal_error",
  "offline",
  "timeout",
  "unavailable",
  "unexpected",
  "unknown_upload",
  "unreachable",
  "upload_refused",
  "uploads_unavailable",
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
 * @param {string} slug
 * @returns {string}
 */
export function nameOf(answer, slug) {
  return answer.probabilities.find((style) => style.slug === slug)?.name ?? slug;
}

/**
 * @param {Answer} answer
 * @returns {string} what stands largest on the label
 */
export function headline(answer) {
  if (isSure(answer)) return answer.style.name;
  return isNameable(answer) ? either(answer) : `Perhaps ${answer.style.name}`;
}

/**
 * @param {Answer} answer
 * @returns {string} one line of odds
 */
export function odds(answer) {
  const best = `${answer.style.name},\u00a0${percent(answer.style.probability)}`;
  if (!isSure(answer)) return `${unsureOdds(answer)} The likeliest: ${best}.`;
  const sure = `${percent(answer.style.probability)} sure.`;
  const next = answer.probabilities[1];
  if (next === undefined || next.probability < WORTH_NAMING) return sure;
  return `${sure} Next: ${next.name},\u00a0${percent(next.probability)}.`;
}

/**
 * @param {Answer} answer
 * @returns {string} one line where the model doubts that it is a painting; else nothing
 */
export function doubt(answer) {
  if (answer.verdict !== "not-a-painting") return "";
  const sure = answer.painting ? ` (${percent(answer.painting.probability)} that it is one)` : "";
  return `It may be no painting at all${sure}. If it is one, this is what the model makes of it.`;
}

/**
 * @param {Answer} answer
 * @returns {string} the verdict in one line, for a table, a card or a voice
 */
export function verdict(answer) {
  const name = headline(answer);
  if (isSure(answer)) return `${name}, ${percent(answer.style.probability)}`;
  return `${name}: ${lowerFirst(unsureOdds(answer)).replace(/\.$/, "")}`;
}

/**
 * @param {Answer} answer
 * @returns {string} the verdict in the fewest words
 */
export function verdictWord(answer) {
  if (answer.verdict === "not-a-painting") return "No painting?";
  if (answer.verdict === "confident") return "Sure";
  return isNameable(answer)
    ? `Unsure: ${either(answer)}`
    : `Unsure: one of ${answer.candidates.length}`;
}

/**
 * @param {Answer} answer
 * @returns {string}
 */
function unsureOdds(answer) {
  const count = answer.candidates.length;
  if (!isNameable(answer)) return `${SET_SURE} sure it is one of the ${count}\u00a0marked styles.`;
  return `${SET_SURE} sure it is one of these ${count === 2 ? "two" : "three"}.`;
}

/**
 * @param {Answer} answer
 * @returns {boolean} whether one style alone is a candidate
 */
function isSure(answer) {
  return answer.candidates.length === 1;
}

/**
 * @param {Answer} answer
 * @returns {boolean} whether its candidates are few enough for a headline
 */
function isNameable(answer) {
  return answer.candidates.length > 1 && answer.candidates.length <= NAMEABLE;
}

/**
 * @param {Answer} answer
 * @returns {string} "A or B", "A, B or C"
 */
function either(answer) {
  const names = answer.candidates.map((slug) => nameOf(answer, slug));
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/**
 * @param {string} text
 * @returns {string}
 */
function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * @param {Answer} answer
 * @param {Catalogue | null} catalogue knows the name of a style that the model does not
 * @returns {string} how far the best name can be trusted
 */
export function styleRecord(answer, catalogue) {
  const { precision, confused_with: other } = answer.track_record;
  const right = `${timesInTen(precision)} when it says ${answer.style.name}`;
  if (other === null) return `Right ${right}.`;
  const known = catalogue?.styles.find((style) => style.slug === other)?.name;
  return `Right ${right}; most often confused with ${known ?? nameOf(answer, other)}.`;
}

/**
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function timesInTen(share) {
  const times = Math.round(share * 10);
  if (times >= 10) return "nearly every time";
  if (times <= 0) return "hardly ever";
  return `${times}\u00a0${times === 1 ? "time" : "times"}\u00a0in\u00a010`;
}

/**
 * @param {number | null} year
 * @returns {string}
 */
export function yearOf(year) {
  return year === null ? "year unknown" : String(year);
}

/**
 * @param {Work} work
 * @returns {string} "Claude Monet, 1873"
 */
export function madeBy(work) {
  return work.year === null ? work.artist : `${work.artist}, ${work.year}`;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 * @returns {string} "1 work", "15 works"
 */
export function plural(count, one, many = `${one}s`) {
  return `${count}\u00a0${count === 1 ? one : many}`;
}

/**
 * @param {Catalogue} catalogue
 * @returns {string} how often the model is right; "" where it does not say
 */
export function trackRecord(catalogue) {
  const elsewhere = catalogue.model.elsewhere;
  if (elsewhere) {
    return (
      `On pictures from ${elsewhere.places} places that it never saw, this model names the right ` +
      `style ${timesInTen(elsewhere.top1)}.`
    );
  }
  const top1 = catalogue.model.test?.top1;
  if (top1 === undefined) return "";
  return `On test pictures this model names the right style ${timesInTen(top1)}.`;
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
 * @param {Delay} delay
 * @returns {string} why it takes longer, and what happens next
 */
export function delayed({ waitS, retry, retries, isLost }) {
  const reason = isLost ? "The connection broke." : "The service has too much to do.";
  return `${reason} Retry ${retry} of ${retries} in ${waitS}\u00a0s.`;
}

/**
 * @param {number} bytes
 * @returns {string} "12 MB", "1.4 MB"
 */
export function megabytes(bytes) {
  const amount = bytes / 1e6;
  return `${amount < 9.95 ? amount.toFixed(1).replace(/\.0$/, "") : Math.round(amount)}\u00a0MB`;
}

/**
 * @param {Offer} offer
 * @returns {string} what a button says
 */
export function originalButton({ bytes }) {
  return `Send the original, ${megabytes(bytes)}`;
}

/**
 * @param {Offer} offer
 * @returns {string} whether it is worth it, and where it goes
 */
export function originalNote({ isUpload }) {
  const enough = "A smaller copy was sent, with more detail than the model looks at.";
  return isUpload
    ? `${enough} The original would lie in the service’s storage until it is read, a few seconds.`
    : enough;
}

/**
 * @param {number} bytes of a picture that only the service can open
 * @param {number} most what one request may hold
 * @param {boolean} hasOffer whether the original can be sent another way
 * @returns {string}
 */
export function unshrinkable(bytes, most, hasOffer) {
  const size = `It has ${megabytes(bytes)}, and a request holds ${megabytes(most)}.`;
  const save = "save it as a JPEG; 1,024 pixels on the longer side are plenty.";
  return hasOffer ? `${size} Send the original another way, or ${save}` : `${size} Please ${save}`;
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

/**
 * @param {string} code
 * @param {string} message the service's own, which may begin as the title does
 * @returns {string} what to say below the title
 */
export function failureAdvice(code, message) {
  const title = `${failureTitle(code)}. `;
  return message.startsWith(title) ? message.slice(title.length) : message;
}

/**
 * @param {string} code
 * @param {string} message
 * @returns {string} both in one, for a line or a voice
 */
export function failureSentence(code, message) {
  return `${failureTitle(code)}. ${failureAdvice(code, message)}`;
}
