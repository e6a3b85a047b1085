// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { askAll, tally, waitingItem } from "../../../web/batch.js";
import { answer } from "./answers.js";

/** @typedef {import("../../../web/batch.js").Item} Item */

/** @param {number} count */
function someItems(count) {
  return Array.from({ length: count }, (_, index) => waitingItem(new File(["x"], `${index}.jpg`)));
}

/**
 * @param {Item[]} items
 * @param {{failing?: Record<string, boolean>, stopAfter?: number}} [how] failing: by name, and whether
 *   the failure would meet all others too
 */
async function run(items, { failing = {}, stopAfter = Infinity } = {}) {
  /** @type {string[]} */
  const asked = [];
  const after = [...items];
  const reason = await askAll(items, {
    ask: async (file) => {
      asked.push(file.name);
      if (file.name in failing) throw new Error(file.name);
      return { sent: file, answer: answer() };
    },
    explain: (error) => {
      const name = error instanceof Error ? error.message : "";
      return { problem: `no ${name}`, isOver: failing[name] ?? false };
    },
    onChange: (index, item) => {
      after[index] = item;
    },
    isStopped: () => asked.length >= stopAfter,
  });
  return { asked, after, reason };
}

test("every picture is asked about once, in turn", async () => {
  const { asked, after } = await run(someItems(3));

  assert.deepEqual(asked, ["0.jpg", "1.jpg", "2.jpg"]);
  assert.deepEqual(tally(after), { done: 3, failed: 0, waiting: 0 });
});

test("a bad picture does not stop the others", async () => {
  const { after, reason } = await run(someItems(3), { failing: { "1.jpg": false } });

  assert.deepEqual(
    after.map((item) => item.status),
    ["done", "failed", "done"],
  );
  assert.equal(after[1]?.problem, "no 1.jpg");
  assert.equal(reason, "");
});

test("a service that is gone ends the row, and the rest still waits", async () => {
  const { after, asked, reason } = await run(someItems(3), { failing: { "1.jpg": true } });

  assert.deepEqual(asked, ["0.jpg", "1.jpg"]);
  assert.deepEqual(tally(after), { done: 1, failed: 0, waiting: 2 });
  assert.equal(reason, "no 1.jpg");
});

test("who stops keeps what is done", async () => {
  const { after } = await run(someItems(4), { stopAfter: 2 });

  assert.deepEqual(tally(after), { done: 2, failed: 0, waiting: 2 });
});

test("going on asks only about what waits", async () => {
  const first = await run(someItems(4), { failing: { "0.jpg": false }, stopAfter: 2 });

  const second = await run(first.after);

  assert.deepEqual(second.asked, ["2.jpg", "3.jpg"]);
});
