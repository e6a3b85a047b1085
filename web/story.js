// @ts-check
/** What there is to tell about the style of an answer. */

import { element, make, setText } from "./elements.js";
import { plural } from "./words.js";

/** @typedef {import("./api.js").Answer} Answer */

/**
 * @param {Answer} answer
 */
export function renderStory({ story, style, artists, catalogue }) {
  setText("story-title", `About ${style.name}`);
  setText("story", story.text);
  element("style-page").setAttribute("href", `#/styles/${style.slug}`);
  const { work } = story;
  const fromCatalogue = artists.map((artist) => ({
    name: artist.name,
    url: artist.page_url,
    note: plural(artist.works, "work"),
  }));
  const named = fromCatalogue.length > 0 ? fromCatalogue : story.artists;
  const title =
    fromCatalogue.length > 0 ? "Most works in the catalogue" : keyArtistsTitle(catalogue);
  element("facts").replaceChildren(
    ...fact("Period", story.period.words),
    ...fact("Region", story.region),
    ...fact("Look for", list(story.traits)),
    ...fact(title, artistList(named)),
    ...fact(
      "A famous one",
      make("cite", {}, work.title),
      `, ${work.artist}, ${work.year}. ${work.place}.`,
    ),
  );
}

/**
 * @param {Answer["catalogue"]} catalogue
 * @returns {string}
 */
function keyArtistsTitle(catalogue) {
  return catalogue === "ok"
    ? "Key artists, none of them in the catalogue yet"
    : "Key artists; the catalogue does not answer";
}

/**
 * @param {string} title
 * @param {...(Node | string)} content
 * @returns {HTMLElement[]}
 */
function fact(title, ...content) {
  return [make("dt", {}, title), make("dd", {}, ...content)];
}

/**
 * @param {string[]} texts
 * @returns {HTMLElement}
 */
function list(texts) {
  return make("ul", {}, ...texts.map((text) => make("li", {}, text)));
}

/**
 * @param {Array<{name: string, url: string, note?: string}>} artists
 * @returns {HTMLElement}
 */
function artistList(artists) {
  const items = artists.map(({ name, url, note }) =>
    make(
      "li",
      {},
      make("a", { href: url, rel: "noreferrer" }, name),
      note === undefined ? "" : `, ${note}`,
    ),
  );
  return make("ul", {}, ...items);
}
