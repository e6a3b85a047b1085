// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { predict } from "../../../web/api.js";

test("what was cancelled before it could be sent is not sent", async () => {
  const nowhere = "http://127.0.0.1:9";

  await assert.rejects(predict(nowhere, new Blob(), { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
});
