// @ts-check
/**
 * MobileNetV2 as two drawings: one block, and all 17 in a row. Numbers are those of Sandler et al.,
 * "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), table 2.
 */

import { draw } from "../elements.js";
import { drawing } from "./frame.js";
import { round } from "./paths.js";

/**
 * @typedef {{
 *   kind: "convolution" | "blocks",
 *   expansion: number | null,
 *   channels: number,
 *   repeats: number,
 *   stride: number,
 * }} Stage
 * @typedef {{
 *   x: number,
 *   y: number,
 *   width: number,
 *   height: number,
 *   hasShortcut: boolean,
 *   isHeard: boolean,
 *   stage: number,
 * }} Column
 * @typedef {{size: number, from: number, to: number} & Stage} StageLayout
 */

/** @type {readonly Stage[]} in order; the stride is that of the first of the repeats */
export const STAGES = [
  { kind: "convolution", expansion: null, channels: 32, repeats: 1, stride: 2 },
  { kind: "blocks", expansion: 1, channels: 16, repeats: 1, stride: 1 },
  { kind: "blocks", expansion: 6, channels: 24, repeats: 2, stride: 2 },
  { kind: "blocks", expansion: 6, channels: 32, repeats: 3, stride: 2 },
  { kind: "blocks", expansion: 6, channels: 64, repeats: 4, stride: 2 },
  { kind: "blocks", expansion: 6, channels: 96, repeats: 3, stride: 1 },
  { kind: "blocks", expansion: 6, channels: 160, repeats: 3, stride: 2 },
  { kind: "blocks", expansion: 6, channels: 320, repeats: 1, stride: 1 },
  { kind: "convolution", expansion: null, channels: 1280, repeats: 1, stride: 1 },
];

/** blocks, counted from 0, whose widest channels the head `levels` hears, as architectures.py has it */
export const HEARD = [6, 10, 13, 16];

/**
 * @param {boolean} hearsLevels whether the model hears blocks on the way, and ends with the last
 * @returns {readonly Stage[]} those that the model has
 */
export function stagesOf(hearsLevels) {
  return hearsLevels ? STAGES.slice(0, -1) : STAGES;
}

/** @returns {number[]} how many channels each block that is heard has where it is widest */
export function heardChannels() {
  const blocks = STAGES.filter(({ kind }) => kind === "blocks").flatMap((stage) =>
    Array.from({ length: stage.repeats }, () => stage),
  );
  return HEARD.map((at) => (blocks[at]?.expansion ?? 1) * (blocks[at - 1]?.channels ?? 0));
}

const TALLEST = 150;
const THINNEST = 5;
const COLUMN_GAP = 11;
const STAGE_GAP = 36;
const FOOT = 74;
const HEAD = 26;

/**
 * @param {number} inputPx side of the picture
 * @returns {number[]} side of what each stage gives, in pixels
 */
export function sizesOf(inputPx) {
  let size = inputPx;
  return STAGES.map(({ stride }) => {
    size = Math.ceil(size / stride);
    return size;
  });
}

/**
 * @param {number} inputPx
 * @param {boolean} [hearsLevels]
 * @returns {{width: number, height: number, columns: Column[], stages: StageLayout[]}} a column is as
 *   tall as its output (by its root, so that small ones can be seen) and as thick as its channels
 */
export function layStages(inputPx, hearsLevels = false) {
  const sizes = sizesOf(inputPx);
  const middle = HEAD + TALLEST / 2;
  /** @type {Column[]} */
  const columns = [];
  let x = 22;
  let blocks = 0;
  const stages = stagesOf(hearsLevels).map((stage, at) => {
    const size = sizes[at] ?? 1;
    const height = round(TALLEST * Math.sqrt(size / (sizes[0] ?? 1)));
    const width = round(THINNEST + Math.sqrt(stage.channels) * 0.8);
    const from = x;
    for (let turn = 0; turn < stage.repeats; turn += 1) {
      columns.push({
        x: round(x),
        y: round(middle - height / 2),
        width,
        height,
        hasShortcut: turn > 0,
        isHeard: hearsLevels && stage.kind === "blocks" && HEARD.includes(blocks),
        stage: at,
      });
      if (stage.kind === "blocks") blocks += 1;
      x += width + COLUMN_GAP;
    }
    const to = x - COLUMN_GAP;
    x = to + STAGE_GAP;
    return { ...stage, size, from, to };
  });
  return { width: x - STAGE_GAP + 24, height: HEAD + TALLEST + FOOT, columns, stages };
}

