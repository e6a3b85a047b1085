// @ts-check
/** Finds and makes the elements of the page. What comes from data becomes text, never HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * @template {new () => HTMLElement} Kind
 * @param {string} id
 * @param {Kind} kind such as HTMLInputElement
 * @returns {InstanceType<Kind>}
 */
export function elementOf(id, kind) {
  const found = element(id);
  if (!(found instanceof kind)) throw new Error(`#${id} is no ${kind.name}`);
  return /** @type {InstanceType<Kind>} */ (found);
}

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
export function all(selector) {
  return document.querySelectorAll(selector);
}

/**
 * Set a text only where it changes: a live region would repeat itself.
 * @param {string} id
 * @param {string} text
 */
export function setText(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] `false` and `undefined` leave one out
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @param {Element} place
 * @returns {number} its inner width in sixteenths of a rem, the unit of the drawings
 */
export function widthOf(place) {
  const letter = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.floor((place.clientWidth * 16) / letter);
}

/**
 * @template {Element} Kind
 * @param {Kind} made
 * @param {Attributes} attributes
 * @param {Array<Node | string>} children
 * @returns {Kind}
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children);
  return made;
}
