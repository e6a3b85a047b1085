// @ts-check
/** Entry: finds the service, fills the frame of the page and shows what the address names. */

import { findApi, get } from "./api.js";
import { element } from "./elements.js";
import { startRouter } from "./router.js";

/** @typedef {import("./router.js").HomeVisit} HomeVisit */

const SITE = "Style Your Art";

const apiBase = findApi();

/** @param {string} text "" for the name of the site alone */
function setTitle(text) {
  document.title = text === "" ? SITE : `${text} · ${SITE}`;
}

element("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the hash of the address names a page
  element("main").focus();
});
void apiBase.then((base) => {
  if (base !== "") element("docs").setAttribute("href", `${base}/docs`);
});

/** @type {HomeVisit | null} */
let visit = null;
/** @type {((visit: HomeVisit | null) => void) | null} null until its files are there */
let home = null;
let isComing = false;

/**
 * @param {HomeVisit | null} now
 */
function showHome(now) {
  visit = now;
  if (home !== null) return home(visit);
  element("exhibit").hidden = visit === null;
  if (visit !== null) void fetchHome();
}

/** Home comes after the page that was asked for, and always: it takes what is dropped there, too. */
async function fetchHome() {
  if (isComing) return;
  isComing = true;
  try {
    const { startHome } = await import("./home.js");
    home = startHome({ apiBase, setTitle });
    home(visit);
  } catch (error) {
    element("offline").textContent = "Not all of this page came. Reload it.";
    if (!(error instanceof TypeError)) throw error;
  }
}

void startRouter({
  place: element("place"),
  services: {
    api: async (path, options) => get(await apiBase, path, options),
    announce: (text) => {
      element("live").textContent = text;
    },
    title: setTitle,
  },
  showHome,
}).then(fetchHome);
