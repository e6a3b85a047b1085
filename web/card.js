// @ts-check
/** The answer as a picture to take along: what hangs in the frame, and the label beneath it. */

import { fitInside, toBlob } from "./picture.js";

const WIDTH_PX = 1200;
const HEIGHT_PX = 1500;
const MARGIN_PX = 80;
const PICTURE = { width: WIDTH_PX - 2 * MARGIN_PX, height: 1000 };
const SERIF = '"Iowan Old Style", Palatino, "Palatino Linotype", P052, Georgia, serif';
const SANS = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
const COLOURS = {
  wall: "#faf7f0",
  mat: "#fffdf9",
  ink: "#1f1a15",
  soft: "#5e554a",
  rule: "#8d8172",
};

/** @typedef {{headline: string, odds: string, colophon: string}} Label */

/**
 * @param {HTMLImageElement} picture loaded
 * @param {Label} label
 * @returns {Promise<Blob>} a PNG
 */
export async function drawCard(picture, label) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH_PX;
  canvas.height = HEIGHT_PX;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser draws no canvas");
  pen.fillStyle = COLOURS.wall;
  pen.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
  hang(pen, picture);
  write(pen, label);
  const blob = await toBlob(canvas, "image/png");
  if (blob === null) throw new Error("this browser makes no PNG");
  return blob;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLImageElement} picture
 */
function hang(pen, picture) {
  const scale = Math.max(1, PICTURE.width / picture.naturalWidth); // a small picture may grow
  const { width, height } = fitInside(
    picture.naturalWidth * scale,
    picture.naturalHeight * scale,
    PICTURE,
  );
  const x = (WIDTH_PX - width) / 2;
  const y = MARGIN_PX + (PICTURE.height - height) / 2;
  const mat = 20;
  pen.shadowColor = "rgb(60 40 20 / 35%)";
  pen.shadowBlur = 40;
  pen.shadowOffsetY = 18;
  pen.fillStyle = COLOURS.mat;
  pen.fillRect(x - mat, y - mat, width + 2 * mat, height + 2 * mat);
  pen.shadowColor = "transparent";
  pen.strokeStyle = COLOURS.rule;
  pen.strokeRect(x - mat, y - mat, width + 2 * mat, height + 2 * mat);
  pen.drawImage(picture, x, y, width, height);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Label} label
 */
function write(pen, { headline, odds, colophon }) {
  let y = MARGIN_PX + PICTURE.height + 110;
  y = writeLines(pen, headline, { y, size: 68, family: SERIF, colour: COLOURS.ink });
  y = writeLines(pen, odds, { y: y + 4, size: 34, family: SERIF, colour: COLOURS.ink });
  writeLines(pen, colophon, {
    y: Math.max(y + 20, HEIGHT_PX - 60),
    size: 22,
    family: SANS,
    colour: COLOURS.soft,
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {{y: number, size: number, family: string, colour: string}} how
 * @returns {number} where the next line may begin
 */
function writeLines(pen, text, { y, size, family, colour }) {
  pen.font = `${size}px ${family}`;
  pen.fillStyle = colour;
  const lines = breakLines(text, PICTURE.width, (part) => pen.measureText(part).width);
  for (const [index, line] of lines.entries()) {
    pen.fillText(line, MARGIN_PX, y + index * size * 1.2);
  }
  return y + lines.length * size * 1.25;
}

/**
 * @param {string} text
 * @param {number} width
 * @param {(text: string) => number} measure
 * @returns {string[]}
 */
export function breakLines(text, width, measure) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
