// @ts-check
/** MobileNetV2 explained: one block, and the row of all blocks. */

import { drawBlock, drawStages, sizesOf, STAGES } from "../charts/mobilenet.js";
import { make } from "../elements.js";
import { drawn, figure, folded, section, thousands } from "./parts.js";
import { factsTable, scroller } from "./tables.js";

/** @typedef {import("./model-card.js").Manifest} Manifest */

/**
 * @param {Manifest} manifest
 * @returns {HTMLElement[]} nothing for another architecture, which these drawings do not show
 */
export function architectureSection({ architecture, input_size_px: size, styles, embedding_size }) {
  if (architecture !== "mobilenetv2") return [];
  const last = sizesOf(size).at(-1) ?? 0;
  const places = `${last}\u00a0×\u00a0${last}`;
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
        "it, the 17 blocks halve it four times more while the channels grow from 16 to 320, and a " +
        `last convolution makes 1,280 channels of ${places} places. Their mean over all places ` +
        `goes to one layer with ${styles.length} outputs, the styles; the same layer asked place by ` +
        "place gives the light on the picture, and a second one gives the " +
        `${embedding_size} numbers by which works are compared.`,
      figure(
        scroller(
          "The row of all blocks",
          drawStages(
            size,
            "From left to right: a convolution, 17 blocks in seven groups, and a last convolution. " +
              "The table below has the numbers.",
          ),
        ),
        "All blocks from left to right, each as tall as its picture and as thick as its channels. " +
          "Below a group: its channels, and the side of its picture. An arc passes what came in around " +
          "a block. Grey: the two plain convolutions.",
      ),
      folded(stagesTable(size)),
    ),
  ];
}

/**
 * @param {number} size
 * @returns {HTMLElement}
 */
function stagesTable(size) {
  const sizes = sizesOf(size);
  const rows = STAGES.map(({ kind, expansion, channels, repeats, stride }, at) => [
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
