// @ts-check
/** What the visitor says about an answer: right, or what it is rather. */

import { ApiError, sendFeedback } from "./api.js";
import { element, elementOf, make, setText } from "./elements.js";
import { asGift } from "./picture.js";
import { nameOf } from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Catalogue} Catalogue */

const GIVEN = " Your picture is kept with it.";
const LEFT_OUT = " Your picture is not: this browser cannot shrink it.";

/** @type {{answer: Answer | null, sent: Blob | null, isSending: boolean}} */
const state = { answer: null, sent: null, isSending: false };

/**
 * @param {Promise<string>} apiBase
 */
export function startFeedback(apiBase) {
  element("feedback").addEventListener("submit", (event) => {
    event.preventDefault();
    const isRight = /** @type {SubmitEvent} */ (event).submitter?.id === "feedback-right";
    const { answer } = state;
    if (answer === null) return;
    const said = isRight ? answer.style.slug : elementOf("feedback-style", HTMLSelectElement).value;
    void send(apiBase, answer, said);
  });
  element("feedback-again").addEventListener("click", () => {
    ask();
    element("feedback-right").focus();
  });
}

/**
 * @param {Answer} answer
 * @param {Blob} sent the picture as it was sent
 */
export function askAbout(answer, sent) {
  Object.assign(state, { answer, sent, isSending: false });
  element("feedback").hidden = answer.feedback_token === null;
  setText("feedback-right", `Yes, ${answer.style.name}`);
  elementOf("feedback-give", HTMLInputElement).checked = false;
  ask();
}

/**
 * Offer all styles but the one that was named.
 * @param {Answer} answer
 * @param {Catalogue | null} catalogue without it, the styles that the model knows
 */
export function offerStyles(answer, catalogue) {
  const styles = (catalogue?.styles ?? answer.probabilities).filter(
    ({ slug }) => slug !== answer.style.slug,
  );
  const select = elementOf("feedback-style", HTMLSelectElement);
  const isKnown = select.dataset["for"] === answer.id;
  if (isKnown && select.options.length === styles.length) return;
  // the catalogue may come when the visitor has chosen
  const chosen = isKnown ? select.value : answer.probabilities[1]?.slug;
  select.dataset["for"] = answer.id;
  select.replaceChildren(...styles.map(({ slug, name }) => make("option", { value: slug }, name)));
  if (chosen !== undefined) select.value = chosen;
}

function ask() {
  element("feedback-ask").hidden = false;
  element("feedback-again").hidden = true;
  element("feedback-said").hidden = true;
}

/**
 * @param {Promise<string>} apiBase
 * @param {Answer} answer
 * @param {string} said slug
 */
async function send(apiBase, answer, said) {
  if (state.isSending) return;
  state.isSending = true;
  try {
    const { word, note } = await wordOf(answer, said);
    await sendFeedback(await apiBase, word);
    if (state.answer === answer) thank(answer, said, note);
  } catch (error) {
    if (!(error instanceof ApiError)) reportError(error);
    const reason = error instanceof ApiError ? error.message : "Reload the page and try again.";
    if (state.answer === answer) tell(`Your word was not kept. ${reason}`);
  } finally {
    state.isSending = false;
  }
}

/**
 * @param {Answer} answer
 * @param {string} style slug of what the visitor says
 * @returns {Promise<{word: import("./api.js").Word, note: string}>} note: about the picture
 */
async function wordOf(answer, style) {
  const word = { token: answer.feedback_token ?? "", style };
  const isGiven = elementOf("feedback-give", HTMLInputElement).checked;
  if (!isGiven || state.sent === null) return { word, note: "" };
  const picture = await asGift(state.sent);
  return picture === null ? { word, note: LEFT_OUT } : { word: { ...word, picture }, note: GIVEN };
}

/**
 * @param {Answer} answer
 * @param {string} said slug
 * @param {string} note about the picture
 */
function thank(answer, said, note) {
  const select = elementOf("feedback-style", HTMLSelectElement);
  const other = [...select.options].find((option) => option.value === said)?.text;
  const word =
    said === answer.style.slug
      ? `${nameOf(answer, said)} is right.`
      : `It is rather ${other ?? said}.`;
  tell(`Thank you. Kept: ${word}${note}`);
  const wasHere = element("feedback-ask").contains(document.activeElement);
  element("feedback-ask").hidden = true;
  element("feedback-again").hidden = false;
  if (wasHere) element("feedback-again").focus();
}

/**
 * @param {string} text
 */
function tell(text) {
  setText("feedback-said", text);
  element("feedback-said").hidden = false;
  setText("live", text);
}
