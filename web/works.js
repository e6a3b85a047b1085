// @ts-check
/** Works of the catalogue: as cards to leaf through, and beside each other on an axis of years. */

import { drawPlacement } from "./charts/placement.js";
import { all, element, make, setText } from "./elements.js";
import { percent, plural, yearOf } from "./words.js";
import { pictureOf, titleOf, workCard } from "./work-card.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Work} Work */

const DOWN =
  "The catalogue does not answer right now, so there are no works to show. The style above does not depend on it.";

/** Begin to listen to what moves the works. */
export function startWorks() {
  const list = element("works");
  element("works-back").addEventListener("click", () => leaf(list, -1));
  element("works-on").addEventListener("click", () => leaf(list, 1));
  list.addEventListener("keydown", (event) => {
    const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (turn === undefined || event.target !== list) return;
    event.preventDefault();
    leaf(list, isRightToLeft(list) ? -turn : turn, 1);
  });
  list.addEventListener("scroll", () => markEnds(list), { passive: true });
  new ResizeObserver(() => markEnds(list)).observe(list);
  for (const type of ["pointerover", "focusin", "pointerout", "focusout"]) {
    element("similar").addEventListener(type, (event) => pointAt(event));
  }
}

/**
 * @param {Answer} answer
 */
export function renderWorks(answer) {
  const { name } = answer.style;
  const has = answer.works.length > 0;
  setText(
    "works-title",
    has ? plural(answer.works.length, `work of ${name}`, `works of ${name}`) : `Works of ${name}`,
  );
  element("works").hidden = element("works-buttons").hidden = !has;
  element("works-empty").hidden = has;
  setText(
    "works-empty",
    answer.catalogue === "ok" ? `The catalogue has no works of ${name} yet.` : DOWN,
  );
  element("works").replaceChildren(...answer.works.map((work) => make("li", {}, workCard(work))));
  element("works").scrollTo(0, 0);
}

/**
 * @param {Answer} answer
 */
export function renderSimilar(answer) {
  const has = answer.similar.length > 0;
  element("similar-room").hidden = answer.catalogue !== "ok"; // the works have said why
  element("similar").hidden = !has;
  element("similar-empty").hidden = has;
  element("similar-works").replaceChildren(
    ...answer.similar.map((work, index) => similarItem(work, index)),
  );
  setText("placement-note", has ? datedOf(answer.similar) : "");
  element("placement").replaceChildren(...(has ? [placement(answer)] : []));
}

/**
 * @param {Work} work
 * @param {number} index
 * @returns {HTMLElement}
 */
function similarItem(work, index) {
  const alike = work.similarity === null ? "" : `${percent(work.similarity)} alike`;
  return make(
    "li",
    { "data-work": index + 1 },
    make("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
    pictureOf(work),
    make(
      "p",
      {},
      titleOf(work),
      make("span", {}, work.artist),
      make("span", {}, `${work.style_name}, ${yearOf(work.year)}`),
    ),
    make("span", { class: "share" }, alike),
  );
}

/**
 * @param {Answer} answer
 * @returns {SVGSVGElement}
 */
function placement({ similar, style, story }) {
  const dots = similar.flatMap((work, index) =>
    work.year === null
      ? []
      : [{ year: work.year, label: String(index + 1), isOfStyle: work.style === style.slug }],
  );
  const { from, to, words } = story.period;
  return drawPlacement(
    dots,
    { first: from, last: to, name: `${style.name}, ${from} to ${to}` },
    `The similar works over the years, above the period of ${style.name}, ${words}. ${datedOf(similar)}`,
  );
}

/**
 * @param {Work[]} works
 * @returns {string} how many of them have a place on the axis
 */
export function datedOf(works) {
  const years = works.flatMap(({ year }) => (year === null ? [] : [year]));
  if (years.length === 0) return "The year of none of them is known.";
  const made =
    years.length === 1
      ? `made in ${years[0]}`
      : `made from ${Math.min(...years)} to ${Math.max(...years)}`;
  return years.length === works.length
    ? `They were ${made}.`
    : `The year of ${years.length} of ${works.length} is known: ${made}.`;
}

/**
 * @param {HTMLElement} list
 * @param {number} turn -1 back, 1 on
 * @param {number} [cards] as many as are seen where none are named
 */
function leaf(list, turn, cards) {
  const width = (list.firstElementChild?.clientWidth ?? 0) + 16;
  const count = cards ?? Math.max(1, Math.floor(list.clientWidth / width));
  const sign = isRightToLeft(list) ? -1 : 1;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  list.scrollBy({ left: sign * turn * count * width, behavior });
}

/**
 * @param {HTMLElement} list
 */
function markEnds(list) {
  const at = Math.abs(list.scrollLeft);
  const isFirst = at < 2;
  const isLast = at > list.scrollWidth - list.clientWidth - 2;
  element("works-back").setAttribute("aria-disabled", String(isFirst));
  element("works-on").setAttribute("aria-disabled", String(isLast));
}

/**
 * @param {Element} place
 * @returns {boolean}
 */
function isRightToLeft(place) {
  return getComputedStyle(place).direction === "rtl";
}

/**
 * Point out the same work in the list and on the axis.
 * @param {Event} event
 */
function pointAt(event) {
  const isOver = event.type === "pointerover" || event.type === "focusin";
  const target = event.target instanceof Element ? event.target.closest("[data-work]") : null;
  const number = isOver ? target?.getAttribute("data-work") : undefined;
  for (const one of all("#similar [data-work]")) {
    one.classList.toggle("is-pointed", one.getAttribute("data-work") === number);
  }
}
