// @ts-check
/** Scales, marks and paths. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { marks, scale, smooth, straight } from "../../../web/charts/paths.js";

/** @typedef {import("../../../web/charts/paths.js").Point} Point */

test("a scale puts its ends where they belong, upside down as well", () => {
  const y = scale([0, 1], [200, 0]);

  assert.deepEqual([y(0), y(0.25), y(1)], [200, 150, 0]);
});

test("straight lines go through every point", () => {
  assert.equal(
    straight([
      [0, 1],
      [2, 3],
    ]),
    "M0 1L2 3",
  );
});

test("a smooth curve never leaves the range of its points", () => {
  /** @type {Point[]} */
  const points = [
    [0, 0],
    [10, 0],
    [20, 100],
    [30, 0],
    [40, 0],
  ];

  const numbers = smooth(points).slice(1).split(/[C ]/).map(Number);
  const ys = numbers.filter((_, at) => at % 2 === 1);

  assert.ok(Math.min(...ys) >= 0);
  assert.ok(Math.max(...ys) <= 100);
});

test("two points make a straight line", () => {
  assert.equal(
    smooth([
      [0, 0],
      [5, 5],
    ]),
    "M0 0L5 5",
  );
});

for (const [first, last, most, wanted] of /** @type {const} */ ([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [1400, 2020, 7, [1400, 1500, 1600, 1700, 1800, 1900, 2000]],
  [0, 0.0005, 5, [0, 0.0001, 0.0002, 0.0003, 0.0004, 0.0005]],
  [1, 16, 4, [5, 10, 15]],
])) {
  test(`the axis from ${first} to ${last} has round marks`, () => {
    assert.deepEqual(marks(first, last, most), wanted);
  });
}
