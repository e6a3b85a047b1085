// @ts-check
/** What a visitor takes along: files, and what the system's own share sheet passes on. */

import { drawCard } from "./card.js";
import { element, elementOf, make, setText } from "./elements.js";
import { colophon, headline, odds, verdict } from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */

/** @type {{answer: Answer | null, name: string}} */
const state = { answer: null, name: "" };

/** Begin to listen to the buttons. */
export function startTaking() {
  element("take-card").addEventListener("click", () => void takeCard());
  element("take-json").addEventListener("click", () => {
    // the token is good for one word only, and no figure
    const text = JSON.stringify({ ...state.answer, feedback_token: undefined }, null, 2);
    save(new Blob([text], { type: "application/json" }), fileName("json"));
  });
  element("share").hidden = !("share" in navigator);
  element("share").addEventListener("click", () => void share());
}

/**
 * @param {Answer} answer
 * @param {string} name of the picture's file
 */
export function offer(answer, name) {
  Object.assign(state, { answer, name });
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function takeCard() {
  const card = await makeCard();
  if (card === null) return;
  save(card, fileName("png"));
  setText("live", "The picture card is saved.");
}

async function share() {
  if (state.answer === null) return;
  const said = { title: "Style Your Art", text: verdict(state.answer) };
  try {
    await navigator.share(await withCard(said));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    setText("live", "It could not be shared.");
  }
}

/**
 * @param {ShareData} said
 * @returns {Promise<ShareData>} with the picture card where the system takes files
 */
async function withCard(said) {
  const card = await makeCard();
  if (card === null) return said;
  const whole = { ...said, files: [new File([card], fileName("png"), { type: card.type })] };
  return navigator.canShare?.(whole) ? whole : said;
}

/** @returns {Promise<Blob | null>} */
async function makeCard() {
  const picture = elementOf("picture", HTMLImageElement);
  const { answer } = state;
  if (answer === null || !(await hasCome(picture))) return null;
  const site = `Style Your Art. ${colophon(answer)}`;
  return drawCard(picture, { headline: headline(answer), odds: odds(answer), colophon: site });
}

/**
 * @param {HTMLImageElement} picture may still be on its way, or be none that this browser can show
 * @returns {Promise<boolean>}
 */
async function hasCome(picture) {
  try {
    await picture.decode();
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} ending
 * @returns {string}
 */
function fileName(ending) {
  const stem = state.name.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N} ._-]+/gu, "-");
  return `${stem || "picture"}, ${state.answer?.style.slug ?? "style"}.${ending}`;
}
