// @ts-check
/** Entry: finds the service, fills the frame of the page and shows what the address names. */

import { findApi, get } from "./api.js";
import { element } from "./elements.js";
import { startHome } from "./home.js";
import { startRouter } from "./router.js";

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
startRouter({
  place: element("place"),
  services: {
    api: async (path, options) => get(await apiBase, path, options),
    announce: (text) => {
      element("live").textContent = text;
    },
    title: setTitle,
  },
  showHome: startHome({ apiBase, setTitle }),
});
