// @ts-check
/** render(page): shows one state of Home. Sets text and attributes, never HTML; no network. */

import { renderAnswer } from "./answer.js";
import { renderBatch } from "./batch-view.js";
import { all, element, elementOf, setText } from "./elements.js";
import { offerStyles } from "./feedback.js";
import { offerOf } from "./picture.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./api.js").Limits} Limits */
/** @typedef {import("./batch.js").Item} Item */
/** @typedef {import("./picture.js").Offer} Offer */
/**
 * @typedef {{name: string, url: string, bytes: number}} Picture
 * @typedef {{kind: "empty"}} Empty
 * @typedef {{
 *   kind: "loading",
 *   picture: Picture,
 *   step: "reading" | "sending" | "asking",
 *   note: string,
 *   share?: number,
 * }} Loading share: of the original's bytes that have gone out
 * @typedef {{kind: "done", picture: Picture, answer: Answer, sent: Blob, count: number}} Done
 *   count: of the pictures that it is one of
 * @typedef {{
 *   kind: "failed",
 *   picture: Picture | null,
 *   code: string,
 *   message: string,
 *   offer?: Offer | null,
 * }} Failed offer: to send the original after all
 * @typedef {{kind: "batch", items: Item[], isRunning: boolean, note: string, limit: string}} Batch
 * @typedef {Empty | Loading | Done | Failed | Batch} Visit
 * @typedef {{
 *   visit: Visit,
 *   catalogue: Catalogue | null,
 *   limits: Limits | null,
 *   hasPreview: boolean,
 *   isDragging: boolean,
 *   isOffline: boolean,
 *   isShown: boolean,
 * }} Page
 */

const SECTIONS = {
  empty: "invitation",
  loading: "progress",
  done: "answer",
  failed: "failure",
  batch: "batch",
};
const HEADINGS = {
  empty: "frame",
  loading: "progress-heading",
  done: "style-name",
  failed: "failure-heading",
  batch: "batch-title",
};
const STEPS = /** @type {const} */ (["reading", "sending", "asking"]);

const SPOKEN_STEPS = {
  reading: "Reading the picture.",
  sending: "Sending the original.",
  asking: "Asking the model.",
};

/** @type {Answer | null} */
let answered = null;

/**
 * @param {Page} page
 */
export function render(page) {
  const { visit, catalogue, hasPreview, isDragging, isOffline, isShown } = page;
  const exhibit = element("exhibit");
  exhibit.hidden = !isShown;
  exhibit.dataset["state"] = visit.kind;
  exhibit.toggleAttribute("data-dragging", isDragging);
  setText(
    "offline",
    isOffline ? "You are offline. A picture can be asked about again when you are back." : "",
  );
  for (const [kind, id] of Object.entries(SECTIONS)) element(id).hidden = kind !== visit.kind;
  element("rooms").hidden = visit.kind !== "done";
  renderPicture("picture" in visit ? visit.picture : null, hasPreview);
  element("heat").hidden = visit.kind !== "done" || !hasPreview; // it belongs to an answer
  renderCatalogue(catalogue);
  renderOffer(page);
  renderKind(visit, catalogue, hasPreview);
}

/**
 * Offer to send the original, below an answer to its copy or where there is none.
 * @param {Page} page
 */
function renderOffer({ visit, limits }) {
  const isAlone = visit.kind === "done" && visit.count === 1;
  const offer = isAlone ? offerOf(visit.picture.bytes, visit.sent.size, limits) : null;
  element("original").hidden = element("original-note").hidden = offer === null;
  setText("original", offer ? words.originalButton(offer) : "");
  setText("original-note", offer ? words.originalNote(offer) : "");
}

/**
 * @param {Visit} visit
 * @param {Catalogue | null} catalogue
 * @param {boolean} hasPreview
 */
function renderKind(visit, catalogue, hasPreview) {
  element("hung-actions").hidden = visit.kind !== "done";
  if (visit.kind === "loading") renderLoading(visit);
  if (visit.kind === "done") renderDone(visit, catalogue, hasPreview);
  if (visit.kind === "failed") renderFailure(visit);
  if (visit.kind === "batch") renderBatch(visit);
}

/**
 * Bring the keyboard and the screen reader to what has just appeared. Who has gone to read
 * something else meanwhile is told instead of moved.
 * @param {Page} page
 */
