// @ts-check
/** The file that a visitor brings: checks what it is, and makes of it what the service takes. */

/** @typedef {import("./api.js").Limits} Limits */
/** @typedef {{bytes: number, isUpload: boolean}} Offer isUpload: it goes by the service's bucket */

/** What the model sees is smaller still; this keeps detail, and no upload meets a limit. */
const SENT_SIDE_PX = 1024;
/** Up to this size a picture of few pixels is sent as it is. */
export const SENT_BYTES = 1_000_000;
const JPEG_QUALITIES = [0.9, 0.75, 0.55];
const GIFT_TYPES = new Set(["image/jpeg", "image/png", "image/webp"]);
/** A tab that reads more than this into memory may not survive it. */
const READABLE_BYTES = 200_000_000;

const HEIC = "image/heic";
const HEIC_BRANDS = /^(hei[cmsx]|hev[cmsx]|mif1|msf1)$/;

/**
 * The content decides, never the name.
 * @type {ReadonlyArray<{type: string, isIn: (head: Uint8Array) => boolean}>}
 */
const KINDS = [
  { type: "image/jpeg", isIn: (head) => text(head, 0, 3) === "\xff\xd8\xff" },
  { type: "image/png", isIn: (head) => text(head, 0, 8) === "\x89PNG\r\n\x1a\n" },
  { type: "image/gif", isIn: (head) => text(head, 0, 4) === "GIF8" },
  {
    type: "image/webp",
    isIn: (head) => text(head, 0, 4) === "RIFF" && text(head, 8, 12) === "WEBP",
  },
  { type: "image/avif", isIn: (head) => brands(head).some((brand) => brand.startsWith("avi")) },
  { type: HEIC, isIn: (head) => brands(head).some((brand) => HEIC_BRANDS.test(brand)) },
  {
    type: "image/tiff",
    isIn: (head) => ["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(text(head, 0, 4)),
  },
  { type: "image/bmp", isIn: (head) => text(head, 0, 2) === "BM" },
];

/** A file that cannot be sent; `code` as in the service's errors, `message` for people. */
export class PictureError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "PictureError";
    this.code = code;
  }
}

/**
 * @param {Iterable<File>} files chosen, dropped or pasted
 * @returns {File[]} at least one
 */
export function somePictures(files) {
  const found = [...files];
  if (found.length === 0) {
    throw new PictureError(
      "no_picture",
      "Bring the picture itself, as a file: save it first, or copy it with “Copy image”.",
    );
  }
  return found;
}

/**
 * Return what to send: a small file as it is, of a large one a JPEG of 1,024 px, turned upright.
 * @param {File} file
 * @returns {Promise<Blob>} its type is what the content is
 */
export async function prepare(file) {
  const type = await typeOf(file);
  const asItIs = () => (type === HEIC ? refuseHeic(file) : file.slice(0, file.size, type));
  const bitmap = await decode(file);
  if (bitmap === null) return asItIs();
  const isSmall = Math.max(bitmap.width, bitmap.height) <= SENT_SIDE_PX && file.size <= SENT_BYTES;
  try {
    return isSmall && type !== HEIC ? asItIs() : ((await toJpeg(bitmap)) ?? asItIs());
  } finally {
    bitmap.close();
  }
}

/**
 * Return a file as it is.
 * @param {File} file
 * @returns {Promise<Blob>} its type is what the content is
 */
export async function original(file) {
  return file.slice(0, file.size, await typeOf(file));
}

/**
 * Return what the page offers about a file: of a large one that it sent shrunk, to send the original.
 * @param {number} bytes of the file
 * @param {number} sentBytes 0 where nothing could be sent
 * @param {Limits | null} limits null while the service has not told them
 * @returns {Offer | null}
 */
export function offerOf(bytes, sentBytes, limits) {
  if (limits === null || bytes <= SENT_BYTES || sentBytes === bytes) return null;
  const isUpload = bytes > limits.body_bytes;
  return isUpload && bytes > (limits.upload_bytes ?? 0) ? null : { bytes, isUpload };
}

