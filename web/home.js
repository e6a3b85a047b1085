// @ts-check
/** Home: events change the state of the page, and every change is rendered. */

import { ApiError, fetchCatalogue, predict, wake } from "./api.js";
import { onlyPicture, PictureError, prepare } from "./picture.js";
import { arrive, present, render, titleOf } from "./view.js";

/** @typedef {import("./view.js").Page} Page */
/** @typedef {import("./view.js").Picture} Picture */
/** @typedef {import("./view.js").Visit} Visit */

const SLOW_AFTER_MS = 4000;
const WAKING = "The service is waking up; the first answer takes a few seconds.";
const SLOW = "This takes longer than usual. It is still at work.";

/** @type {Page} */
let page = {
  visit: { kind: "empty" },
  catalogue: null,
  hasPreview: true,
  isDragging: false,
  isOffline: !navigator.onLine,
  isShown: true,
};
/** @type {Promise<string>} */
let apiBase = Promise.resolve("");
/** @type {(title: string) => void} */
let setTitle = () => {};
let isAwake = false;
/** @type {{file: File, picture: Picture} | null} what hangs in the frame */
let hung = null;
/** @type {string[]} addresses of pictures that were taken down and may still be on the screen */
const stale = [];
/** @type {AbortController | null} the one request that may be running */
let running = null;

/** @returns {HTMLInputElement} */
const fileInput = () => /** @type {HTMLInputElement} */ (document.getElementById("file"));

/** @type {Readonly<Record<string, () => void>>} what a button's data-action does */
const ACTIONS = {
  choose: () => fileInput().click(),
  cancel: () => {
    stop();
    takeDown();
    update({ visit: { kind: "empty" } });
  },
  retry: () => {
    if (hung !== null) void ask(hung.file);
  },
};

/**
 * Begin to take pictures.
 * @param {{apiBase: Promise<string>, setTitle: (title: string) => void}} parts
 * @returns {(isShown: boolean, isFirst: boolean) => void} shows or hides Home, which keeps its state
 */
export function startHome(parts) {
  apiBase = parts.apiBase;
  setTitle = parts.setTitle;
  listen();
  void greet();
  return (isShown, isFirst) => {
    update({ isShown });
    if (isShown && !isFirst) arrive(page.visit);
  };
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
  if (!page.isShown) location.hash = "#/";
  stop();
  try {
    void ask(onlyPicture(files));
  } catch (error) {
    update({ visit: failed(null, error) });
  }
}

/**
 * @param {File} file
 */
async function ask(file) {
  stop();
  const mine = new AbortController();
  running = mine;
  const picture = hang(file);
  const patience = setTimeout(() => note(mine, isAwake ? SLOW : WAKING), SLOW_AFTER_MS);
  try {
    update({ visit: { kind: "loading", picture, step: "reading", note: "" } });
    const body = await prepare(file);
    if (running !== mine) return;
    update({ visit: { kind: "loading", picture, step: "asking", note: "" } });
    const answer = await predict(await apiBase, body, {
      signal: mine.signal,
      onDelay: ({ waitS, retry, retries }) =>
        note(
          mine,
          `The service has too much to do. Retry ${retry} of ${retries} in ${waitS}\u00a0s.`,
        ),
    });
    if (running === mine) update({ visit: { kind: "done", picture, answer } });
  } catch (error) {
    if (running === mine) update({ visit: failed(picture, error) });
  } finally {
    clearTimeout(patience);
    if (running === mine) running = null;
  }
}

/**
 * @param {AbortController} mine
 * @param {string} text
 */
function note(mine, text) {
  if (running === mine && page.visit.kind === "loading") {
    update({ visit: { ...page.visit, note: text } });
  }
}

function stop() {
  running?.abort();
  running = null;
}

/**
 * @param {File} file
 * @returns {Picture}
 */
function hang(file) {
  if (hung?.file === file) return hung.picture;
  takeDown();
  hung = { file, picture: { name: file.name, url: URL.createObjectURL(file) } };
  page = { ...page, hasPreview: true };
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
    return { kind: "failed", picture, code: error.code, message: error.message };
  }
  if (error instanceof PictureError) {
    takeDown(); // there is nothing to show or to send
    return { kind: "failed", picture: null, code: error.code, message: error.message };
  }
  reportError(error); // our own mistake: it belongs in the console, and the visitor must know too
  return { kind: "failed", picture, code: "page_error", message: "Reload the page and try again." };
}

function listen() {
  const input = fileInput();
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-action]");
    if (button instanceof HTMLElement) ACTIONS[button.dataset["action"] ?? ""]?.();
  });
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again
    if (files.length > 0) receive(files);
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    // a stray text must not take down what hangs; into the empty frame it is worth a hint
    if (files.length > 0 || (hung === null && page.isShown)) receive(files);
  });
  const picture = document.getElementById("picture");
  picture?.addEventListener("load", () => update({ hasPreview: true })); // its size is known now
  picture?.addEventListener("error", () => update({ hasPreview: false }));
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
    wake(base).then(() => {
      isAwake = true;
    }),
    fetchCatalogue(base),
  ]);
  // a service that does not answer now is said when it is asked for something
  if (catalogue.status === "fulfilled") update({ catalogue: catalogue.value });
}
