// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { parseRoute } from "../../../web/router.js";

for (const [hash, name, rest] of /** @type {const} */ ([
  ["", "", ""],
  ["#/", "", ""],
  ["#main", "", ""],
  ["#/styles", "styles", ""],
  ["#/styles/ukiyo-e", "styles", "ukiyo-e"],
  ["#/picture/3", "picture", "3"],
  ["#/styles/a%2Fb/c", "styles", "a/b/c"],
  ["#/styles/%E0%A4%A", "styles", "%E0%A4%A"],
])) {
  test(`${hash || "no hash"} names its page`, () => {
    assert.deepEqual(parseRoute(hash), { name, rest });
  });
}
