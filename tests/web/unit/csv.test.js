// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv } from "../../../web/csv.js";
import { answer } from "./answers.js";

test("a picture is a line with its style, odds, verdict and every probability", () => {
  const csv = toCsv([{ name: "a.jpg", answer: answer(), problem: "" }]);

  assert.equal(
    csv,
    "file,style,probability,verdict,candidates,impressionism,pop-art,realism,problem\r\n" +
      "a.jpg,impressionism,0.7100,confident,impressionism,0.7100,0.1000,0.1900,\r\n",
  );
});

test("a picture that failed keeps its line, with the reason", () => {
  const rows = [
    { name: "notes.txt", answer: null, problem: "This is not a picture" },
    { name: "a.jpg", answer: answer(), problem: "" },
  ];

  const [head, failed] = toCsv(rows).split("\r\n");

  assert.equal(failed?.split(",").length, head?.split(",").length);
  assert.match(failed ?? "", /^notes\.txt,+This is not a picture$/);
});

for (const [name, cell] of /** @type {const} */ ([
  ["=1+1.jpg", "'=1+1.jpg"],
  ["@x.jpg", "'@x.jpg"],
  ["a,b.jpg", '"a,b.jpg"'],
  ['say "hi".jpg', '"say ""hi"".jpg"'],
  ["two\nlines.jpg", '"two\nlines.jpg"'],
])) {
  test(`a file called ${JSON.stringify(name)} is one harmless cell`, () => {
    const csv = toCsv([{ name, answer: null, problem: "" }]);

    assert.ok(csv.split("\r\n")[1]?.startsWith(`${cell},`), csv);
  });
}
