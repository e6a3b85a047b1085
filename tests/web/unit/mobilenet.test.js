// @ts-check
/** The drawing of MobileNetV2 says what its paper says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { heardChannels, layStages, sizesOf, STAGES } from "../../../web/charts/mobilenet.js";

const BLOCKS = STAGES.filter((stage) => stage.kind === "blocks");

test("there are 17 blocks", () => {
  assert.equal(
    BLOCKS.reduce((sum, { repeats }) => sum + repeats, 0),
    17,
  );
});

test("at 224 px the last map has 7 × 7 places, as in the paper", () => {
  assert.deepEqual(sizesOf(224), [112, 112, 56, 28, 14, 14, 7, 7, 7]);
});

test("an odd size is rounded up, as padding does", () => {
  assert.equal(sizesOf(160).at(-1), 5);
  assert.equal(sizesOf(150).at(0), 75);
  assert.equal(sizesOf(150).at(2), 38);
});

test("a shortcut passes every block that changes neither size nor channels", () => {
  const { columns } = layStages(192);

  const shortcuts = columns.filter((column) => column.hasShortcut);
  assert.equal(shortcuts.length, 10);
});

test("columns stand side by side and get no taller", () => {
  const { columns, width } = layStages(192);

  for (const [at, column] of columns.entries()) {
    const next = columns[at + 1];
    assert.ok(column.x + column.width < (next?.x ?? width));
    assert.ok(column.height >= (next?.height ?? 0));
  }
});

test("a model that hears blocks on the way has no last convolution", () => {
  const { columns, stages } = layStages(224, true);

  assert.equal(stages.at(-1)?.channels, 320);
  assert.equal(columns.filter((column) => column.isHeard).length, 4);
  assert.ok(layStages(224).columns.every((column) => !column.isHeard));
});

test("what is heard is a block at its widest, six times what comes in", () => {
  assert.deepEqual(heardChannels(), [192, 384, 576, 960]);
});
