// @ts-check
/** The boxes of the architecture figure. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { layParts, PARTS, wrap } from "../../../web/charts/architecture.js";

for (const width of [285, 355, 700, 1200]) {
  test(`at ${width} px every box lies within the drawing and none covers another`, () => {
    const { boxes, height } = layParts(width);

    for (const [at, box] of boxes.entries()) {
      assert.ok(box.x >= 0 && box.x + box.width <= width);
      assert.ok(box.y >= 0 && box.y + box.height <= height);
      for (const other of boxes.slice(at + 1)) {
        const isApart = box.x + box.width < other.x || other.x + other.width < box.x;
        const isAbove = box.y + box.height < other.y || other.y + other.height < box.y;
        assert.ok(isApart || isAbove, `${box.name} and ${other.name}`);
      }
    }
  });

  test(`at ${width} px the text of a box fits into it`, () => {
    for (const { lines, height } of layParts(width).boxes) {
      assert.ok(40 + (lines.length - 1) * 14 < height, lines.join(" | "));
    }
  });
}

test("a text is broken between words and keeps all of them", () => {
  const { text } = PARTS[0] ?? { text: "" };

  const lines = wrap(text, 12);

  assert.equal(lines.join(" "), text);
  assert.ok(lines.every((line) => line.length <= 12));
});

test("a word that is longer than a line stands alone", () => {
  assert.deepEqual(wrap("an unbreakable word", 5), ["an", "unbreakable", "word"]);
});
