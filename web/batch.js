// @ts-check
/** Several pictures: asked about one after the other. */

/** @typedef {import("./api.js").Answer} Answer */
/**
 * @typedef {{
 *   file: File,
 *   status: "waiting" | "asking" | "done" | "failed",
 *   sent: Blob | null,
 *   answer: Answer | null,
 *   problem: string,
 * }} Item sent: the picture as it was sent
 */

/**
 * @param {File} file
 * @returns {Item}
 */
export function waitingItem(file) {
  return { file, status: "waiting", sent: null, answer: null, problem: "" };
}

/**
 * Ask about every item that waits; what failed by its own fault is not asked about again.
 * @param {Item[]} items
 * @param {{
 *   ask: (file: File) => Promise<{sent: Blob, answer: Answer}>,
 *   explain: (error: unknown) => {problem: string, isOver: boolean},
 *   onChange: (index: number, item: Item) => void,
 *   isStopped: () => boolean,
 * }} parts explain: what is shown of a failure, and whether it would meet all others too
 * @returns {Promise<string>} why it ended early; "" where it did not
 */
export async function askAll(items, { ask, explain, onChange, isStopped }) {
  for (const [index, item] of items.entries()) {
    if (item.status !== "waiting") continue;
    if (isStopped()) return "";
    onChange(index, { ...item, status: "asking", problem: "" });
    try {
      const found = await ask(item.file);
      onChange(index, { ...item, ...found, status: "done", problem: "" });
    } catch (error) {
      if (isStopped()) {
        onChange(index, { ...item, status: "waiting" });
        return "";
      }
      const { problem, isOver } = explain(error);
      onChange(index, { ...item, status: isOver ? "waiting" : "failed", problem });
      if (isOver) return problem;
    }
  }
  return "";
}

/**
 * @param {Item[]} items
 * @returns {{done: number, failed: number, waiting: number}}
 */
export function tally(items) {
  const count = (/** @type {Item["status"]} */ status) =>
    items.filter((item) => item.status === status).length;
  const done = count("done");
  const failed = count("failed");
  return { done, failed, waiting: items.length - done - failed };
}
