// @ts-check
/** The confusion matrix as a table that is its own figure. */

import { confusionCells, worstConfusions } from "../charts/confusion.js";
import { make } from "../elements.js";
import { choice } from "./parts.js";
import { scroller } from "./tables.js";

/** @typedef {import("./model-card.js").ListFigures} ListFigures */

const WORST = 5;

/**
 * @param {ListFigures} figures
 * @param {string[]} names of the styles, in the order of the matrix
 * @returns {Node[]}
 */
export function confusionPart({ confusion }, names) {
  const place = make("div");
  const show = (/** @type {"counts" | "shares"} */ shown) =>
    place.replaceChildren(matrix(confusion, names, shown));
  show("shares");
  return [
    choice({
      legend: "The cells show",
      name: "confusion",
      options: [
        { value: "shares", text: "Shares of the row, %" },
        { value: "counts", text: "Pictures" },
      ],
      chosen: "shares",
      choose: show,
    }),
    place,
    worst(confusion, names),
  ];
}

/**
 * @param {number[][]} confusion
 * @param {string[]} names
 * @param {"counts" | "shares"} shown
 * @returns {HTMLElement}
 */
function matrix(confusion, names, shown) {
  const heads = names.map((name) => make("th", { scope: "col" }, make("span", {}, name)));
  const rows = confusionCells(confusion, names, shown).map((cells, truth) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, names[truth] ?? ""),
      ...cells.map(({ text, share, isRight, words }) => {
        const cell = make("td", { class: isRight ? "is-right" : undefined, title: words }, text);
        cell.style.setProperty("--share", String(share));
        return cell;
      }),
    ),
  );
  const name =
    shown === "shares" ? "What is named what, in per cent" : "What is named what, in pictures";
  return scroller(
    name,
    make(
      "table",
      { class: "matrix" },
      make("caption", { class: "unseen" }, `${name}: a row per true style, a column per answer`),
      make(
        "thead",
        {},
        make("tr", {}, make("td", { class: "matrix-corner" }, "is ↓ named →"), ...heads),
      ),
      make("tbody", {}, ...rows),
    ),
  );
}

/**
 * @param {number[][]} confusion
 * @param {string[]} names
 * @returns {HTMLElement}
 */
function worst(confusion, names) {
  const items = worstConfusions(confusion, WORST).map(({ truth, answer, count, share }) =>
    make(
      "li",
      {},
      `${Math.round(share * 100)}\u00a0% of ${names[truth]} (${count} pictures) are named ${names[answer]}.`,
    ),
  );
  return make("ul", { class: "plain-list prose matrix-worst" }, ...items);
}
