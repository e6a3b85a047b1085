// @ts-check
/** The file that a visitor brings: checks what it is, and makes of it what the service takes. */

/** From this size on a picture is shrunk here: behind the gateway a body may have 4.5 MB. */
const SEND_AS_IS_BYTES = 4_000_000;
const SHRUNK_SIDE_PX = 1600;
const JPEG_QUALITY = 0.9;
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
 * Take the one picture out of what was chosen, dropped or pasted.
 * @param {Iterable<File>} files
 * @returns {File}
 */
export function onlyPicture(files) {
  const [file, ...others] = files;
  if (file === undefined) {
    throw new PictureError(
      "no_picture",
      "Bring the picture itself, as a file: save it first, or copy it with “Copy image”.",
    );
  }
  if (others.length > 0) {
    throw new PictureError(
      "several_files",
      `There is one frame on this wall, and you brought ${others.length + 1} files. Choose one of them.`,
    );
  }
  return file;
}

/**
 * Return what to send: the file as it is, or a smaller JPEG of it, turned upright.
 * @param {File} file
 * @returns {Promise<Blob>} its type is what the content is
 */
export async function prepare(file) {
  const type = await typeOf(file);
  if (type === HEIC) return shrink(file, () => refuseHeic(file));
  if (file.size > SEND_AS_IS_BYTES) return shrink(file, () => file.slice(0, file.size, type));
  return file.slice(0, file.size, type);
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
 * @param {File} file
 * @param {() => Blob} otherwise what to send where this browser cannot decode the picture
 * @returns {Promise<Blob>}
 */
async function shrink(file, otherwise) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return otherwise();
  }
  const scale = Math.min(1, SHRUNK_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) return otherwise();
  context.fillStyle = "white"; // JPEG has no transparency; the service puts it on white too
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? otherwise()), "image/jpeg", JPEG_QUALITY);
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
