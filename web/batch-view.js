// @ts-check
/** Shows several pictures as a table; a row opens its answer. */

import { tally } from "./batch.js";
import { element, elementOf, make, setText } from "./elements.js";
import * as words from "./words.js";

/** @typedef {import("./batch.js").Item} Item */

/** @type {Readonly<Record<Item["status"], string>>} */
const STATUS = { waiting: "waits", asking: "looking…", done: "", failed: "" };

/** @type {Array<{item: Item, row: HTMLElement, url: string}>} what the rows show now */
let shown = [];

/**
 * @param {{items: Item[], isRunning: boolean, note: string, limit: string}} batch
 */
export function renderBatch({ items, isRunning, note, limit }) {
  const { done, failed, waiting } = tally(items);
  const focused = document.activeElement;
  setText("batch-title", words.plural(items.length, "picture"));
  const said = note || `${summary({ done, failed, waiting, isRunning })} ${limit}`.trim();
  setText("batch-note", said);
  if (!isRunning) setText("live", said);
  const progress = elementOf("batch-progress", HTMLProgressElement);
  progress.max = items.length;
  progress.value = done + failed;
  progress.hidden = waiting === 0;
  element("batch-stop").hidden = !isRunning;
  element("batch-go").hidden = isRunning || waiting === 0;
  element("batch-csv").hidden = done === 0;
  // a button that hides itself must not leave the keyboard nowhere
  if (focused?.closest("[hidden]")) {
    element(isRunning ? "batch-stop" : waiting > 0 ? "batch-go" : "batch-title").focus();
  }
  renderRows(items);
}

/**
 * @param {{done: number, failed: number, waiting: number, isRunning: boolean}} counts
 * @returns {string}
 */
function summary({ done, failed, waiting, isRunning }) {
  const parts = [`${done}\u00a0named`];
  if (failed > 0) parts.push(`${failed}\u00a0failed`);
  if (waiting > 0) parts.push(isRunning ? `${waiting}\u00a0to go` : `${waiting}\u00a0left out`);
  return `${parts.join(", ")}.`;
}

/**
 * Touch only the rows that have changed: who reads or tabs through the table stays where they are.
 * @param {Item[]} items
 */
function renderRows(items) {
  if (shown[0]?.item.file !== items[0]?.file || shown.length !== items.length) {
    for (const { url } of shown) URL.revokeObjectURL(url);
    shown = items.map((item, index) => {
      const url = URL.createObjectURL(item.file);
      return { item, url, row: rowOf(item, index, url) };
    });
    return element("batch-rows").replaceChildren(...shown.map(({ row }) => row));
  }
  shown = shown.map((before, index) => {
    const item = items[index];
    if (item === undefined || item === before.item) return before;
    const row = rowOf(item, index, before.url);
    before.row.replaceWith(row);
    return { ...before, item, row };
  });
}

/**
 * @param {Item} item
 * @param {number} index
 * @param {string} url of its picture
 * @returns {HTMLElement}
 */
function rowOf(item, index, url) {
  const { file, answer, status, problem } = item;
  const image = make("img", { alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.remove());
  image.src = url;
  const name = answer
    ? make("a", { href: `#/picture/${index + 1}` }, file.name)
    : make("span", {}, file.name);
  const style = answer ? answer.style.name : status === "failed" ? problem : STATUS[status];
  return make(
    "tr",
    { class: `is-${status}` },
    make("th", { scope: "row" }, make("span", { class: "thumb" }, image), name),
    make("td", {}, style),
    make("td", { class: "share" }, answer ? words.percent(answer.style.probability) : ""),
    make("td", {}, answer ? words.verdictWord(answer) : ""),
  );
}
