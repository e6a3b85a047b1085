// @ts-check
/**
 * A work of the catalogue as a card: its picture if that comes, else its palette, and its label.
 * `work-card.css` says how it looks.
 */

import { element, svg, webLink } from "./element.js";

/**
 * @typedef {{
 *   id: string,
 *   title: string,
 *   artist: string,
 *   artist_slug: string,
 *   year: number | null,
 *   style: string,
 *   style_name: string,
 *   wikiart_style: string,
 *   genre: string | null,
 *   rights: "public-domain" | "copyright" | "unknown",
 *   page_url: string | null,
 *   image_url: string | null,
 *   palette: string[],
 *   similarity: number | null,
 * }} Work as the API gives it
 */

/** The policy of the page lets pictures come from there only. */
const PICTURE_HOST = /^https:\/\/([a-z0-9-]+\.)*wikiart\.org\//;
const COLOUR = /^#[0-9a-f]{6}$/i;
/** How much of the card each colour takes, the largest area of the work first. */
const SHARES = [5, 3, 2, 1.4, 1];
/** Order of the colours from top to bottom; a row of cards in one order would look like a chart. */
const ORDERS = [
  [0, 1, 2, 3, 4],
  [3, 0, 4, 1, 2],
  [1, 4, 0, 2, 3],
  [2, 1, 3, 0, 4],
];
const SIDE = 100;

/**
 * @param {Work} work
 * @param {{line?: string}} [more] a last line of the label, such as "87 % alike"
 * @returns {HTMLElement} a figure; give it a place in a list
 */
export function workCard(work, { line = "" } = {}) {
  const title = work.title || "Untitled";
  return element(
    "figure",
    { class: "work" },
    element("div", { class: "work-wall" }, drawPalette(work), picture(work)),
    element(
      "figcaption",
      { class: "work-label" },
      element(
        "span",
        { class: "work-title", dir: "auto" },
        work.page_url === null ? title : webLink(work.page_url, title),
      ),
      element("span", { class: "work-facts" }, factsOf(work)),
      line !== "" && element("span", { class: "work-facts" }, line),
    ),
  );
}

/**
 * @param {Work} work
 * @returns {string} artist and year, as far as they are known
 */
export function factsOf(work) {
  const artist = work.artist_slug === "unknown" ? "Artist unknown" : work.artist;
  return work.year === null ? artist : `${artist}, ${work.year}`;
}

/**
 * Where each colour of a palette lies on a card: pure numbers.
 * @param {readonly string[]} palette
 * @param {string} id the same work always looks the same
 * @returns {{colour: string, top: number, height: number}[]} bands that fill 0 to 100
 */
export function layBands(palette, id) {
  const colours = palette.filter((colour) => COLOUR.test(colour)).slice(0, SHARES.length);
  const shares = SHARES.slice(0, colours.length);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const order = (ORDERS[sumOf(id) % ORDERS.length] ?? []).filter((at) => at < colours.length);
  let top = 0;
  return order.map((at) => {
    const height = ((shares[at] ?? 0) / whole) * SIDE;
    top += height;
    return { colour: colours[at] ?? "", top: top - height, height };
  });
}

/**
 * @param {string} text
 * @returns {number}
 */
function sumOf(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum;
}

/**
 * @param {Work} work
 * @returns {SVGElement} without colours an empty canvas
 */
function drawPalette(work) {
  const bands = layBands(work.palette, work.id).map(({ colour, top, height }) =>
    // the overlap hides hairlines between bands at odd sizes
    svg("rect", { x: 0, y: top, width: SIDE, height: height + 0.5, fill: colour }),
  );
  return svg(
    "svg",
    {
      class: "work-palette",
      viewBox: `0 0 ${SIDE} ${SIDE}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    ...bands,
  );
}

/**
 * @param {Work} work
 * @returns {HTMLImageElement | null} shown over the palette once it is there
 */
function picture({ image_url }) {
  if (image_url === null || !PICTURE_HOST.test(image_url)) return null;
  // the label names the work; a second reading of its title would help nobody
  const image = element("img", { alt: "", loading: "lazy", decoding: "async", draggable: "false" });
  image.addEventListener("load", () => image.parentElement?.classList.add("has-picture"));
  image.addEventListener("error", () => image.remove());
  image.src = image_url;
  return image;
}
