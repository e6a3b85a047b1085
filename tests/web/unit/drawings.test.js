// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { breakLines } from "../../../web/card.js";
import { layOut } from "../../../web/charts/placement.js";
import { smooth } from "../../../web/light.js";
import { areasOf } from "../../../web/palette.js";
import { fitInside } from "../../../web/picture.js";

const BAND = { first: 1865, last: 1905, name: "Impressionism" };

/** @param {number[]} years */
function dots(...years) {
  return years.map((year, index) => ({ year, label: String(index + 1), isOfStyle: true }));
}

test("the axis reaches from before the first to after the last", () => {
  const { from, to, ticks } = layOut(dots(1840, 1931), BAND);

  assert.ok(from <= 1840);
  assert.ok(to >= 1931);
  assert.equal(ticks[0], from);
  assert.equal(ticks.at(-1), to);
  assert.ok(ticks.length <= 8, String(ticks));
});

test("an axis of six centuries has no more ticks than one of five decades", () => {
  const { ticks } = layOut(dots(1420, 2010), BAND);

  assert.ok(ticks.length <= 8, String(ticks));
});

test("an axis without dots shows the period alone", () => {
  const { from, to, lanes } = layOut([], BAND);

  assert.ok(from < 1865 && to > 1905);
  assert.equal(lanes, 1);
});

test("works of the same year stand above each other, never on one another", () => {
  const placed = layOut(dots(1880, 1880, 1881, 1900), BAND).dots;

  const places = placed.map(({ lane, share }) => `${lane} ${share}`);
  assert.equal(new Set(places).size, 4);
  assert.deepEqual(
    placed.map(({ lane }) => lane),
    [0, 1, 2, 0],
  );
});

test("a palette fills the whole square, the first colour most of it", () => {
  const areas = areasOf(["#112233", "#445566", "#778899", "#aabbcc", "#ddeeff"]);

  const sizes = areas.map(({ width, height }) => width * height);
  assert.equal(areas.length, 5);
  assert.ok(Math.abs(sizes.reduce((sum, size) => sum + size, 0) - 1) < 1e-9);
  assert.equal(sizes[0], Math.max(...sizes));
});

test("what is no colour stays out of a palette", () => {
  const areas = areasOf(["red; x", "#112233", "url(#a)"]);

  assert.deepEqual(
    areas.map(({ colour }) => colour),
    ["#112233"],
  );
});

test("the light is brightest where the map is, and smooth between", () => {
  const values = smooth(
    [
      [0, 0],
      [0, 1],
    ],
    8,
  );

  assert.equal(values.length, 64);
  assert.equal(values[0], 0);
  assert.equal(values[63], 1);
  const diagonal = Array.from({ length: 8 }, (_, index) => values[index * 9] ?? NaN);
  assert.deepEqual(
    diagonal,
    [...diagonal].sort((one, other) => one - other),
  );
  assert.ok(diagonal.some((value) => value > 0 && value < 1));
});

test("a map of one cell lights everything alike", () => {
  assert.deepEqual([...smooth([[0.5]], 2)], [0.5, 0.5, 0.5, 0.5]);
});

test("a picture is shrunk to the box, never grown and never bent", () => {
  const box = { width: 1024, height: 1024 };

  assert.deepEqual(fitInside(4000, 2000, box), { width: 1024, height: 512 });
  assert.deepEqual(fitInside(300, 200, box), { width: 300, height: 200 });
  assert.deepEqual(fitInside(9000, 1, box), { width: 1024, height: 1 });
});

test("lines break between words, and a word that is too long stands alone", () => {
  const lines = breakLines("one two three-and-more four", 8, (text) => text.length);

  assert.deepEqual(lines, ["one two", "three-and-more", "four"]);
});
