// @ts-check
/** What early.js asks for is what the pages import: nothing is missed, nothing is fetched in vain. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const WEB = new URL("../../../web/", import.meta.url);
const EARLY = readFileSync(new URL("early.js", WEB), "utf8");
const IMPORT = /^(?:import|export)\b[^;]*?from\s+"([^"]+)"/gms;
const CSS_IMPORT = /^@import "([^"]+)"/gm;

/**
 * @param {string} hash
 * @returns {{opening: string | undefined, asked: Map<string, string>}} asked: rel by address
 */
function run(hash) {
  const asked = new Map();
  /** @type {DOMStringMap} */
  const dataset = {};
  const document = {
    documentElement: { dataset },
    createElement: () => ({}),
    head: {
      append: (/** @type {{rel: string, href: string}} */ link) => asked.set(link.href, link.rel),
    },
  };
  vm.runInNewContext(EARLY, { document, location: { hash } });
  return { opening: dataset["opening"], asked };
}

/**
 * @param {string} address of a module
 * @param {RegExp} pattern of what it imports
 * @param {Set<string>} [found]
 * @returns {Set<string>} it, and all that it imports in the end
 */
function whole(address, pattern, found = new Set()) {
  const url = new URL(address, WEB);
  const name = url.href.slice(WEB.href.length);
  if (found.has(name)) return found;
  found.add(name);
  for (const [, other = ""] of readFileSync(url, "utf8").matchAll(pattern)) {
    whole(new URL(other, url).href, pattern, found);
  }
  return found;
}

const INDEX = readFileSync(new URL("index.html", WEB), "utf8");
const PRELOADED = new Set(
  [...INDEX.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, file = ""]) => file),
);

test("index.html asks at once for all files that main.js needs", () => {
  const needed = [...whole("main.js", IMPORT)].filter((file) => file !== "main.js");

  assert.deepEqual(
    needed.filter((file) => !PRELOADED.has(file)),
    [],
  );
});

for (const page of ["styles", "chronology", "model", "about"]) {
  test(`all files of ${page} are asked for at once`, () => {
    const { opening, asked } = run(`#/${page}/some-place`);

    const modules = whole(`pages/${page}.js`, IMPORT);
    const sheets = whole(`pages/${page}.css`, CSS_IMPORT);
    const wanted = [...modules].filter((file) => !PRELOADED.has(file));
    assert.equal(opening, page);
    assert.deepEqual([...asked.keys()].sort(), [...wanted, ...sheets].sort());
  });
}

for (const hash of ["", "#/", "#/picture/2", "#/nowhere", "#/constructor"]) {
  test(`"${hash}" asks for the files of Home`, () => {
    const { opening, asked } = run(hash);

    const wanted = [...whole("home.js", IMPORT)].filter((file) => !PRELOADED.has(file));
    assert.equal(opening, undefined);
    assert.deepEqual([...asked.keys()].sort(), wanted.sort());
  });
}
