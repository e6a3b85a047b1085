// @ts-check
/** Makes elements out of plain data: what is text stays text and never becomes HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {Node | string | null | false} Child null and false are left out
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 *   true: there without a value; false, null and undefined: not there
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @param {string} href an address from data
 * @param {string} text
 * @param {Attributes} [attributes]
 * @returns {HTMLElement} a link, or only the text where the address is none of the web
 */
export function webLink(href, text, attributes = {}) {
  return /^https?:\/\//i.test(href)
    ? element("a", { href, rel: "noreferrer", ...attributes }, text)
    : element("span", {}, text);
}

/**
 * @template {Element} Made
 * @param {Made} made
 * @param {Attributes} attributes
 * @param {Child[]} children
 * @returns {Made}
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, String(value));
    }
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}
