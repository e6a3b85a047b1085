// @ts-check
/** About: what this is for, how it works, where its data is from, what it keeps, whom it thanks. */

import { drawParts } from "../charts/architecture.js";
import { make } from "../elements.js";
import { EXAMPLES } from "../examples.js";
import { drawn, figure } from "./parts.js";
import { REFERENCES } from "./references.js";

const ORIGINAL = "https://github.com/tdody/StyleYourArt";

/**
 * @param {HTMLElement} place
 * @returns {{close: () => void}} it asks the service for nothing
 */
export function open(place) {
  place.append(
    make("h1", { tabindex: -1 }, "About"),
    make(
      "p",
      { class: "lede" },
      "A picture goes in; the name of its art style comes out, with honest odds, its story, and works " +
        "that look like it.",
    ),
    goal(),
    works(),
    data(),
    privacy(),
    references(),
    pictures(),
    thanks(),
  );
  return { close: () => {} };
}

/**
 * @param {string} id
 * @param {string} title
 * @param {...(Node | string)} children a string is a paragraph
 * @returns {HTMLElement}
 */
function chapter(id, title, ...children) {
  return make(
    "section",
    { class: "section chapter", "aria-labelledby": id },
    make("h2", { id }, title),
    make(
      "div",
      {},
      ...children.map((child) =>
        typeof child === "string" ? make("p", { class: "prose" }, child) : child,
      ),
    ),
  );
}

/** @returns {HTMLElement} */
function pictures() {
  return chapter(
    "pictures",
    "The pictures shown here",
    "These works are in the public domain; their files come from Wikimedia Commons. The model was not " +
      "trained on any of them.",
    make(
      "ul",
      { class: "prose" },
      ...EXAMPLES.map(({ title, artist, year, museum, licence }) =>
        make("li", {}, make("cite", {}, title), `, ${artist}, ${year}. ${museum}. ${licence}.`),
      ),
    ),
  );
}

/** @returns {HTMLElement} */
function goal() {
  return chapter(
    "goal",
    "What it is for",
    "It is for people who stand before a painting and want to know what they see, for students, and " +
      "for those who sort collections. It says what it thinks, how sure it is, where it looked, and " +
      "how often it is right with that style. Look at the answer beside the picture, not instead of it.",
    "It is not for attribution, dating, authenticity or prices. A style is a convention of art " +
      "history, and experts disagree on many works.",
    make(
      "p",
      { class: "prose" },
      "How good it is, and where it fails, is on the page ",
      make("a", { href: "#/model" }, "Model"),
      ". The styles and their stories are under ",
      make("a", { href: "#/styles" }, "Styles"),
      ", their years in the ",
      make("a", { href: "#/chronology" }, "Chronology"),
      ".",
    ),
  );
}

/** @returns {HTMLElement} */
function works() {
  return chapter(
    "how",
    "How it works",
    "This page is a handful of plain files. It makes your picture small enough to send and asks the " +
      "service. The service reads the picture in memory, lets a small neural network look at it, " +
      "and asks a catalogue for works of that style and works that look alike.",
    "In the cloud the service sleeps until somebody asks, so the first answer takes some seconds. At " +
      "home one command runs the same code without gateway, cloud or account.",
    "The network was trained beforehand, on paintings whose style is known. What training writes, a " +
      "folder with the model and all its figures, is all that the service knows of it.",
    figure(drawn(drawParts), "Above, what happens when you ask; below, what was done before."),
  );
}

/** @returns {HTMLElement} */
function data() {
  return chapter(
    "data",
    "Data and rights",
    "The model learnt from public research collections that go back to WikiArt. Their labels are by " +
      "volunteers: where two collections held one picture, 6 % of the pairs disagreed on its style. " +
      "It is mostly Western painting, mostly by men, mostly from 1400 to 1980; Ukiyo-e is the only " +
      "style from elsewhere.",
    "WikiArt’s pictures are for non-commercial research, and many works are in copyright. So no picture " +
      "of them is part of this product: the catalogue has facts, links and five colours of each work, " +
      "and a picture that you see here comes from WikiArt itself.",
    "The stories of the styles are our own words. The code is under the MIT licence.",
  );
}

/** @returns {HTMLElement} */
function privacy() {
  const points = [
    "Your picture is read in memory and forgotten, unless you tick that it may be kept for training. " +
      "Then its shrunk copy is kept with what you said about the answer. A large original that you " +
      "choose to send may pass through the service’s storage; it is deleted once it is read, and " +
      "within a day in any case.",
    "If you say whether an answer was right, that is kept: the odds, the model, what you said, when. " +
      "Nothing says who you are.",
    "There are no cookies, and no one counts your visits. What you did is gone when you close the page.",
    "Pictures of works come from WikiArt, which therefore sees that someone looks at them, but not on " +
      "which page.",
  ];
  return chapter(
    "privacy",
    "Privacy",
    "Nothing is kept unless you say so.",
    make("ul", { class: "points prose" }, ...points.map((point) => make("li", {}, point))),
  );
}

/** @returns {HTMLElement} */
function references() {
  return chapter(
    "references",
    "What it builds on",
    "The papers and texts that the code follows. Each is cited where it is used.",
    make(
      "ul",
      { class: "references" },
      ...REFERENCES.map(({ authors, year, title, use, url }) =>
        make(
          "li",
          {},
          make("cite", {}, make("a", { href: url, rel: "noreferrer" }, title)),
          make("span", {}, `${authors}, ${year}. Here: ${use}.`),
        ),
      ),
    ),
  );
}

/** @returns {HTMLElement} */
function thanks() {
  return chapter(
    "thanks",
    "Thanks",
    "To the people who made the collections, and to everyone who wrote what is cited above.",
    make(
      "p",
      { class: "prose" },
      "And to tdody, whose ",
      make("a", { href: ORIGINAL, rel: "noreferrer" }, "Style Your Art of 2020"),
      " had the idea and all of its parts: upload and answer, styles, chronology, model. This does it " +
        "anew.",
    ),
  );
}
