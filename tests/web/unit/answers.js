// @ts-check
/** Answers for the tests of pure modules. */

/** @typedef {import("../../../web/api.js").Answer} Answer */

/**
 * @param {Partial<Answer>} [changes]
 * @returns {Answer}
 */
export function answer(changes = {}) {
  const probabilities = [
    { slug: "impressionism", name: "Impressionism", probability: 0.71 },
    { slug: "realism", name: "Realism", probability: 0.19 },
    { slug: "pop-art", name: "Pop Art", probability: 0.1 },
  ];
  return {
    id: "1",
    model: { id: "test-model", architecture: "none" },
    style: { slug: "impressionism", name: "Impressionism", probability: 0.71 },
    probabilities,
    verdict: "confident",
    painting: { probability: 0.97 },
    candidates: ["impressionism"],
    track_record: { precision: 0.62, recall: 0.5, confused_with: "realism" },
    heat_maps: {},
    picture: { width: 1, height: 1, format: "jpeg" },
    timing_ms: { total: 12.4 },
    story: {
      slug: "impressionism",
      text: "",
      period: { from: 1865, to: 1905, words: "about 1865 to 1905" },
      region: "",
      traits: [],
      artists: [],
      work: { title: "", artist: "", year: "", place: "" },
    },
    artists: [],
    works: [],
    similar: [],
    catalogue: "ok",
    feedback_token: null,
    ...changes,
  };
}
