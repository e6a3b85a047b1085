// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../../web/words.js";
import { datedOf } from "../../../web/works.js";
import { answer } from "./answers.js";

/** @param {string} text */
const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

for (const [probability, text] of /** @type {const} */ ([
  [0, "0 %"],
  [0.004, "< 1 %"],
  [0.005, "1 %"],
  [0.345, "35 %"],
  [0.9949, "99 %"],
  [0.996, "> 99 %"],
  [1, "100 %"],
])) {
  test(`a probability of ${probability} claims no more than it is`, () => {
    assert.equal(plain(words.percent(probability)), text);
  });
}

test("a confident verdict is the style and its odds", () => {
  const confident = answer();

  assert.equal(words.headline(confident), "Impressionism");
  assert.equal(plain(words.odds(confident)), "71 % sure. Next: Realism, 19 %.");
  assert.equal(plain(words.verdict(confident)), "Impressionism, 71 %");
});

test("an unsure verdict between two names both", () => {
  const unsure = answer({ verdict: "unsure", candidates: ["impressionism", "realism"] });

  assert.equal(
    plain(words.verdict(unsure)),
    "Impressionism or Realism: 90 % sure it is one of these two",
  );
  assert.equal(
    plain(words.odds(unsure)),
    "90 % sure it is one of these two. The likeliest: Impressionism, 71 %.",
  );
});

test("an unsure verdict among three names all", () => {
  const unsure = answer({ verdict: "unsure", candidates: ["impressionism", "realism", "pop-art"] });

  assert.equal(words.headline(unsure), "Impressionism, Realism or Pop Art");
  assert.match(plain(words.odds(unsure)), /^90 % sure it is one of these three\./);
});

test("an unsure verdict among more is shorter", () => {
  const candidates = ["impressionism", "realism", "pop-art", "baroque"];
  const unsure = answer({ verdict: "unsure", candidates });

  assert.equal(words.headline(unsure), "Perhaps Impressionism");
  assert.match(plain(words.odds(unsure)), /^90 % sure it is one of the 4 marked styles\./);
});

test("what may be no painting is named all the same, with a word of doubt", () => {
  const photograph = answer({ verdict: "not-a-painting", painting: { probability: 0.12 } });

  assert.equal(words.headline(photograph), "Impressionism");
  assert.match(
    plain(words.doubt(photograph)),
    /^It may be no painting at all \(12 % that it is one\)\./,
  );
  assert.equal(words.verdictWord(photograph), "No painting?");
});

test("a model that cannot tell paintings doubts without a number", () => {
  const photograph = answer({ verdict: "not-a-painting", painting: null });

  assert.match(words.doubt(photograph), /^It may be no painting at all\. If it is one/);
});

test("what is taken for a painting is not doubted", () => {
  assert.equal(words.doubt(answer({})), "");
});

for (const [precision, times] of /** @type {const} */ ([
  [0.02, "hardly ever"],
  [0.12, "1 time in 10"],
  [0.62, "6 times in 10"],
  [0.97, "nearly every time"],
])) {
  test(`a precision of ${precision} is told in words`, () => {
    const track_record = { precision, recall: 0.5, confused_with: "realism" };

    assert.equal(
      plain(words.styleRecord(answer({ track_record }), null)),
      `Right ${times} when it says Impressionism; most often confused with Realism.`,
    );
  });
}

test("a record without a rival names none", () => {
  const track_record = { precision: 0.62, recall: 0.5, confused_with: null };

  assert.equal(
    plain(words.styleRecord(answer({ track_record }), null)),
    "Right 6 times in 10 when it says Impressionism.",
  );
});

test("every failure has a title", () => {
  assert.equal(words.failureTitle("heic"), "This browser cannot open HEIC pictures");
  assert.equal(words.failureTitle("never heard of"), "That did not work");
});

test("a message that begins as its title does is not said twice", () => {
  const message = "Something broke on our side. Try again later.";

  assert.equal(words.failureAdvice("internal_error", message), "Try again later.");
  assert.equal(words.failureSentence("internal_error", message), message);
  assert.equal(words.failureSentence("busy", "Wait."), "There is a queue. Wait.");
});

/** @param {...(number | null)} years */
function worksOf(...years) {
  return years.map((year) => ({
    id: "a/b",
    title: "",
    artist: "",
    year,
    style: "cubism",
    style_name: "Cubism",
    page_url: null,
    image_url: null,
    palette: [],
    similarity: null,
  }));
}

for (const [years, said] of /** @type {const} */ ([
  [[1910, 1920], "They were made from 1910 to 1920."],
  [[1920, null, 1910], "The year of 2 of 3 is known: made from 1910 to 1920."],
  [[null, 1912], "The year of 1 of 2 is known: made in 1912."],
  [[null, null], "The year of none of them is known."],
])) {
  test(`of works made in ${years.map(String).join(", ")} it is said what is known`, () => {
    assert.equal(datedOf(worksOf(...years)), said);
  });
}
