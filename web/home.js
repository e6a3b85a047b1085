// @ts-check
/** Home: events change the state of the page, and every change is rendered. */

import { ApiError, fetchCatalogue, predict, wake } from "./api.js";
import { askAll, waitingItem } from "./batch.js";
import { toCsv } from "./csv.js";
import { element, elementOf } from "./elements.js";
import { showExamples } from "./examples-view.js";
import { startFeedback } from "./feedback.js";
import { startLight } from "./light.js";
import { predictOriginal } from "./original.js";
import { PictureError, SENT_BYTES, offerOf, original, prepare, somePictures } from "./picture.js";
import { save, startTaking } from "./take.js";
import { arrive, present, render, titleOf } from "./view.js";
import { delayed, failureSentence, failureTitle, unshrinkable } from "./words.js";
import { startWorks } from "./works.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./batch.js").Item} Item */
/** @typedef {import("./router.js").HomeVisit} HomeVisit */
/** @typedef {import("./view.js").Done} Done */
/** @typedef {import("./view.js").Failed} Failed */
/** @typedef {import("./view.js").Page} Page */
/** @typedef {import("./view.js").Picture} Picture */
/** @typedef {import("./view.js").Visit} Visit */

const SLOW_AFTER_MS = 4000;
/** What the browser cannot make smaller, and the request cannot hold. */
const UNSHRINKABLE = "unshrinkable";
const WAKING = "The service is waking up; the first answer takes a few seconds.";
const SLOW = "This takes longer than usual. It is still at work.";
/** More pictures than this are work for the command line. */
const MOST_PICTURES = 100;
/** What meets one picture with these would meet all others too. */
const ENDS_A_BATCH = new Set(["offline", "unreachable", "busy", "unavailable", "timeout"]);

/** @type {Page} */
let page = {
  visit: { kind: "empty" },
  catalogue: null,
  limits: null,
  hasPreview: true,
  isDragging: false,
  isOffline: !navigator.onLine,
  isShown: true,
};
/** @type {Promise<string>} */
let apiBase = Promise.resolve("");
/** @type {(title: string) => void} */
let setTitle = () => {};
/** @type {Promise<void>} settled when the service has told what it takes, or did not answer */
let greeting = Promise.resolve();
let isAwake = false;
let hasExamples = false;
/**
 * What hangs in the frame, and whether its original is to be sent.
 * @type {{file: File, picture: Picture, isOriginal: boolean} | null}
 */
let hung = null;
/**
 * What the visitor comes back to by cancelling: the answer, or the failure, that stood there before.
 * @type {{visit: Done | Failed, file: File, isOriginal: boolean} | null}
 */
let before = null;
/** @type {Item[]} several pictures, of which one may hang in the frame */
let items = [];
let note = "";
let limit = "";
/** @type {string[]} addresses of pictures that were taken down and may still be on the screen */
const stale = [];
/** @type {AbortController | null} the one request, or row of requests, that may be running */
let running = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let patience;

/** @type {Readonly<Record<string, () => void>>} what a button's data-action does */
const ACTIONS = {
  choose: () => elementOf("file", HTMLInputElement).click(),
  photograph: () => elementOf("camera", HTMLInputElement).click(),
  cancel,
  clear: empty,
  retry: () => {
    if (hung !== null) void ask(hung.file, hung.isOriginal);
  },
  original: () => {
    if (hung !== null) void ask(hung.file, true);
  },
  stop: () => {
    stop();
    showBatch();
  },
  go: () => void askAboutAll(),
  csv: saveCsv,
};

/**
 * Begin to take pictures.
 * @param {{apiBase: Promise<string>, setTitle: (title: string) => void}} parts
 * @returns {(visit: HomeVisit | null) => void} shows Home, or with null hides it; it keeps its state
 */
export function startHome(parts) {
  apiBase = parts.apiBase;
  setTitle = parts.setTitle;
  listen();
  startLight();
  startWorks();
  startTaking();
  startFeedback(apiBase);
  greeting = greet();
  element("frame").removeAttribute("disabled"); // whoever clicked before would have been ignored
  return show;
}

