// @ts-check
/** What the pages say, ask for and choose. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { explain, happened, measured } from "../../../web/pages/model-changes.js";
import { chooseWorks, describeRidge, findWorks } from "../../../web/pages/periods.js";
import { howMany, longRecord, shortRecord } from "../../../web/pages/record.js";
import { addressOf, describe } from "../../../web/pages/works.js";

/** @typedef {import("../../../web/charts/ridge.js").Ridge} Ridge */
/** @typedef {import("../../../web/pages/model-card.js").ModelChange} ModelChange */

const METRICS = { precision: 0.71, recall: 0.46, support: 1260, confused_with: "realism" };
const SOME = { name: "Cubism", asked: "", counts: { works: 1169 }, next_cursor: "x", shown: 24 };

/**
 * @param {Partial<Ridge>} changes
 * @returns {Ridge}
 */
function ridge(changes) {
  return {
    wikiart_style: "Rococo",
    style: "baroque",
    source: "catalogue",
    works: 1159,
    counts: [],
    density: [],
    first: 1723,
    median: 1770,
    last: 1808,
    ...changes,
  };
}

/**
 * @param {number} number
 * @param {object} [changes]
 */
function work(number, changes) {
  return /** @type {import("../../../web/pages/periods.js").FiledWork} */ ({
    id: `artist-${number}/work`,
    title: `Work ${number}`,
    artist: `Artist ${number}`,
    year: 1700 + number,
    wikiart_style: "Rococo",
    ...changes,
  });
}

/**
 * @param {Partial<ModelChange>} [changes]
 * @returns {ModelChange}
 */
function promotion(changes) {
  return {
    at: "2026-11-28T12:00:00Z",
    kind: "promoted",
    model: "second",
    forced: [],
    figures: { pictures: 6812, top1: 0.66, macro_f1: 0.646, macro_f1_before: 0.5994 },
    ...changes,
  };
}

/** @type {Partial<ModelChange>} */
const BACK = { kind: "rolled back", figures: null };

test("a record is said as people say odds", () => {
  assert.equal(
    shortRecord(METRICS).replaceAll("\u00a0", " "),
    "Right 7 times in 10 when it says so; finds 5 in 10.",
  );
});

test("a long record counts the pictures and names what is confused", () => {
  const text = longRecord("Cubism", METRICS, "Realism").replaceAll("\u00a0", " ");

  assert.match(text, /^When the model says Cubism, it is right 7 times in 10\. /);
  assert.match(text, /Of 1,260 test pictures that it had never seen it finds 5 in 10\. /);
  assert.match(text, /most often takes for Realism\.$/);
});

test("a style that is confused with none leaves that out", () => {
  assert.doesNotMatch(longRecord("Cubism", METRICS, ""), /misses/);
});

for (const [share, wanted] of /** @type {const} */ ([
  [0.97, "nearly all"],
  [0.02, "hardly any"],
  [0.5, "5\u00a0in\u00a010"],
])) {
  test(`of ${share} it is said: ${wanted}`, () => {
    assert.equal(howMany(share), wanted);
  });
}

test("an address of works holds words and cursor safely", () => {
  assert.equal(
    addressOf("/v1/styles/cubism/artworks", "café & co", "a=b"),
    "/v1/styles/cubism/artworks?limit=24&q=caf%C3%A9+%26+co&cursor=a%3Db",
  );
});

for (const [changes, wanted] of /** @type {[object, string][]} */ ([
  [{}, "24 works of 1,169, artists mixed."],
  [{ counts: null }, "24 works, artists mixed."],
  [{ shown: 19, next_cursor: null }, "19 works, artists mixed."],
  [{ asked: "cat" }, "24 works found for “cat” so far."],
  [{ asked: "cat", shown: 1, next_cursor: null }, "1 work found for “cat”."],
  [{ asked: "cat", shown: 0 }, "No work of Cubism has “cat” in its title or artist."],
  [{ shown: 0 }, "The catalogue has no works of Cubism yet."],
])) {
  test(`above the works it says: ${wanted}`, () => {
    assert.equal(describe({ ...SOME, ...changes }), wanted);
  });
}

