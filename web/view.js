// @ts-check
/** render(page): shows one state of the page. Sets text and attributes, never HTML; no network. */

import * as words from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Catalogue} Catalogue */
/**
 * @typedef {{name: string, url: string}} Picture
 * @typedef {{kind: "empty"}} Empty
 * @typedef {{kind: "loading", picture: Picture, step: "reading" | "asking", note: string}} Loading
 * @typedef {{kind: "done", picture: Picture, answer: Answer}} Done
 * @typedef {{kind: "failed", picture: Picture | null, code: string, message: string}} Failed
 * @typedef {Empty | Loading | Done | Failed} Visit
 * @typedef {{
 *   visit: Visit,
 *   catalogue: Catalogue | null,
 *   hasPreview: boolean,
 *   isDragging: boolean,
 *   isOffline: boolean,
 *   isShown: boolean,
 * }} Page
 */

const SECTIONS = { empty: "invitation", loading: "progress", done: "answer", failed: "failure" };
const HEADINGS = {
  empty: "frame",
  loading: "progress-heading",
  done: "style-name",
  failed: "failure-heading",
};
const STEPS = /** @type {const} */ (["reading", "asking"]);

/**
 * @param {Page} page
 */
export function render({ visit, catalogue, hasPreview, isDragging, isOffline, isShown }) {
  const exhibit = element("exhibit");
  exhibit.hidden = !isShown;
  exhibit.dataset["state"] = visit.kind;
  exhibit.toggleAttribute("data-dragging", isDragging);
  setText(
    "offline",
    isOffline ? "You are offline. A picture can be asked about again when you are back." : "",
  );
  for (const [kind, id] of Object.entries(SECTIONS)) element(id).hidden = kind !== visit.kind;
  renderPicture("picture" in visit ? visit.picture : null, hasPreview);
  element("another").hidden = visit.kind !== "done";
  renderCatalogue(catalogue);
  if (visit.kind === "loading") renderLoading(visit);
  if (visit.kind === "done") renderAnswer(visit.answer);
  if (visit.kind === "failed") renderFailure(visit);
}

/**
 * Bring the keyboard and the screen reader to what has just appeared. Who has gone to read
 * something else meanwhile is told instead of moved.
 * @param {Page} page
 */
export function present({ visit, isShown }) {
  const focused = document.activeElement;
  const isFree = focused === null || focused === document.body || !focused.checkVisibility();
  if (isShown && (isFree || element("exhibit").contains(focused)))
    element(HEADINGS[visit.kind]).focus();
  else setText("live", spoken(visit));
}

/**
 * Bring the keyboard to the heading, when a visitor comes back from another page.
 * @param {Visit} visit
 */
export function arrive(visit) {
  find(element(SECTIONS[visit.kind]), "h1").focus({ preventScroll: true });
}

/**
 * @param {Visit} visit
 * @returns {string} what the tab is called; "" for the name of the site alone
 */
export function titleOf(visit) {
  return visit.kind === "done" ? words.headline(visit.answer) : "";
}

/**
 * @param {Picture | null} picture
 * @param {boolean} hasPreview
 */
function renderPicture(picture, hasPreview) {
  const image = /** @type {HTMLImageElement} */ (element("picture"));
  element("frame").hidden = picture !== null;
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
  setText("progress-note", visit.note);
  setText("live", spoken(visit));
}

/**
 * @param {Answer} answer
 */
function renderAnswer(answer) {
  setText("style-name", words.headline(answer));
  setText("odds", words.odds(answer));
  setText("colophon", words.colophon(answer));
  setText("live", "");
  const template = /** @type {HTMLTemplateElement} */ (element("row"));
  const rows = answer.probabilities.map(({ slug, name, probability }) => {
    const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    find(row, "tr").classList.toggle("is-predicted", slug === answer.style.slug);
    find(row, "th").textContent = name;
    find(row, ".bar").style.setProperty("--share", String(probability));
    find(row, ".share").textContent = words.percent(probability);
    return row;
  });
  element("rows").replaceChildren(...rows);
}

/**
 * @param {Failed} visit
 */
function renderFailure(visit) {
  setText("failure-heading", words.failureTitle(visit.code));
  setText("failure-message", visit.message);
  setText("live", "");
  element("retry").hidden = !(visit.picture && words.isWorthRetrying(visit.code));
}

/**
 * @param {Visit} visit
 * @returns {string} the state as one sentence for a live region
 */
function spoken(visit) {
  switch (visit.kind) {
    case "empty":
      return "Cancelled.";
    case "loading":
      return (
        visit.note || (visit.step === "reading" ? "Reading the picture." : "Asking the model.")
      );
    case "done":
      return `${words.headline(visit.answer)}. ${words.odds(visit.answer)}`;
    case "failed":
      return `${words.failureTitle(visit.code)}. ${visit.message}`;
  }
}

/**
 * Set a text only where it changes: a live region would repeat itself.
 * @param {string} id
 * @param {string} text
 */
function setText(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  return find(document, `#${id}`);
}

/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
function find(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`index.html has no ${selector}`);
  return found;
}

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
function all(selector) {
  return document.querySelectorAll(selector);
}
