// @ts-check
/** Where the hills of the chronology lie. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { layRidges } from "../../../web/charts/ridge.js";

/** @typedef {import("../../../web/charts/ridge.js").Ridge} Ridge */

const BINS = Array.from({ length: 62 }, (_, at) => 1400 + at * 10);

/**
 * @param {string} name
 * @param {number} peak index of the bin
 * @returns {Ridge}
 */
function ridge(name, peak) {
  return {
    wikiart_style: name,
    style: "cubism",
    source: "catalogue",
    works: 30,
    counts: BINS.map(() => 0),
    density: BINS.map((_, at) => (at === peak ? 1 : Math.abs(at - peak) === 1 ? 0.5 : 0)),
    first: 1400 + peak * 10,
    median: 1405 + peak * 10,
    last: 1410 + peak * 10,
  };
}

/** @param {...Ridge} ridges */
function lay(...ridges) {
  return layRidges({ bin_years: 10, bins: BINS, ridges }, 620);
}

test("time runs over the whole width", () => {
  const { ticks } = lay(ridge("Early", 3));

  assert.deepEqual(ticks.at(0), { x: 0, year: 1400 });
  assert.deepEqual(ticks.at(-1), { x: 600, year: 2000 });
});

test("a narrow chart has fewer marks on its axis", () => {
  const chronology = { bin_years: 10, bins: BINS, ridges: [ridge("Early", 3)] };

  assert.ok(layRidges(chronology, 350).ticks.length < layRidges(chronology, 900).ticks.length);
});

test("the rows stay in the order given, one below the other", () => {
  const { rows, height } = lay(ridge("A", 3), ridge("B", 1), ridge("C", 50));

  assert.deepEqual(
    rows.map((row) => row.ridge.wikiart_style),
    ["A", "B", "C"],
  );
  assert.ok((rows[0]?.baseline ?? 0) < (rows[1]?.baseline ?? 0));
  assert.ok((rows[2]?.baseline ?? 0) < height);
});

test("the peak stands above the middle of its bin", () => {
  const [row] = lay(ridge("A", 10)).rows;

  assert.match(row?.outline ?? "", new RegExp(` 105 ${(row?.baseline ?? 0) - 48}C`));
});

test("a hill begins and ends on the ground", () => {
  const [row] = lay(ridge("A", 10)).rows;

  const ground = row?.baseline ?? 0;
  assert.ok(row?.outline.startsWith(`M85 ${ground}`));
  assert.ok(row?.outline.endsWith(`125 ${ground}`));
});

test("a hill that reaches the edge of time goes to the edge", () => {
  const [row] = lay(ridge("A", 61)).rows;

  assert.match(row?.outline ?? "", /620 [\d.]+$/);
});

test("the label stands where there is room", () => {
  const [early, late] = lay(ridge("A", 3), ridge("B", 55)).rows;

  assert.equal(early?.label.anchor, "start");
  assert.equal(late?.label.anchor, "end");
});

test("the middle year is marked only where it is known", () => {
  const literature = { ...ridge("B", 5), median: null };

  const [counted, quoted] = lay(ridge("A", 3), literature).rows;

  assert.equal(counted?.medianX, 35);
  assert.equal(quoted?.medianX, null);
});
