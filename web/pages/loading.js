// @ts-check
/** Fills a place with what a request brings: first that it is awaited, then it, or what went wrong. */

import { make } from "../elements.js";
import { failureAdvice, failureSentence, failureTitle } from "../words.js";

const SLOW_AFTER_MS = 4000;
const OPEN_AFTER_MS = 700;
const OFFLINE = "Connect to the internet, then try again.";

/** @typedef {{code?: string, message?: string}} Failure what api.js throws */

/**
 * @template Data
 * @param {HTMLElement} place keeps the focus while what is in it changes
 * @param {{
 *   what: string,
 *   load: () => Promise<Data>,
 *   show: (data: Data) => Node[],
 *   follow?: (data: Data) => Iterable<Node[]>,
 *   explain?: (failure: Failure) => Node[] | null,
 *   signal: AbortSignal,
 *   announce: (text: string) => void,
 * }} parts what: as in "Fetching the styles…"; follow: what comes below it, step by step; explain: a failure that is no surprise, in own words
 * @returns {Promise<void>} settled when it is there, has failed, or nobody waits for it any more
 */
export async function fillWith(place, parts) {
  const { what, load, show, follow, explain, signal, announce } = parts;
  const note = make("p", { class: "quiet" }, `Fetching ${what}…`);
  place.toggleAttribute("data-filling", true); // what is below it does not come up meanwhile
  place.replaceChildren(
    make(
      "div",
      { class: "waiting" },
      note,
      make("div", { class: "passing", "aria-hidden": "true" }),
    ),
  );
  const patience = setTimeout(() => {
    note.textContent = `Fetching ${what} takes longer than usual: the service is waking up.`;
    announce(note.textContent);
  }, SLOW_AFTER_MS);
  try {
    const data = await load();
    clearTimeout(patience); // what takes long from here on is no service that wakes up
    if (signal.aborted) return;
    place.replaceChildren(...show(data));
    await append(place, follow?.(data) ?? [], signal);
  } catch (error) {
    if (signal.aborted) return;
    const failure = toFailure(error);
    const explained = explain?.(failure);
    place.replaceChildren(...(explained ?? [...complain(failure, announce), retry(place, parts)]));
  } finally {
    clearTimeout(patience);
    place.removeAttribute("data-filling");
  }
}

/**
 * Append nodes step by step; between two steps the browser answers its visitor.
 * @param {HTMLElement} place
 * @param {Iterable<Node[]>} steps
 * @param {AbortSignal} signal
 */
async function append(place, steps, signal) {
  for (const nodes of steps) {
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    if (signal.aborted) return;
    place.append(...nodes);
  }
}

/**
 * Wait a moment for what is awaited, so that going back finds the page as it was left.
 * @param {Promise<void>} filling
 * @returns {Promise<void>}
 */
export function soon(filling) {
  return Promise.race([
    filling,
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      setTimeout(resolve, OPEN_AFTER_MS);
    }),
  ]);
}

/**
 * @param {unknown} error
 * @returns {Failure}
 */
export function toFailure(error) {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    const message = error.code === "offline" ? OFFLINE : error.message;
    return { code: error.code, message };
  }
  reportError(error); // our own mistake: it belongs in the console, and the visitor must know too
  return { code: "page_error", message: "Reload the page and try again." };
}

/**
 * @param {Failure} failure
 * @param {(text: string) => void} announce
 * @returns {Node[]}
 */
function complain({ code = "", message = "" }, announce) {
  announce(failureSentence(code, message));
  return [
    make("h2", {}, failureTitle(code)),
    make("p", { class: "story" }, failureAdvice(code, message)),
  ];
}

/**
 * @template Data
 * @param {HTMLElement} place
 * @param {Parameters<typeof fillWith<Data>>[1]} parts
 * @returns {HTMLElement}
 */
function retry(place, parts) {
  const button = make("button", { type: "button", class: "plain" }, "Try again");
  button.addEventListener("click", () => {
    place.tabIndex = -1;
    place.focus(); // the button goes away, and the focus must not go with it
    void fillWith(place, parts);
  });
  return make("p", { class: "buttons" }, button);
}