/**
 * @param {HomeVisit | null} visit
 */
function show(visit) {
  update({ isShown: visit !== null });
  if (visit === null) return;
  showExamplesOnce();
  const before = page.visit;
  const opened = items[Number(visit.rest) - 1];
  if (opened !== undefined) hangAnswered(opened);
  else if (visit.rest !== "") location.replace("#/");
  else if (items.length > 0 && page.visit.kind === "done") showBatch();
  if (!visit.isFirst && page.visit === before) arrive(page.visit);
}

/** Their pictures are nothing that another page has to wait for. */
function showExamplesOnce() {
  if (hasExamples) return;
  hasExamples = true;
  showExamples(
    (file) => receive([file]),
    (error) => update({ visit: failed(null, error) }),
  );
}

/**
 * @param {Partial<Page>} change
 */
function update(change) {
  const before = page.visit.kind;
  page = { ...page, ...change };
  render(page);
  if (page.isShown) setTitle(titleOf(page.visit));
  for (const url of stale.splice(0)) URL.revokeObjectURL(url);
  if (page.visit.kind !== before) present(page);
}

/**
 * @param {Iterable<File>} files chosen, dropped or pasted
 */
function receive(files) {
  stop();
  items = [];
  if (location.hash.length > "#/".length) location.hash = "#/";
  try {
    const [file, ...others] = somePictures(files);
    if (file !== undefined && others.length === 0) void ask(file);
    else receiveSeveral([...files]);
  } catch (error) {
    update({ visit: failed(null, error) });
  }
}

/**
 * @param {File[]} files
 */
function receiveSeveral(files) {
  takeDown();
  items = files.slice(0, MOST_PICTURES).map(waitingItem);
  const left = files.length - items.length;
  limit =
    left === 0 ? "" : `The first ${items.length} of ${files.length}; bring the rest afterwards.`;
  void askAboutAll();
}

/**
 * @param {File} file
 * @param {boolean} [isOriginal] whether it is to be sent as it is
 */
async function ask(file, isOriginal = false) {
  stop();
  remember();
  const mine = new AbortController();
  running = mine;
  const picture = hang(file, isOriginal);
  bePatient(mine);
  try {
    update({ visit: { kind: "loading", picture, step: "reading", note: "" } });
    const { sent, answer } = await inquire(file, mine);
    isAwake = true; // it need not have answered the greeting yet
    if (running === mine) update({ visit: { kind: "done", picture, answer, sent, count: 1 } });
  } catch (error) {
    if (running === mine) update({ visit: failed(picture, error) });
  } finally {
    if (running === mine) running = null;
  }
}

/**
 * Say so where the picture's next step takes long.
 * @param {AbortController} mine
 * @param {number} [afterMs]
 */
function bePatient(mine, afterMs = SLOW_AFTER_MS) {
  clearTimeout(patience);
  patience = setTimeout(() => {
    if (page.visit.kind !== "loading") return;
    tell(mine, page.visit.step === "asking" && !isAwake ? WAKING : SLOW);
  }, afterMs);
}

/**
 * @param {File} file
 * @param {AbortController} mine
 * @returns {Promise<{sent: Blob, answer: Answer}>}
 */
async function inquire(file, mine) {
  const isOriginal = hung?.isOriginal ?? false;
  const sent = await (isOriginal ? original(file) : prepare(file));
  mine.signal.throwIfAborted();
  return { sent, answer: await (isOriginal ? sendOriginal(sent, mine) : sendCopy(sent, mine)) };
}

/**
 * @param {Blob} sent
 * @param {AbortController} mine
 * @returns {Promise<Answer>}
 */
async function sendCopy(sent, mine) {
  moveOn(mine, { step: "asking" });
  return send(sent, mine);
}

/**
 * @param {Blob} sent
 * @param {AbortController} mine
 * @returns {Promise<Answer>}
 */
