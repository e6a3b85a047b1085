// @ts-check
/** Works of a style: a grid of cards with a search field above and "More works" below. */

import { make } from "../elements.js";
import { workCard } from "../work-card.js";
import { failureSentence, plural } from "../words.js";
import { toFailure } from "./loading.js";

/** @typedef {import("../api.js").Work} Work */
/**
 * @typedef {{
 *   api: import("../router.js").Services["api"],
 *   announce: (text: string) => void,
 *   signal: AbortSignal,
 *   path: string,
 *   name: string,
 *   counts: {works: number} | null,
 * }} Parts path: where the works are listed; name: of the style
 * @typedef {{works: Work[], next_cursor: string | null}} Page
 */

const PAGE = 24;
const TYPING_MS = 350;

/**
 * @param {Parts} parts
 * @returns {HTMLElement} it begins to fill itself at once
 */
export function worksOf({ api, announce, signal, path, name, counts }) {
  const field = make("input", {
    type: "search",
    id: "works-search",
    maxlength: 200,
    autocomplete: "off",
    spellcheck: "false",
  });
  const grid = make("ul", { class: "work-grid", "aria-label": `Works of ${name}` });
  const note = make("p", { class: "quiet works-note" });
  const more = make("button", { type: "button", class: "plain", hidden: true }, "More works");
  let cursor = /** @type {string | null} */ (null);
  let running = new AbortController();
  let asked = "";
  signal.addEventListener("abort", () => running.abort());

  /** @param {boolean} isFirst whether this is the first page of a search */
  async function load(isFirst) {
    running.abort();
    const mine = new AbortController();
    running = mine;
    grid.setAttribute("aria-busy", "true");
    if (isFirst) note.textContent = asked === "" ? "Fetching works…" : `Looking for “${asked}”…`;
    const address = addressOf(path, asked, isFirst ? null : cursor);
    try {
      const page = await api(address, { signal: mine.signal });
      if (!mine.signal.aborted) show(page, isFirst);
    } catch (error) {
      if (!mine.signal.aborted) fail(error, isFirst);
    }
  }

  /**
   * @param {Page} page
   * @param {boolean} isFirst
   */
  function show({ works, next_cursor }, isFirst) {
    const hadFocus = document.activeElement === more;
    const items = works.map((work) => make("li", {}, workCard(work)));
    grid.removeAttribute("aria-busy");
    if (isFirst) grid.replaceChildren(...items);
    else grid.append(...items);
    cursor = next_cursor;
    more.hidden = next_cursor === null;
    more.textContent = "More works";
    note.textContent = describe({ shown: grid.children.length, asked, name, counts, next_cursor });
    if (!isFirst) announce(`${plural(works.length, "more work")}.`);
    else if (asked !== "") announce(note.textContent);
    if (hadFocus && more.hidden) focusOn(items[0]);
  }

  /**
   * @param {unknown} error
   * @param {boolean} isFirst
   */
  function fail(error, isFirst) {
    const { code = "", message = "" } = toFailure(error);
    grid.removeAttribute("aria-busy");
    note.textContent =
      code === "invalid_request"
        ? "Search for words of a title or an artist: letters and figures, eight words at most."
        : failureSentence(code, message);
    announce(note.textContent);
    if (isFirst) grid.replaceChildren();
    if (isFirst) cursor = null;
    more.hidden = code === "invalid_request";
    more.textContent = "Try again";
  }

  more.addEventListener("click", () => void load(cursor === null));
  void load(true);
  return make(
    "div",
    {},
    searchForm(field, name, (text) => {
      if (text === asked) return;
      asked = text;
      cursor = null; // it belongs to the list that goes
      void load(true);
    }),
    note,
    grid,
    make("p", { class: "buttons" }, more),
    make(
      "p",
      { class: "quiet" },
      "A title leads to the work at WikiArt. Its picture comes from there too; where none comes, " +
        "the card shows the five main colours of the work.",
    ),
  );
}

/**
 * @param {HTMLElement | undefined} item a card; a work that nobody has a page of has no link
 */
function focusOn(item) {
  if (item === undefined) return;
  item.tabIndex = -1;
  (item.querySelector("a") ?? item).focus();
}

/**
 * @param {string} path
 * @param {string} words
 * @param {string | null} cursor
 * @returns {string}
 */
export function addressOf(path, words, cursor) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (words === "") query.set("order", "mixed");
  else query.set("q", words);
  if (cursor !== null) query.set("cursor", cursor);
  return `${path}?${query}`;
}

/**
 * @param {{
 *   shown: number,
 *   asked: string,
 *   name: string,
 *   counts: {works: number} | null,
 *   next_cursor: string | null,
 * }} state
 * @returns {string} how many works are shown, of how many
 */
export function describe({ shown, asked, name, counts, next_cursor }) {
  if (shown === 0) {
    return asked === ""
      ? `The catalogue has no works of ${name} yet.`
      : `No work of ${name} has “${asked}” in its title or artist.`;
  }
  const works = shown === 1 ? "1 work" : `${shown.toLocaleString("en")} works`;
  if (asked !== "") return `${works} found for “${asked}”${next_cursor === null ? "" : " so far"}.`;
  if (counts === null || next_cursor === null) return `${works}, artists mixed.`;
  return `${works} of ${counts.works.toLocaleString("en")}, artists mixed.`;
}

/**
 * @param {HTMLInputElement} field
 * @param {string} name
 * @param {(text: string) => void} search called when the visitor pauses or presses Enter
 * @returns {HTMLElement}
 */
function searchForm(field, name, search) {
  const form = make(
    "form",
    { class: "works-search", role: "search" },
    make("label", { for: "works-search" }, `Search the works of ${name} by title or artist`),
    field,
  );
  let typing = 0;
  const submit = () => {
    clearTimeout(typing);
    search(field.value.trim());
  };
  field.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(submit, TYPING_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return form;
}
