// @ts-check
/** The service: sends requests, and turns every way of failing into one ApiError. */

/**
 * @typedef {{slug: string, name: string, probability: number}} StyleProbability
 * @typedef {"confident" | "unsure" | "not-a-painting"} Verdict
 * @typedef {{
 *   id: string,
 *   title: string,
 *   artist: string,
 *   year: number | null,
 *   style: string,
 *   style_name: string,
 *   page_url: string | null,
 *   image_url: string | null,
 *   palette: string[],
 *   similarity: number | null,
 * }} Work
 * @typedef {{
 *   slug: string,
 *   text: string,
 *   period: {from: number, to: number, words: string},
 *   region: string,
 *   traits: string[],
 *   artists: Array<{name: string, url: string}>,
 *   work: {title: string, artist: string, year: string, place: string},
 * }} Story
 * @typedef {{slug: string, name: string, works: number, page_url: string}} Artist
 * @typedef {{
 *   id: string,
 *   model: {id: string, architecture: string},
 *   style: StyleProbability,
 *   probabilities: StyleProbability[],
 *   verdict: Verdict,
 *   painting: {probability: number} | null,
 *   candidates: string[],
 *   track_record: {precision: number, recall: number, confused_with: string | null},
 *   heat_maps: Record<string, number[][]>,
 *   picture: {width: number, height: number, format: string},
 *   timing_ms: Record<string, number>,
 *   story: Story,
 *   artists: Artist[],
 *   works: Work[],
 *   similar: Work[],
 *   catalogue: "ok" | "unavailable",
 *   feedback_token: string | null,
 * }} Answer
 * @typedef {{slug: string, name: string, wikiart_styles: string[], known: boolean}} StyleInfo
 * @typedef {{
 *   model: {id: string, architecture: string, test?: {top1: number}},
 *   styles: StyleInfo[],
 * }} Catalogue
 * @typedef {{body_bytes: number, upload_bytes: number | null}} Limits of a request, and of an original
 * @typedef {{
 *   upload: string,
 *   url: string,
 *   fields: Record<string, string>,
 *   max_bytes: number,
 * }} UploadForm
 * @typedef {{token: string, style: string, picture?: string}} Word what a visitor says; picture: as base64
 * @typedef {{waitS: number, retry: number, retries: number, isLost: boolean}} Delay
 *   isLost: of the connection, not of a service that has too much to do
 * @typedef {{signal?: AbortSignal, onDelay?: (delay: Delay) => void}} Options
 */

/** Longer than the 30 s after which the gateway gives up by itself. */
const DEADLINE_MS = 60_000;
/** How long to wait before each retry. */
const RETRY_AFTER_S = [1, 2, 4];

/**
 * What the gateway and the CDN answer by themselves has no code of ours, so the status decides.
 * @type {Readonly<Record<number, {code: string, message: string}>>}
 */
const BY_STATUS = {
  413: {
    code: "body_too_large",
    message:
      "The service does not take files of this size. Save it smaller: 1,024 pixels on the longer side are plenty.",
  },
  429: {
    code: "busy",
    message: "Many pictures are being looked at right now. Wait a moment, then try again.",
  },
  503: {
    code: "unavailable",
    message: "It is starting up or has too much to do. Wait a moment, then try again.",
  },
  504: {
    code: "unavailable",
    message: "It did not finish in time, perhaps because it was only starting up. Try again.",
  },
};
const RETRIED = new Set([429, 503, 504]);
const CONNECTION_LOST = "connection_lost";

/** A request that got no answer; `code` is stable, `message` is for people. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} [status] 0 where no answer came at all
   */
  constructor(code, message, status = 0) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

/**
 * Find the service: `config.json` alone says where it is.
 * @returns {Promise<string>} the start of its addresses; "" for the page's own origin
 */
export async function findApi() {
  try {
    const config = await (await fetch("config.json")).json();
    return String(config.apiBase ?? "").replace(/\/+$/, "");
  } catch {
    return ""; // the request that follows says what is wrong
  }
}

/**
 * @param {string} base
 * @returns {Promise<{limits?: Limits}>}
 */
export async function wake(base) {
  const health = await persist(() => request(`${base}/v1/health`, {}), {});
  return /** @type {{limits?: Limits}} */ (health);
}

/**
 * @param {string} base
 * @returns {Promise<Catalogue>}
 */
export async function fetchCatalogue(base) {
  return /** @type {Catalogue} */ (await persist(() => request(`${base}/v1/styles`, {}), {}));
}

/**
 * Get what a path such as "/v1/styles" answers; retries what passes by itself.
 * @param {string} base
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export function get(base, path, options = {}) {
  const { signal } = options;
  return persist(() => request(`${base}${path}`, signal ? { signal } : {}), options);
}

/**
 * Ask for the style of one picture; retries what passes by itself.
 * @param {string} base
 * @param {Blob} picture its type becomes the Content-Type
 * @param {Options} options
 * @returns {Promise<Answer>}
 */
