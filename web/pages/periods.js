// @ts-check
/** What the Chronology says of one style, and which works it shows. Pure, so that it needs no page. */

/** @typedef {import("../charts/ridge.js").Ridge} Ridge */
/** @typedef {import("../api.js").Work} Work */
/** @typedef {Work & {wikiart_style: string}} FiledWork */

const SHOWN = 6;
const PAGE = 100;
/** A style that hides behind others in all of these pages has hardly any works. */
const PAGES = 4;

/**
 * @param {Ridge} ridge
 * @returns {string}
 */
export function describeRidge({ source, works, first, median, last }) {
  if (source === "literature") {
    const has =
      works === 0
        ? "no dated works"
        : works === 1
          ? "only 1 dated work"
          : `only ${works} dated works`;
    return `From ${first} to ${last}, as books have it: the catalogue has ${has} of it.`;
  }
  const dated = `${works.toLocaleString("en")} dated works`;
  return `Nearly all of its ${dated} were made from ${first} to ${last}, half of them by ${median}.`;
}

/**
 * Find works of a WikiArt style; the API knows the style that unites it with others.
 * @param {Ridge} ridge
 * @param {(path: string) => Promise<{works: FiledWork[], next_cursor: string | null}>} get
 * @returns {Promise<Work[]>} those of its years if there are any, else any
 */
export async function findWorks(ridge, get) {
  const { style, first, last } = ridge;
  const inYears = await walk(ridge, get, {
    style,
    year_from: String(first),
    year_to: String(last),
  });
  return inYears.length > 0 ? inYears : walk(ridge, get, { style });
}

/**
 * @param {Ridge} ridge
 * @param {(path: string) => Promise<{works: FiledWork[], next_cursor: string | null}>} get
 * @param {Record<string, string>} filters
 * @returns {Promise<Work[]>}
 */
async function walk({ wikiart_style }, get, filters) {
  const query = new URLSearchParams({ ...filters, limit: String(PAGE) });
  const found = [];
  for (let turn = 0; turn < PAGES && found.length < SHOWN; turn += 1) {
    const { works, next_cursor } = await get(`/v1/artworks?${query}`);
    found.push(...works.filter((work) => work.wikiart_style === wikiart_style));
    if (next_cursor === null) break;
    query.set("cursor", next_cursor);
  }
  return found;
}

/**
 * @param {Work[]} works
 * @returns {Work[]} a few, each by another artist while there are enough, the earliest first
 */
export function chooseWorks(works) {
  const ofArtist = new Map(works.map((work) => [work.artist, work]));
  const chosen = spread([...ofArtist.values()], SHOWN);
  for (const work of works) {
    if (chosen.length >= SHOWN) break;
    if (!chosen.includes(work)) chosen.push(work);
  }
  return chosen.sort((a, b) => (a.year ?? Infinity) - (b.year ?? Infinity) || 0);
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {number} most
 * @returns {Item[]} at most so many, from all over the list
 */
function spread(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => {
    const index = Math.floor((at * items.length) / most);
    return /** @type {Item} */ (items[index]);
  });
}
