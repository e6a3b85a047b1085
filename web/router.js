// @ts-check
/** One page at a time, by the hash of the address. All but Home are fetched at their first visit. */

import { make } from "./elements.js";

/**
 * @typedef {{
 *   api: (path: string, options?: {signal?: AbortSignal}) => Promise<any>,
 *   announce: (text: string) => void,
 *   title: (text: string) => void,
 * }} Services what a page is given: `api` gets JSON from a path such as "/v1/styles" and retries what
 *   passes by itself, `announce` says a sentence in the live region, `title` names the page
 * @typedef {{close: () => void, filled?: Promise<void>}} OpenPage filled: settled when what it awaits is there
 * @typedef {(place: HTMLElement, rest: string, services: Services) => OpenPage | Promise<OpenPage>} Open
 * @typedef {{name: string, rest: string}} Route `name` is "" for Home; `rest` is what follows it
 * @typedef {{rest: string, isFirst: boolean}} HomeVisit rest: "" or the number of one of several
 *   pictures; isFirst: nobody has moved yet
 */

/** One of several pictures has an address below Home, so that "back" leads to all of them. */
const PICTURE = "picture";

/** @type {Readonly<Record<string, string>>} what the pages are called, by their name in the address */
const PAGES = { styles: "Styles", chronology: "Chronology", model: "Model", about: "About" };

/**
 * @param {string} hash of the address, with its #
 * @returns {Route}
 */
export function parseRoute(hash) {
  if (!hash.startsWith("#/")) return { name: "", rest: "" };
  const [name = "", ...rest] = hash.slice(2).split("/").map(decode);
  return { name, rest: rest.join("/") };
}

/**
 * @param {string} text
 * @returns {string}
 */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address may be typed by anyone
  }
}

/**
 * Show what the address names, now and whenever it changes.
 * @param {{
 *   place: HTMLElement,
 *   services: Services,
 *   showHome: (visit: HomeVisit | null) => void,
 * }} parts showHome: shows Home, or with null hides it; it keeps its state
 * @returns {Promise<void>} settled when the first page is there
 */
export function startRouter({ place, services, showHome }) {
  let turn = 0;
  let shown = location.hash;
  let isFollowing = false;
  let close = () => {};
  /** @type {Promise<void> | undefined} */
  let filled;
  /** @type {Map<string, number>} how far each address was scrolled when it was left */
  const scrolled = new Map();

  /** @param {boolean} isFirst */
  async function show(isFirst) {
    const mine = ++turn;
    const top = isFollowing ? 0 : (scrolled.get(location.hash) ?? 0);
    isFollowing = false;
    close();
    close = () => {};
    filled = undefined;
    await turnTo(parseRoute(location.hash), isFirst, () => turn === mine);
    delete document.documentElement.dataset["opening"]; // early.js
    if (turn !== mine || isFirst) return;
    place.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, top);
    const reached = scrollY;
    await filled; // the page may have been too short
    if (turn === mine && scrollY === reached) scrollTo(0, top);
  }

  /**
   * @param {Route} route
   * @param {boolean} isFirst
   * @param {() => boolean} isWanted whether the visitor is still waiting for it
   */
  async function turnTo(route, isFirst, isWanted) {
    const isHome = route.name === "" || route.name === PICTURE;
    markLink(isHome ? "" : route.name);
    place.hidden = isHome;
    place.replaceChildren();
    showHome(isHome ? { rest: route.rest, isFirst } : null);
    if (!isHome) await fill(route, isWanted);
  }

  /**
   * @param {Route} route
   * @param {() => boolean} isWanted
   */
  async function fill({ name, rest }, isWanted) {
    const title = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
    services.title(title ?? "No such page");
    if (title === undefined) {
      tell(place, "There is no such page", "Its address may be mistyped.");
      return place.append(make("a", { class: "plain", href: "#/" }, "Go home"));
    }
    tell(place, title, "Opening…", "opening quiet");
    try {
      const [open] = await Promise.all([fetchPage(name), linkStyles(name)]);
      if (!isWanted()) return;
      place.replaceChildren();
      const opened = await open(place, rest, services);
      if (isWanted()) ({ close, filled } = opened);
      else opened.close();
    } catch (error) {
      if (isWanted()) fail(title, error);
    }
  }

  /**
   * @param {string} title
   * @param {unknown} error
   */
  function fail(title, error) {
    if (!(error instanceof FetchError)) reportError(error); // our own mistake
    const advice = navigator.onLine
      ? "Its files did not come. Try again in a moment."
      : "You are offline. Connect to the internet, then try again.";
    tell(place, `${title} does not open`, advice);
    place.append(button("Try again", () => void show(false)));
    services.announce(`${title} does not open. ${advice}`);
  }

  history.scrollRestoration = "manual"; // a page comes later than the browser would scroll it
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    isFollowing ||= Boolean(target?.closest('a[href^="#/"]'));
  });
  window.addEventListener("hashchange", () => {
    scrolled.set(shown, scrollY);
    shown = location.hash;
    void show(false);
  });
  return show(true);
}

/** The files of a page did not come. */
class FetchError extends Error {}

/** @type {Map<string, number>} */
const attempts = new Map();
/** @type {Map<string, Open>} */
const fetched = new Map();

/**
 * @param {string} name
 * @returns {Promise<Open>}
 */
async function fetchPage(name) {
  const known = fetched.get(name);
  if (known !== undefined) return known;
  // some browsers keep a failure for as long as the document lives, so each attempt has an address
  const attempt = attempts.get(name) ?? 0;
  attempts.set(name, attempt + 1);
  const again = attempt === 0 ? "" : `?${attempt}`;
  try {
    const { open } = await import(`./pages/${name}.js${again}`);
    fetched.set(name, open);
    return open;
  } catch (error) {
    if (error instanceof TypeError) throw new FetchError(name, { cause: error });
    throw error;
  }
}

/**
 * @param {string} name
 * @returns {Promise<void>} settled when they apply
 */
function linkStyles(name) {
  const href = `pages/${name}.css`;
  const known = document.querySelector(`link[href="${href}"]`);
  if (known instanceof HTMLLinkElement && known.sheet !== null) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = known ?? make("link", { rel: "stylesheet", href });
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      reject(new FetchError(name));
    });
    if (known === null) document.head.append(link);
  });
}

/** @param {string} name */
function markLink(name) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} title
 * @param {string} text
 * @param {string} [kind]
 */
function tell(place, title, text, kind = "quiet") {
  place.replaceChildren(make("h1", { tabindex: -1 }, title), make("p", { class: kind }, text));
}

/**
 * @param {string} text
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
function button(text, act) {
  const made = make("button", { type: "button", class: "plain" }, text);
  made.addEventListener("click", act);
  return made;
}