/**
 * Return a picture as the service keeps it.
 * @param {Blob} picture
 * @returns {Promise<string | null>} base64; null where this browser cannot make it
 */
export async function asGift(picture) {
  if (GIFT_TYPES.has(picture.type) && picture.size <= SENT_BYTES) return toBase64(picture);
  const bitmap = await decode(picture);
  const jpeg = bitmap && (await toJpeg(bitmap));
  bitmap?.close();
  return jpeg && toBase64(jpeg);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {{width: number, height: number}} box
 * @returns {{width: number, height: number}} as large as the box allows, never larger than it was
 */
export function fitInside(width, height, box) {
  const scale = Math.min(1, box.width / width, box.height / height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
async function typeOf(file) {
  if (file.size > READABLE_BYTES) {
    throw new PictureError(
      "file_too_large",
      `“${file.name}” has ${Math.round(file.size / 1e6)} MB. Save it smaller: 1,024 pixels on the longer side are plenty.`,
    );
  }
  const head = await readHead(file);
  if (head.length === 0) {
    throw new PictureError(
      "empty_body",
      `There is nothing in “${file.name}”. Choose another file.`,
    );
  }
  const kind = KINDS.find((candidate) => candidate.isIn(head));
  if (kind === undefined) {
    throw new PictureError(
      "not_a_picture",
      `“${file.name}” holds none, whatever its name says. Choose a JPEG, PNG, GIF, WebP, AVIF, TIFF or BMP.`,
    );
  }
  return kind.type;
}

/**
 * @param {File} file
 * @returns {Promise<Uint8Array>}
 */
async function readHead(file) {
  try {
    return new Uint8Array(await file.slice(0, 64).arrayBuffer());
  } catch {
    throw new PictureError(
      "unreadable_file",
      `“${file.name}” may be a folder, or it was moved meanwhile. Choose it again.`,
    );
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap | null>} upright; null where this browser cannot decode it
 */
async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Promise<Blob | null>}
 */
async function toJpeg(bitmap) {
  const canvas = document.createElement("canvas");
  const box = { width: SENT_SIDE_PX, height: SENT_SIDE_PX };
  Object.assign(canvas, fitInside(bitmap.width, bitmap.height, box));
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.fillStyle = "white"; // JPEG has no transparency; the service puts it on white too
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  let blob = null;
  for (const quality of JPEG_QUALITIES) {
    blob = await toBlob(canvas, "image/jpeg", quality);
    if (blob === null || blob.size <= SENT_BYTES) break;
  }
  return blob;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} type
 * @param {number} [quality] 0 to 1
 * @returns {Promise<Blob | null>}
 */
export function toBlob(canvas, type, quality) {
  return new Promise((resolve) => {
    canvas.toBlob(resolve, type, quality);
  });
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
function toBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

/**
 * @param {File} file
 * @returns {never}
 */
function refuseHeic(file) {
  throw new PictureError(
    "heic",
    `Save “${file.name}” as JPEG or PNG first. On an iPhone, Settings › Camera › Formats › Most Compatible makes JPEGs from now on.`,
  );
}

/**
 * @param {Uint8Array} head
 * @param {number} start
 * @param {number} end
 * @returns {string} one character per byte
 */
function text(head, start, end) {
  return String.fromCharCode(...head.subarray(start, end));
}

/**
 * @param {Uint8Array} head
 * @returns {string[]} the brands of an ISO media file, the major one first; none for all others
 */
function brands(head) {
  if (text(head, 4, 8) !== "ftyp") return [];
  const end = Math.min(head.length, ((head[2] ?? 0) << 8) | (head[3] ?? 0));
  const found = [text(head, 8, 12)];
  for (let start = 16; start + 4 <= end; start += 4) found.push(text(head, start, start + 4));
  return found;
}