/**
 * @param {number} inputPx
 * @param {boolean} hearsLevels
 * @param {string} description
 * @returns {SVGSVGElement}
 */
export function drawStages(inputPx, hearsLevels, description) {
  const layout = layStages(inputPx, hearsLevels);
  const foot = HEAD + TALLEST + 18;
  return drawing(
    layout,
    description,
    ...layout.columns.map(({ x, y, width, height, stage, isHeard }) => {
      const kind = isHeard ? "heard" : (STAGES[stage]?.kind ?? "blocks");
      return draw("rect", { class: `layer is-${kind}`, x, y, width, height });
    }),
    ...layout.columns.filter((column) => column.hasShortcut).map(drawShortcut),
    ...layout.stages.flatMap(({ from, to, size, channels, stride }) => {
      const x = (from + to) / 2;
      const lines = [`${channels}`, `${size}\u00a0px`, stride === 2 ? "halved" : ""];
      return lines.map((text, at) =>
        draw(
          "text",
          { class: at === 0 ? "row-name" : "tick", x, y: foot + at * 18, "text-anchor": "middle" },
          text,
        ),
      );
    }),
  );
}

/**
 * @param {Column} column
 * @returns {SVGElement} from the block before over this one
 */
function drawShortcut({ x, y, width }) {
  const start = x - COLUMN_GAP / 2;
  const end = x + width + COLUMN_GAP / 2;
  const top = y - 4;
  return draw("path", {
    class: "shortcut",
    d: `M${start} ${top}C${start} ${top - 12} ${end} ${top - 12} ${end} ${top}`,
  });
}

/** @type {readonly {wide: boolean, title: string, text: string}[]} what a block makes, from the top */
const STEPS = [
  { wide: false, title: "In: few channels", text: "" },
  { wide: true, title: "1×1 convolution widens", text: "six times as many; ReLU6" },
  {
    wide: true,
    title: "3×3 depthwise convolution",
    text: "in each channel alone; ReLU6",
  },
  { wide: false, title: "1×1 convolution narrows", text: "linear: no ReLU6 after it" },
];
const STEP = 66;
const BAR = 14;

/**
 * @param {number} width
 * @param {string} description
 * @returns {SVGSVGElement}
 */
export function drawBlock(width, description) {
  const whole = Math.min(width, 520);
  const wide = Math.min(170, whole * 0.28);
  const [middle, textX] = [20 + wide / 2, 20 + wide + 14];
  const yOf = (/** @type {number} */ at) => 24 + at * STEP;
  const end = yOf(STEPS.length);
  const [first, last] = [yOf(0), end];
  return drawing(
    { width: whole, height: end + 44 },
    description,
    draw("path", {
      class: "shortcut",
      d: `M${middle - wide / 12} ${first + BAR / 2}H4V${last + BAR / 2}H${middle - 12}`,
    }),
    ...STEPS.flatMap(({ wide: isWide, title, text }, at) => {
      const size = isWide ? wide : wide / 6;
      const y = yOf(at);
      return [
        draw("rect", { class: "layer", x: middle - size / 2, y, width: size, height: BAR }),
        draw("path", { class: "flow", d: `M${middle} ${y + BAR + 5}V${y + STEP - 6}` }),
        draw("text", { class: "row-name", x: textX, y: y + 8 }, title),
        draw("text", { class: "tick", x: textX, y: y + 26 }, text),
      ];
    }),
    draw("circle", { class: "sum", cx: middle, cy: last + BAR / 2, r: 11 }),
    draw("path", {
      class: "plus",
      d: `M${middle - 5} ${last + BAR / 2}h10M${middle} ${last + BAR / 2 - 5}v10`,
    }),
    draw("text", { class: "row-name", x: textX, y: last + 8 }, "Added to what came in"),
    draw("text", { class: "tick", x: textX, y: last + 26 }, "if size and channels agree"),
  );
}
