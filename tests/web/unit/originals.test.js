// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { offerOf } from "../../../web/picture.js";
import * as words from "../../../web/words.js";

const LAMBDA = { body_bytes: 4_500_000, upload_bytes: 30_000_000 };
const HOME = { body_bytes: 30_000_000, upload_bytes: null };
const SENT = 300_000;

for (const [what, bytes, limits, offer] of /** @type {const} */ ([
  ["a small file", 900_000, LAMBDA, null],
  ["what fits into a request", 4_500_000, LAMBDA, { bytes: 4_500_000, isUpload: false }],
  ["what does not", 4_500_001, LAMBDA, { bytes: 4_500_001, isUpload: true }],
  ["what is larger than an original may be", 30_000_001, LAMBDA, null],
  ["a large file at home", 30_000_000, HOME, { bytes: 30_000_000, isUpload: false }],
  ["what is larger than home takes", 30_000_001, HOME, null],
  ["a large file before the limits are known", 5_000_000, null, null],
])) {
  test(`of ${what} the page offers ${offer === null ? "nothing" : "the original"}`, () => {
    assert.deepEqual(offerOf(bytes, SENT, limits), offer);
  });
}

test("an original that was sent is not offered again", () => {
  assert.equal(offerOf(5_000_000, 5_000_000, LAMBDA), null);
});

for (const [bytes, text] of /** @type {const} */ ([
  [1_040_000, "1 MB"],
  [1_440_000, "1.4 MB"],
  [9_960_000, "10 MB"],
  [29_600_000, "30 MB"],
])) {
  test(`${bytes} bytes are ${text}`, () => {
    assert.equal(words.megabytes(bytes).replace("\u00a0", " "), text);
  });
}

test("an original that lies somewhere for a while is said to do so", () => {
  const offer = { bytes: 5_000_000, isUpload: true };

  assert.match(words.originalNote(offer), /storage until it is read/);
  assert.doesNotMatch(words.originalNote({ ...offer, isUpload: false }), /storage/);
});
