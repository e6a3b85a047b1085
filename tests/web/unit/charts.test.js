// @ts-check
/** Where lines, dots, bubbles and the cells of a confusion matrix lie, and what they say. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { confusionCells, worstConfusions } from "../../../web/charts/confusion.js";
import { layDots } from "../../../web/charts/dots.js";
import { layLines } from "../../../web/charts/lines.js";
import { layReliability } from "../../../web/charts/reliability.js";

/** @typedef {import("../../../web/charts/lines.js").Series} Series */

const AXIS = { from: 0, to: 1, name: "share" };
const COUNTS = [
  [8, 2, 0],
  [3, 1, 0],
  [0, 0, 0],
];
const NAMES = ["Cubism", "Realism", "Pop Art"];

/** @param {...Series} series */
function lines(...series) {
  return layLines({ width: 300, height: 200, x: AXIS, y: AXIS, series });
}

test("a line goes from corner to corner of its frame", () => {
  const { frame, lines: drawn } = lines({
    name: "",
    look: "soft",
    points: [
      [0, 0],
      [1, 1],
    ],
  });

  assert.equal(drawn[0]?.path, `M${frame.left} ${frame.bottom}L${frame.right} ${frame.top}`);
});

test("names at the ends of two lines do not cover each other", () => {
  const { lines: drawn } = lines(
    { name: "training", look: "soft", points: [[1, 0.5]] },
    { name: "validation", look: "strong", points: [[1, 0.49]] },
  );

  const [one, other] = drawn.map((line) => line.nameY);
  assert.ok(Math.abs((one ?? 0) - (other ?? 0)) >= 15);
});

test("the marks of an axis have room beside it", () => {
  const long = layLines({
    width: 300,
    height: 200,
    x: AXIS,
    y: { ...AXIS, format: (share) => `${share} of everything` },
    series: [],
  });

  assert.ok(long.frame.left > lines().frame.left);
});

test("dots lie in proportion, and the value is written at the end of the row", () => {
  const { rows, ticks } = layDots(
    [
      {
        name: "Cubism",
        dots: [
          { value: 0.5, look: "full", name: "test", interval: [0.25, 0.75] },
          { value: 1, look: "hollow", name: "training" },
        ],
      },
    ],
    { width: 800 },
  );

  const [, quarter = 0, half = 0, threeQuarters = 0, one = 0] = ticks.map((tick) => tick.x);
  assert.deepEqual(rows[0]?.dots, [
    { x: half, look: "full", interval: [quarter, threeQuarters] },
    { x: one, look: "hollow", interval: null },
  ]);
  assert.equal(rows[0]?.text, "50 / 100\u00a0%");
});

test("on a phone a name stands above its row", () => {
  const rows = [{ name: "Cubism", dots: [{ value: 0.5, look: "full", name: "test" }] }];

  const [wide, narrow] = [800, 340].map(
    (width) => layDots(/** @type {any} */ (rows), { width }).rows[0],
  );

  assert.ok((wide?.dots[0]?.x ?? 0) > 190);
  assert.ok((narrow?.nameY ?? 0) < (narrow?.y ?? 0) - 8);
});

test("the area of a bubble stands for its pictures", () => {
  const { bubbles } = layReliability(
    [
      { confidence: 0.5, accuracy: 0.5, pictures: 100 },
      { confidence: 0.9, accuracy: 0.9, pictures: 400 },
    ],
    300,
  );

  assert.equal((bubbles[1]?.radius ?? 0) / (bubbles[0]?.radius ?? 1), 2);
});

test("an honest model lies on the diagonal", () => {
  const { frame, bubbles } = layReliability([{ confidence: 0.3, accuracy: 0.3, pictures: 1 }], 300);

  const [bubble] = bubbles;
  const along = ((bubble?.x ?? 0) - frame.left) / (frame.right - frame.left);
  const up = (frame.bottom - (bubble?.y ?? 0)) / (frame.bottom - frame.top);
  assert.ok(Math.abs(along - up) < 0.001);
});

test("the confusion matrix shows counts or shares of the row, and nothing for nothing", () => {
  const counts = confusionCells(COUNTS, NAMES, "counts");
  const shares = confusionCells(COUNTS, NAMES, "shares");

  assert.deepEqual(
    counts[0]?.map((cell) => cell.text),
    ["8", "2", ""],
  );
  assert.deepEqual(
    shares[1]?.map((cell) => cell.text),
    ["75", "25", ""],
  );
  assert.equal(shares[0]?.[0]?.isRight, true);
  assert.equal(shares[1]?.[0]?.words, "3 of 4 pictures of Realism were named Cubism");
});

test("a style without pictures has empty cells and no division by nothing", () => {
  const cells = confusionCells(COUNTS, NAMES, "shares");

  assert.deepEqual(
    cells[2]?.map(({ share, text }) => [share, text]),
    [
      [0, ""],
      [0, ""],
      [0, ""],
    ],
  );
});

test("the worst confusions come first, by their share of the style", () => {
  const worst = worstConfusions(COUNTS, 5);

  assert.deepEqual(
    worst.map(({ truth, answer }) => [truth, answer]),
    [
      [1, 0],
      [0, 1],
    ],
  );
});