export async function predict(base, picture, options) {
  const attempt = () =>
    request(`${base}/v1/predictions`, {
      method: "POST",
      headers: { "Content-Type": picture.type },
      body: picture,
      ...(options.signal && { signal: options.signal }),
    });
  return /** @type {Answer} */ (await persist(attempt, options));
}

/**
 * Ask where to send an original.
 * @param {string} base
 * @param {string} type of its content
 * @param {Options} options
 * @returns {Promise<UploadForm>}
 */
export async function requestForm(base, type, options) {
  const attempt = () => post(`${base}/v1/uploads`, { content_type: type }, options);
  return /** @type {UploadForm} */ (await persist(attempt, options));
}

/**
 * Ask for the style of an original that was sent.
 * @param {string} base
 * @param {string} upload
 * @param {Options} options
 * @returns {Promise<Answer>}
 */
export async function predictUpload(base, upload, options) {
  const attempt = () => post(`${base}/v1/predictions`, { upload }, options);
  return /** @type {Answer} */ (await persist(attempt, options));
}

/**
 * Say what a picture is; a second word about the same answer replaces the first.
 * @param {string} base
 * @param {Word} word
 * @returns {Promise<unknown>}
 */
export function sendFeedback(base, word) {
  return persist(() => post(`${base}/v1/feedback`, word, {}), {});
}

/**
 * Attempt something again while it fails of what passes by itself.
 * @param {() => Promise<unknown>} attempt
 * @param {Options} options
 * @returns {Promise<unknown>}
 */
export async function persist(attempt, { signal, onDelay }) {
  for (const [index, waitS] of RETRY_AFTER_S.entries()) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const isLost = error.code === CONNECTION_LOST;
      onDelay?.({ waitS, retry: index + 1, retries: RETRY_AFTER_S.length, isLost });
      await pause(waitS * 1000, signal);
    }
  }
  return attempt();
}

/**
 * @param {unknown} error
 * @returns {error is ApiError}
 */
function isPassing(error) {
  if (!(error instanceof ApiError)) return false;
  return RETRIED.has(error.status) || error.code === CONNECTION_LOST;
}

/**
 * @param {string} url
 * @param {unknown} body
 * @param {Options} options
 * @returns {Promise<unknown>}
 */
function post(url, body, { signal }) {
  return request(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<unknown>} the body of a good answer
 */
async function request(url, init) {
  const limit = withDeadline(init.signal ?? undefined);
  try {
    const response = await fetch(url, { ...init, signal: limit.signal });
    const body = await readJson(response);
    if (!response.ok) throw refusal(response.status, body);
    if (body === null) throw unexpected(response.status);
    return body;
  } catch (error) {
    throw limit.isOver() ? tooLate() : translate(error);
  } finally {
    limit.clear();
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>} null where the body is no JSON, as in a CDN's own error pages
 */
async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {number} status
 * @param {any} body ours is `{error: {code, message}}`; the gateway's `{message}` helps nobody
 * @returns {ApiError}
 */
function refusal(status, body) {
  const ours = body?.error;
  if (typeof ours?.code === "string" && typeof ours.message === "string") {
    return new ApiError(ours.code, ours.message, status);
  }
  const known = BY_STATUS[status];
  return known ? new ApiError(known.code, known.message, status) : unexpected(status);
}

/**
 * @param {number} status
 * @returns {ApiError}
 */
function unexpected(status) {
  const message = `The service gave an answer that this page does not understand (status ${status}). Try again in a minute.`;
  return new ApiError("unexpected", message, status);
}

/** @returns {ApiError} */
function tooLate() {
  const message = `No answer came within ${DEADLINE_MS / 1000} seconds. Try again, perhaps with a better connection.`;
  return new ApiError("timeout", message);
}

/**
 * @param {unknown} error
 * @returns {unknown} `fetch` throws a TypeError where no answer came; all else is passed on
 */
function translate(error) {
  if (!(error instanceof TypeError)) return error;
  return navigator.onLine
    ? new ApiError("unreachable", "It may be restarting. Try again in a moment.")
    : new ApiError(
        "offline",
        "Connect to the internet, then try again. Your picture is still here.",
      );
}

/**
 * One signal for "the visitor cancelled" and "this takes too long".
 * @param {AbortSignal | undefined} cancelled
 */
function withDeadline(cancelled) {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort();
  }, DEADLINE_MS);
  const abort = () => controller.abort();
  if (cancelled?.aborted) abort(); // it was cancelled before it could be sent
  cancelled?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    isOver: () => isOver,
    clear: () => {
      clearTimeout(timer);
      cancelled?.removeEventListener("abort", abort);
    },
  };
}

/**
 * @param {number} ms
 * @param {AbortSignal | undefined} cancelled
 * @returns {Promise<void>}
 */
function pause(ms, cancelled) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    };
    const timer = setTimeout(() => {
      cancelled?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    cancelled?.addEventListener("abort", abort, { once: true });
  });
}
