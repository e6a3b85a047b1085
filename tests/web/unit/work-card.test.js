// @ts-check
/** The card of a work: what its label says, and where its colours lie. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { factsOf, layBands } from "../../../web/work-card.js";

const PALETTE = ["#112233", "#223344", "#334455", "#445566", "#556677"];

/** @param {object} changes */
function work(changes) {
  return /** @type {import("../../../web/work-card.js").Work} */ ({
    id: "claude-monet/poppies",
    artist: "Claude Monet",
    artist_slug: "claude-monet",
    year: 1873,
    ...changes,
  });
}

test("the label names artist and year", () => {
  assert.equal(factsOf(work({})), "Claude Monet, 1873");
});

test("a work without a year has no comma", () => {
  assert.equal(factsOf(work({ year: null })), "Claude Monet");
});

test("an artist whom nobody knows is said in words", () => {
  assert.equal(
    factsOf(work({ artist: "UNKNOWN", artist_slug: "unknown" })),
    "Artist unknown, 1873",
  );
});

test("the colours fill the card without gap or overlap", () => {
  const bands = layBands(PALETTE, "claude-monet/poppies");

  let end = 0;
  for (const { top, height } of bands) {
    assert.ok(Math.abs(top - end) < 1e-9);
    end = top + height;
  }
  assert.ok(Math.abs(end - 100) < 1e-9);
  assert.deepEqual(bands.map((band) => band.colour).sort(), PALETTE);
});

test("the first colour takes the largest part", () => {
  const bands = layBands(PALETTE, "a/b");

  const largest = bands.reduce((a, b) => (b.height > a.height ? b : a));
  assert.equal(largest.colour, PALETTE[0]);
});

test("a work always looks the same, and not all works lie in one order", () => {
  const orders = new Set(
    ["a/a", "a/b", "a/c", "a/d"].map((id) => layBands(PALETTE, id)[0]?.colour),
  );

  assert.deepEqual(layBands(PALETTE, "a/a"), layBands(PALETTE, "a/a"));
  assert.ok(orders.size > 1);
});

test("what is no colour is left out", () => {
  const bands = layBands(["#112233", "url(evil)", "red"], "a/b");

  assert.deepEqual(bands, [{ colour: "#112233", top: 0, height: 100 }]);
});

test("without colours there is an empty canvas", () => {
  assert.deepEqual(layBands([], "a/b"), []);
});