for (const [changes, wanted] of /** @type {[Partial<Ridge>, RegExp][]} */ ([
  [{}, /^Nearly all of its 1,159 dated works were made from 1723 to 1808, half of them by 1770\.$/],
  [
    { source: "literature", works: 0 },
    /as books have it: the catalogue has no dated works of it\.$/,
  ],
  [{ source: "literature", works: 1 }, /only 1 dated work of it\.$/],
  [{ source: "literature", works: 14 }, /only 14 dated works of it\.$/],
])) {
  test(`of a hill it says ${wanted}`, () => {
    assert.match(describeRidge(ridge(changes)), wanted);
  });
}

test("works of a style are found among those of the style that unites it", async () => {
  const pages = [
    { works: [work(1, { wikiart_style: "Baroque" }), work(2)], next_cursor: "two" },
    { works: [work(3)], next_cursor: null },
  ];
  /** @type {string[]} */
  const asked = [];

  const found = await findWorks(ridge({}), async (path) => {
    asked.push(path);
    return /** @type {any} */ (pages[asked.length - 1]);
  });

  assert.deepEqual(
    found.map((one) => one.title),
    ["Work 2", "Work 3"],
  );
  assert.deepEqual(asked, [
    "/v1/artworks?style=baroque&year_from=1723&year_to=1808&limit=100",
    "/v1/artworks?style=baroque&year_from=1723&year_to=1808&limit=100&cursor=two",
  ]);
});

test("where no work is of the years, any will do", async () => {
  const found = await findWorks(ridge({}), async (path) => ({
    works: path.includes("year_from") ? [] : [work(1)],
    next_cursor: null,
  }));

  assert.equal(found.length, 1);
});

test("a search among many others comes to an end", async () => {
  let asked = 0;

  await findWorks(ridge({}), async () => {
    asked += 1;
    return { works: [], next_cursor: "more" };
  });

  assert.equal(asked, 8);
});

test("the chosen works are by different artists, the earliest first", () => {
  const many = [9, 8, 7, 6, 5, 4, 3, 2].flatMap((number) => [work(number), work(number)]);

  const chosen = chooseWorks(many);

  assert.equal(chosen.length, 6);
  assert.equal(new Set(chosen.map((one) => one.artist)).size, 6);
  const years = chosen.map((one) => one.year ?? 0);
  assert.deepEqual(
    years,
    years.toSorted((a, b) => a - b),
  );
});

test("one artist fills the rest, and a work without a year comes last", () => {
  const few = [work(1, { year: null }), work(2), work(2, { title: "Another" })];

  const chosen = chooseWorks(few);

  assert.equal(chosen.length, 3);
  assert.equal(chosen.at(-1)?.year, null);
});

test("a promotion tells macro-F1 before and after, and on how many pictures", () => {
  assert.equal(measured(promotion()), "0.599 before, 0.646 after, on 6,812 pictures");
});

test("where nothing was measured, that is said", () => {
  assert.equal(measured(promotion(BACK)), "not measured");
});

for (const [changes, wanted] of /** @type {[Partial<ModelChange>, string][]} */ ([
  [{}, "Promoted:"],
  [{ forced: ["it has 9 MB"] }, "Promoted against the gate:"],
  [BACK, "Rolled back to:"],
])) {
  test(`what happened to the model is said: ${wanted}`, () => {
    assert.equal(happened(promotion(changes)), wanted);
  });
}

test("what it means to go against the gate is said only where one did", () => {
  const usual = explain([promotion(), promotion(BACK)]).join(" ");
  const forced = explain([promotion(), promotion({ forced: ["it has 9 MB"] })]).join(" ");

  assert.doesNotMatch(usual, /Against the gate/);
  assert.match(forced, /Against the gate means that somebody put a model live/);
});