async function send(sent, mine) {
  if (sent.size > SENT_BYTES) await greeting; // only then it is known whether a request holds it
  const { limits } = page;
  if (limits !== null && sent.size > limits.body_bytes) {
    const message = unshrinkable(
      sent.size,
      limits.body_bytes,
      offerOf(sent.size, 0, limits) !== null,
    );
    throw new ApiError(UNSHRINKABLE, message);
  }
  return predict(await apiBase, sent, optionsOf(mine));
}

/**
 * Send a file as it is: in the request, or where that is too small, by the service's bucket.
 * @param {Blob} sent
 * @param {AbortController} mine
 * @returns {Promise<Answer>}
 */
async function sendOriginal(sent, mine) {
  if (!offerOf(sent.size, 0, page.limits)?.isUpload) return sendCopy(sent, mine);
  moveOn(mine, { step: "sending", share: 0 });
  return predictOriginal(await apiBase, sent, {
    ...optionsOf(mine),
    onProgress: (share) => moveOn(mine, { step: share < 1 ? "sending" : "asking", share }),
  });
}

/**
 * @param {AbortController} mine
 * @returns {import("./api.js").Options}
 */
function optionsOf(mine) {
  return {
    signal: mine.signal,
    onDelay: (delay) => {
      tell(mine, delayed(delay));
      bePatient(mine, delay.waitS * 1000 + SLOW_AFTER_MS);
    },
  };
}

/**
 * @param {AbortController} mine
 * @param {{step: "sending" | "asking", share?: number}} where
 */
function moveOn(mine, where) {
  if (running !== mine || page.visit.kind !== "loading") return;
  if (page.visit.step !== where.step) bePatient(mine);
  update({ visit: { ...page.visit, note: "", ...where } });
}

/** One after the other: the service has better to do than to look at a hundred pictures at once. */
async function askAboutAll() {
  stop();
  const mine = new AbortController();
  running = mine;
  note = "";
  showBatch();
  const problem = await askAll(items, {
    ask: async (file) => {
      const sent = await prepare(file);
      return { sent, answer: await send(sent, mine) };
    },
    explain,
    onChange: (index, item) => {
      if (running !== mine) return;
      items = items.with(index, item);
      note = "";
      if (page.visit.kind === "batch") showBatch();
    },
    isStopped: () => running !== mine,
  });
  if (running !== mine) return;
  running = null;
  note = problem;
  if (page.visit.kind === "batch") showBatch();
}

/** Show all pictures; none of them hangs in the frame. */
function showBatch() {
  takeDown();
  update({ visit: { kind: "batch", items, isRunning: running !== null, note, limit } });
}

/**
 * @param {Item} item
 */
function hangAnswered({ file, answer, sent }) {
  if (answer === null || sent === null) return;
  const picture = hang(file);
  update({ visit: { kind: "done", picture, answer, sent, count: items.length } });
}

function saveCsv() {
  const rows = items.map(({ file, answer, problem }) => ({ name: file.name, answer, problem }));
  save(new Blob(["\ufeff", toCsv(rows)], { type: "text/csv" }), "styles.csv");
}

/**
 * @param {AbortController} mine
 * @param {string} text
 */
function tell(mine, text) {
  if (running !== mine) return;
  note = text;
  if (page.visit.kind === "loading") update({ visit: { ...page.visit, note: text } });
  if (page.visit.kind === "batch") showBatch();
}

function stop() {
  running?.abort();
  running = null;
  items = items.map((item) => (item.status === "asking" ? { ...item, status: "waiting" } : item));
}

function empty() {
  stop();
  takeDown();
  before = null;
  items = [];
  update({ visit: { kind: "empty" } });
}

function remember() {
  const { visit } = page;
  if (visit.kind === "loading") return; // it has remembered what was there before
  const isWorthIt = visit.kind === "done" || visit.kind === "failed";
  before = hung !== null && isWorthIt ? { ...hung, visit } : null;
}

function cancel() {
  if (before === null) return empty();
  stop();
  const { visit, file, isOriginal } = before;
  const picture = hang(file, isOriginal);
  // whoever brought a single picture has left the others that there may have been
  update({
    visit: visit.kind === "done" ? { ...visit, picture, count: 1 } : { ...visit, picture },
  });
}

