// @ts-check
/** MobileNetV2 explained: one block, and the row of all blocks. */

import { drawBlock, drawStages, heardChannels, sizesOf, stagesOf } from "../charts/mobilenet.js";
import { make } from "../elements.js";
import { drawn, figure, folded, section, thousands } from "./parts.js";
import { factsTable, scroller } from "./tables.js";

/** @typedef {import("./model-card.js").Manifest} Manifest */
/** @typedef {import("./model-card.js").Evaluation} Evaluation */

/**
 * @param {Manifest} manifest
 * @param {Evaluation | null} evaluation
 * @returns {HTMLElement[]} nothing for another architecture, which these drawings do not show
 */
export function architectureSection(manifest, evaluation) {
  const { architecture, input_size_px: size } = manifest;
  if (architecture !== "mobilenetv2") return [];
  const hearsLevels = evaluation?.recipe["head"] === "levels";
  const hidden = Number(evaluation?.recipe["hidden_units"] ?? 0);
  return [
    section(
      "architecture",
      "What is inside: MobileNetV2",
      "MobileNetV2 was made for telephones by Sandler, Howard, Zhu, Zhmoginov and Chen in 2018. It is " +
        "a row of 17 small blocks. Between the blocks a picture is kept in few channels, which is " +
        "cheap to pass on; only inside a block is it spread out, looked at, and drawn together again. " +
        "Ordinary residual blocks do it the other way round, wide outside and narrow inside, so " +
        "this one is called an inverted residual.",
      figure(
        drawn((width) =>
          drawBlock(
            width,
            "One block: a 1×1 convolution widens few channels sixfold, a 3×3 depthwise convolution " +
              "looks around in each channel, a 1×1 convolution without activation narrows them " +
              "again, and what came in is added where size and channels are the same.",
          ),
        ),
        "One block. The length of a bar stands for channels. The last step has no ReLU6, the function " +
          "that cuts off what is below 0 or above 6: among few channels it would destroy too much. " +
          "That is the linear bottleneck.",
      ),
      `A picture comes in as ${size} × ${size} pixels in three colours. A plain convolution halves ` +
        "it, and the 17 blocks halve it four times more while the channels grow from 16 to 320. " +
        (hearsLevels ? levelsText(manifest, hidden) : lastText(manifest)),
      figure(
        scroller(
          "The row of all blocks",
          drawStages(
            size,
            hearsLevels,
            "From left to right: a convolution, 17 blocks in seven groups" +
              (hearsLevels ? ". " : ", and a last convolution. ") +
              "The table below has the numbers.",
          ),
        ),
        "All blocks from left to right, each as tall as its picture and as thick as its channels. " +
          "Below a group: its channels, and the side of its picture. An arc passes what came in around " +
          (hearsLevels
            ? "a block. Grey: the plain convolution. In colour: the blocks that are heard."
            : "a block. Grey: the two plain convolutions."),
      ),
      folded(stagesTable(size, hearsLevels)),
    ),
  ];
}

/**
 * @param {Manifest} manifest
 * @returns {string} what follows the blocks where the head takes the last convolution
 */
function lastText({ input_size_px: size, styles, embedding_size }) {
  const last = sizesOf(size).at(-1) ?? 0;
  return (
    `A last convolution makes 1,280 channels of ${last}\u00a0×\u00a0${last} places. Their mean over ` +
    `all places goes to one layer with ${styles.length} outputs, the styles; the same layer asked ` +
    "place by place gives the light on the picture, and a second one gives the " +
    `${embedding_size} numbers by which works are compared.`
  );
}

/**
 * @param {Manifest} manifest
 * @param {number} hidden units of the layer before the styles; 0 where there is none
 * @returns {string} what follows where the head hears blocks on the way
 */
function levelsText({ styles, embedding_size }, hidden) {
  const channels = heardChannels();
  const total = channels.reduce((sum, count) => sum + count, 0);
  return (
    "Style is texture and colour as much as things, so the model hears the first block of each of " +
    `the last four groups where it is widest: ${channels.slice(0, -1).map(thousands).join(", ")} and ` +
    `${thousands(channels.at(-1) ?? 0)} channels. What MobileNetV2 has after that, to name a thousand ` +
    `things, is left out. The means of these ${thousands(total)} channels over all places, brought to ` +
    "one scale, go to " +
    (hidden > 0 ? `a layer of ${thousands(hidden)} numbers, and these to ` : "") +
    `one with ${styles.length} outputs, the styles; the same asked place by place gives the light on ` +
    `the picture, and one more layer gives the ${embedding_size} numbers by which works are compared.`
  );
}

/**
 * @param {number} size
 * @param {boolean} hearsLevels
 * @returns {HTMLElement}
 */
function stagesTable(size, hearsLevels) {
  const sizes = sizesOf(size);
  const rows = stagesOf(hearsLevels).map(({ kind, expansion, channels, repeats, stride }, at) => [
    kind === "blocks" ? "Blocks" : at === 0 ? "Convolution 3×3" : "Convolution 1×1",
    expansion === null ? "–" : `${expansion} times`,
    thousands(channels),
    String(repeats),
    String(stride),
    `${sizes[at]} × ${sizes[at]}`,
  ]);
  return make(
    "div",
    {},
    factsTable({
      name: "The stages of MobileNetV2",
      heads: ["Stage", "Widened", "Channels", "How many", "Stride of the first", "Output"],
      rows,
    }),
  );
}
