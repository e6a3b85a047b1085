// @ts-check
/** A work's palette as a small composition, for where its picture does not come. */

import { draw } from "./elements.js";

const GOLDEN = 0.618;
const COLOUR = /^#[0-9a-f]{6}$/i;

/** @typedef {{x: number, y: number, width: number, height: number, colour: string}} Area */

/**
 * Divide the unit square by the golden section, across and down in turn; the first colour gets the
 * largest area.
 * @param {string[]} colours such as "#c2b8a3"; what is none is left out
 * @returns {Area[]}
 */
export function areasOf(colours) {
  const good = colours.filter((colour) => COLOUR.test(colour));
  let rest = { x: 0, y: 0, width: 1, height: 1 };
  return good.map((colour, index) => {
    const share = index === good.length - 1 ? 1 : GOLDEN;
    const isAcross = index % 2 === 0;
    const width = isAcross ? rest.width * share : rest.width;
    const height = isAcross ? rest.height : rest.height * share;
    const area = { x: rest.x, y: rest.y, width, height, colour };
    rest = isAcross
      ? { ...rest, x: rest.x + width, width: rest.width - width }
      : { ...rest, y: rest.y + height, height: rest.height - height };
    return area;
  });
}

/**
 * @param {string[]} colours
 * @returns {SVGSVGElement}
 */
export function drawPalette(colours) {
  const areas = areasOf(colours).map(({ colour, ...place }) =>
    draw("rect", { ...place, fill: colour }),
  );
  return draw(
    "svg",
    {
      class: "palette",
      viewBox: "0 0 1 1",
      preserveAspectRatio: "none",
      "shape-rendering": "crispEdges",
      "aria-hidden": "true",
    },
    ...areas,
  );
}