export function present({ visit, isShown }) {
  const focused = document.activeElement;
  const isFree = focused === null || focused === document.body || !focused.checkVisibility();
  if (isShown && (isFree || element("exhibit").contains(focused))) {
    element(HEADINGS[visit.kind]).focus();
  } else setText("live", spoken(visit));
}

/**
 * Bring the keyboard to the heading, when a visitor comes back from another page.
 * @param {Visit} visit
 */
export function arrive(visit) {
  element(SECTIONS[visit.kind]).querySelector("h1")?.focus({ preventScroll: true });
}

/**
 * @param {Visit} visit
 * @returns {string} what the tab is called; "" for the name of the site alone
 */
export function titleOf(visit) {
  if (visit.kind === "done") return words.headline(visit.answer);
  return visit.kind === "batch" ? words.plural(visit.items.length, "picture") : "";
}

/**
 * @param {Picture | null} picture
 * @param {boolean} hasPreview
 */
function renderPicture(picture, hasPreview) {
  const image = elementOf("picture", HTMLImageElement);
  element("frame").hidden = element("camera-row").hidden = picture !== null;
  element("hung").hidden = picture === null;
  image.hidden = picture === null || !hasPreview;
  element("no-preview").hidden = picture === null || hasPreview;
  setText("file-name", picture?.name ?? "");
  if (picture === null) {
    image.removeAttribute("src");
  } else if (image.getAttribute("src") !== picture.url) {
    image.src = picture.url;
    image.alt = `Your picture: ${picture.name}`;
  }
  if (image.naturalWidth > 0) {
    element("hung").style.setProperty("--width", String(image.naturalWidth));
    element("hung").style.setProperty("--height", String(image.naturalHeight));
  }
}

/**
 * @param {Catalogue | null} catalogue
 */
function renderCatalogue(catalogue) {
  const texts = {
    known: catalogue && words.knownStyles(catalogue),
    unknown: catalogue && words.unknownStyles(catalogue),
    "track-record": catalogue && words.trackRecord(catalogue),
  };
  for (const [name, text] of Object.entries(texts)) {
    for (const target of all(`[data-fill="${name}"]`)) {
      target.textContent = text ?? "";
      target.hidden = !text;
    }
  }
  for (const block of all("[data-needs-catalogue]")) block.hidden = catalogue === null;
}

/**
 * @param {Loading} visit
 */
function renderLoading(visit) {
  for (const step of STEPS) {
    const item = element(`step-${step}`);
    item.classList.toggle("is-past", STEPS.indexOf(step) < STEPS.indexOf(visit.step));
    if (step === visit.step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  const isLeaving = visit.share !== undefined;
  element("step-sending").hidden = element("sent-share").hidden = !isLeaving;
  elementOf("sent-share", HTMLProgressElement).value = visit.share ?? 0;
  setText("progress-note", visit.note);
  setText("live", spoken(visit));
}

/**
 * @param {Done} visit
 * @param {Catalogue | null} catalogue
 * @param {boolean} hasPreview
 */
function renderDone(visit, catalogue, hasPreview) {
  const { answer, count, picture, sent } = visit;
  if (answered !== answer) {
    answered = answer;
    setText("live", "");
    renderAnswer(answer, picture.name, sent);
  }
  setText("track-record", words.styleRecord(answer, catalogue));
  offerStyles(answer, catalogue);
  element("all-pictures").hidden = count < 2;
  setText("all-pictures", `All ${count} pictures`);
  element("take-down").hidden = count > 1;
  element("light").hidden = !hasPreview || element("chips").childElementCount === 0;
  element("take-card").hidden = !hasPreview;
}

/**
 * @param {Failed} visit
 */
function renderFailure(visit) {
  setText("failure-heading", words.failureTitle(visit.code));
  setText("failure-message", words.failureAdvice(visit.code, visit.message));
  setText("live", "");
  element("retry").hidden = !(visit.picture && words.isWorthRetrying(visit.code));
  element("failure-original").hidden = !visit.offer;
  setText("failure-original", visit.offer ? words.originalButton(visit.offer) : "");
}

/**
 * @param {Visit} visit
 * @returns {string} the state as one sentence for a live region
 */
function spoken(visit) {
  switch (visit.kind) {
    case "empty":
      return "The frame is empty.";
    case "loading":
      return visit.note || SPOKEN_STEPS[visit.step];
    case "done":
      return `${words.headline(visit.answer)}. ${words.odds(visit.answer)}`;
    case "failed":
      return words.failureSentence(visit.code, visit.message);
    case "batch":
      return `Asking about ${words.plural(visit.items.length, "picture")}.`;
  }
}
