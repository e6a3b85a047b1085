// @ts-check
/** A large original, as it is: by a form to the service's bucket, which a prediction then reads. */

import { ApiError, persist, predictUpload, requestForm } from "./api.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").Options} Options */
/** @typedef {import("./api.js").UploadForm} UploadForm */

/** A connection on which nothing moves for so long is gone. */
const STALLED_AFTER_MS = 30_000;
const TOO_LARGE = "EntityTooLarge";

/**
 * Send an original and ask for its style; retries what passes by itself.
 * @param {string} base
 * @param {Blob} original its type is what the content is
 * @param {Options & {onProgress: (share: number) => void}} options share: of its bytes, 0 to 1
 * @returns {Promise<Answer>}
 */
export async function predictOriginal(base, original, options) {
  const form = await requestForm(base, original.type, options);
  await persist(() => send(form, original, options), options);
  return predictUpload(base, form.upload, options);
}

/**
 * `fetch` cannot tell how much has gone out, so this is a request of the older kind.
 * @param {UploadForm} form
 * @param {Blob} original
 * @param {{signal?: AbortSignal, onProgress: (share: number) => void}} options
 * @returns {Promise<void>}
 */
function send(form, original, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let timer = setTimeout(abort, STALLED_AFTER_MS);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED_AFTER_MS);
      onProgress(loaded / total);
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(refusal(request, form));
    });
    request.addEventListener("error", () => reject(lost()));
    request.addEventListener("abort", () => {
      reject(signal?.aborted ? new DOMException("cancelled", "AbortError") : lost());
    });
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
    signal?.addEventListener("abort", abort);
    onProgress(0);
    request.open("POST", form.url);
    request.send(filled(form, original));
  });
}

/**
 * @param {UploadForm} form
 * @param {Blob} original
 * @returns {FormData} the file comes last: S3 reads nothing behind it
 */
function filled(form, original) {
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", original);
  return data;
}

/**
 * @param {XMLHttpRequest} request
 * @param {UploadForm} form
 * @returns {ApiError}
 */
function refusal({ status, responseText }, form) {
  if (responseText.includes(TOO_LARGE)) {
    const most = Math.round(form.max_bytes / 1e5) / 10;
    const message = `An original may have up to ${most}\u00a0MB. Save it smaller: 1,024 pixels on the longer side are plenty.`;
    return new ApiError("body_too_large", message, status);
  }
  const message = "The place for originals did not take it. Try again in a moment.";
  return new ApiError("upload_refused", message, status);
}

/** @returns {ApiError} */
function lost() {
  const message = "The connection broke while the original was sent. Try again.";
  return new ApiError("connection_lost", message);
}