/**
 * @param {File} file
 * @param {boolean} [isOriginal] whether it is to be sent as it is
 * @returns {Picture}
 */
function hang(file, isOriginal = false) {
  if (hung?.file !== file) {
    takeDown();
    const url = URL.createObjectURL(file);
    hung = { file, picture: { name: file.name, url, bytes: file.size }, isOriginal };
    page = { ...page, hasPreview: true };
  }
  hung.isOriginal = isOriginal;
  return hung.picture;
}

function takeDown() {
  if (hung !== null) stale.push(hung.picture.url);
  hung = null;
}

/**
 * @param {Picture | null} picture
 * @param {unknown} error
 * @returns {Visit}
 */
function failed(picture, error) {
  if (error instanceof ApiError) {
    const offer =
      error.code === UNSHRINKABLE && picture ? offerOf(picture.bytes, 0, page.limits) : null;
    return { kind: "failed", picture, code: error.code, message: error.message, offer };
  }
  if (error instanceof PictureError) {
    takeDown(); // there is nothing to show or to send
    return { kind: "failed", picture: null, code: error.code, message: error.message };
  }
  reportError(error); // our own mistake: it belongs in the console, and the visitor must know too
  return { kind: "failed", picture, code: "page_error", message: "Reload the page and try again." };
}

/**
 * @param {unknown} error
 * @returns {{problem: string, isOver: boolean}}
 */
function explain(error) {
  if (error instanceof ApiError || error instanceof PictureError) {
    const isOver = ENDS_A_BATCH.has(error.code);
    const { code, message } = error;
    return { problem: isOver ? failureSentence(code, message) : failureTitle(code), isOver };
  }
  reportError(error);
  return { problem: failureTitle(""), isOver: false };
}

function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-action]");
    if (button instanceof HTMLElement) ACTIONS[button.dataset["action"] ?? ""]?.();
  });
  for (const id of ["file", "camera"]) {
    const input = elementOf(id, HTMLInputElement);
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = ""; // so that the same file can be chosen again
      if (files.length > 0) receive(files);
    });
  }
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    // a stray text must not take down what hangs; into the empty frame it is worth a hint
    const isHint = page.isShown && hung === null && items.length === 0;
    if (files.length > 0 || isHint) receive(files);
  });
  const picture = elementOf("picture", HTMLImageElement);
  picture.addEventListener("load", () => update({ hasPreview: true })); // its size is known now
  picture.addEventListener("error", () => update({ hasPreview: false }));
  window.addEventListener("offline", () => update({ isOffline: true }));
  window.addEventListener("online", () => update({ isOffline: false }));
  listenForDrops();
}

/** The whole page takes a drop: a near miss must not replace the page by the picture. */
function listenForDrops() {
  document.addEventListener("dragover", (event) => {
    if (!isBringing(event)) return;
    event.preventDefault();
    if (!page.isDragging) update({ isDragging: true });
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) update({ isDragging: false });
  });
  document.addEventListener("drop", (event) => {
    if (!isBringing(event)) return;
    event.preventDefault();
    update({ isDragging: false });
    receive(event.dataTransfer?.files ?? []);
  });
}

/**
 * @param {DragEvent} event
 * @returns {boolean} whether something comes from outside; a text that is dragged within does not
 */
function isBringing(event) {
  const types = event.dataTransfer?.types ?? [];
  return types.includes("Files") || types.includes("text/uri-list");
}

/** Wake a sleeping service while the visitor still looks for a picture. */
async function greet() {
  const base = await apiBase;
  const [, catalogue] = await Promise.allSettled([
    wake(base).then((health) => {
      isAwake = true;
      update({ limits: health.limits ?? null });
    }),
    fetchCatalogue(base),
  ]);
  // a service that does not answer now is said when it is asked for something
  if (catalogue.status === "fulfilled") update({ catalogue: catalogue.value });
}
