// @ts-check
/** Fills the label and the rooms below it with one answer. */

import { element, make, setText } from "./elements.js";
import { askAbout } from "./feedback.js";
import { lightFor } from "./light.js";
import { renderStory } from "./story.js";
import { offer } from "./take.js";
import * as words from "./words.js";
import { renderSimilar, renderWorks } from "./works.js";

/** @typedef {import("./api.js").Answer} Answer */

/**
 * @param {Answer} answer
 * @param {string} name of the picture's file
 * @param {Blob} sent the picture as it was sent
 */
export function renderAnswer(answer, name, sent) {
  setText("style-name", words.headline(answer));
  setText("odds", words.odds(answer));
  setText("colophon", words.colophon(answer));
  element("exhibit").dataset["verdict"] = answer.verdict;
  const doubt = words.doubt(answer);
  element("doubt").hidden = doubt === "";
  setText("doubt", doubt);
  renderRows(answer);
  lightFor(answer);
  renderStory(answer);
  renderWorks(answer);
  renderSimilar(answer);
  askAbout(answer, sent);
  offer(answer, name);
}

/**
 * @param {Answer} answer
 */
function renderRows(answer) {
  const marked = answer.candidates.length > 1;
  setText(
    "chart-caption",
    marked
      ? "Every style the model knows, most likely first; marked: the right one, nine times in ten"
      : "Every style the model knows, most likely first",
  );
  const rows = answer.probabilities.map(({ slug, name, probability }) => {
    const isCandidate = answer.candidates.includes(slug);
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(probability));
    const names = [
      slug === answer.style.slug ? "is-predicted" : "",
      isCandidate ? "is-candidate" : "",
    ];
    return make(
      "tr",
      {
        class: names.join(" ").trim() || undefined,
        "data-light": slug in answer.heat_maps ? slug : undefined,
      },
      make("th", { scope: "row" }, name, ...(isCandidate && marked ? [mark()] : [])),
      make("td", {}, bar, make("span", { class: "share" }, words.percent(probability))),
    );
  });
  element("rows").replaceChildren(...rows);
}

/** @returns {HTMLElement} */
function mark() {
  return make(
    "span",
    { class: "mark-candidate" },
    make("span", { "aria-hidden": "true" }, "\u2009•"),
    make("span", { class: "unseen" }, " (marked)"),
  );
}
