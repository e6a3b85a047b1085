// @ts-check
/** Pictures that the page draws itself, for who has none at hand; the same ones at each visit. */

/**
 * @typedef {CanvasRenderingContext2D} Pen
 * @typedef {{title: string, draw: (pen: Pen, width: number, height: number) => void}} Example
 */

/** @type {ReadonlyArray<Example>} */
export const EXAMPLES = [
  { title: "In the manner of Mondrian", draw: drawGrid },
  { title: "In the manner of Delaunay", draw: drawCircles },
  { title: "In the manner of Riley", draw: drawWaves },
  { title: "In the manner of Rothko", draw: drawFields },
];

/**
 * @param {number} seed
 * @returns {() => number} 0 to 1, the same row of numbers for the same seed (mulberry32)
 */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** @typedef {{x: number, y: number, width: number, height: number}} Box shares of the canvas */

/**
 * Divide a box again and again, across its longer side.
 * @param {Box} box
 * @param {() => number} random
 * @param {number} depth
 * @returns {Box[]}
 */
export function divide(box, random, depth) {
  if (depth === 0 || Math.max(box.width, box.height) < 0.16) return [box];
  const share = 0.25 + random() * 0.5;
  const { x, y, width, height } = box;
  const parts =
    width > height
      ? [
          { ...box, width: width * share },
          { ...box, x: x + width * share, width: width * (1 - share) },
        ]
      : [
          { ...box, height: height * share },
          { ...box, y: y + height * share, height: height * (1 - share) },
        ];
  return parts.flatMap((part) => divide(part, random, depth - (random() < 0.25 ? 2 : 1)));
}

/**
 * @param {Pen} pen
 * @param {number} width
 * @param {number} height
 */
function drawGrid(pen, width, height) {
  const random = randomFrom(11);
  const colours = ["#c8281c", "#22418f", "#f0c327"];
  pen.fillStyle = "#f1ece0";
  pen.fillRect(0, 0, width, height);
  pen.lineWidth = width * 0.014;
  pen.strokeStyle = "#181615";
  const boxes = divide({ x: -0.02, y: -0.02, width: 1.04, height: 1.04 }, random, 4);
  for (const box of boxes) {
    const colour = random() < 0.42 ? colours[Math.floor(random() * colours.length)] : undefined;
    pen.fillStyle = colour ?? "#f1ece0";
    const place = /** @type {const} */ ([
      box.x * width,
      box.y * height,
      box.width * width,
      box.height * height,
    ]);
    pen.fillRect(...place);
    pen.strokeRect(...place);
  }
}

/**
 * @param {Pen} pen
 * @param {number} width
 * @param {number} height
 */
function drawCircles(pen, width, height) {
  const random = randomFrom(5);
  const colours = ["#c8452d", "#e6b33c", "#2f6f62", "#efe2c6", "#7d2e3f", "#5d8fb3", "#33302e"];
  pen.fillStyle = "#1f3a63";
  pen.fillRect(0, 0, width, height);
  const discs = [
    { x: 0.62, y: 0.42, radius: 0.4 },
    { x: 0.2, y: 0.25, radius: 0.22 },
    { x: 0.27, y: 0.78, radius: 0.26 },
    { x: 0.88, y: 0.88, radius: 0.2 },
  ];
  for (const { x, y, radius } of discs) {
    for (let ring = 6; ring > 0; ring--) {
      const turn = random() * Math.PI * 2;
      for (let quarter = 0; quarter < 4; quarter++) {
        const start = turn + (quarter * Math.PI) / 2;
        pen.fillStyle = colours[Math.floor(random() * colours.length)] ?? "#000000";
        pen.beginPath();
        pen.moveTo(x * width, y * height);
        pen.arc(
          x * width,
          y * height,
          (radius * width * ring) / 6,
          start,
          start + Math.PI / 2 + 0.01,
        );
        pen.fill();
      }
    }
  }
}

/**
 * @param {Pen} pen
 * @param {number} width
 * @param {number} height
 */
function drawWaves(pen, width, height) {
  const stripes = 34;
  pen.fillStyle = "#f4f1ea";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#16130f";
  for (let stripe = -2; stripe < stripes + 2; stripe += 2) {
    pen.beginPath();
    for (let step = 0; step <= 120; step++) pen.lineTo(...waveAt(stripe, step / 120));
    for (let step = 120; step >= 0; step--) pen.lineTo(...waveAt(stripe + 1, step / 120));
    pen.fill();
  }

  /**
   * @param {number} stripe
   * @param {number} down 0 to 1
   * @returns {[number, number]}
   */
  function waveAt(stripe, down) {
    const across = stripe / stripes;
    const swing = 0.05 * Math.sin(down * 9 + across * 4) + 0.03 * Math.sin(down * 17 - across * 6);
    return [(across + swing * (0.35 + across)) * width, down * height];
  }
}

/**
 * @param {Pen} pen
 * @param {number} width
 * @param {number} height
 */
function drawFields(pen, width, height) {
  const random = randomFrom(21);
  const fields = [
    { y: 0.06, height: 0.36, colour: [196, 72, 34] },
    { y: 0.46, height: 0.16, colour: [226, 158, 62] },
    { y: 0.66, height: 0.28, colour: [92, 24, 34] },
  ];
  pen.fillStyle = "#7a2419";
  pen.fillRect(0, 0, width, height);
  for (const { y, height: tall, colour } of fields) {
    for (let wash = 0; wash < 420; wash++) {
      const edge = 0.05 + random() * 0.035;
      const top = y + random() * tall * 0.96;
      const shade = 0.86 + random() * 0.28;
      const [red = 0, green = 0, blue = 0] = colour.map((part) => Math.round(part * shade));
      pen.fillStyle = `rgb(${red} ${green} ${blue} / 14%)`;
      const thick = Math.min(tall * (0.05 + random() * 0.2), y + tall - top);
      pen.fillRect(edge * width, top * height, (1 - 2 * edge) * width, thick * height);
    }
  }
}
