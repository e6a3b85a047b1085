// @ts-check
/** Famous works for who has no picture at hand; the files lie in `art/`. */

/**
 * @typedef {{
 *   file: string,
 *   title: string,
 *   artist: string,
 *   year: string,
 *   museum: string,
 *   licence: string,
 * }} Example file: without its suffix, of `art/FILE.jpg` and of `art/FILE-small.webp`
 */

const PUBLIC_DOMAIN = "public domain, as the source states";

/** @type {ReadonlyArray<Example>} */
export const EXAMPLES = [
  {
    file: "great-wave",
    title: "The Great Wave",
    artist: "Katsushika Hokusai",
    year: "about 1831",
    museum: "woodblock print; impressions in many museums",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "birth-of-venus",
    title: "The Birth of Venus",
    artist: "Sandro Botticelli",
    year: "about 1485",
    museum: "Uffizi, Florence",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "night-watch",
    title: "The Night Watch",
    artist: "Rembrandt van Rijn",
    year: "1642",
    museum: "Rijksmuseum, Amsterdam",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "wanderer",
    title: "Wanderer above the Sea of Fog",
    artist: "Caspar David Friedrich",
    year: "about 1818",
    museum: "Hamburger Kunsthalle",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "gleaners",
    title: "The Gleaners",
    artist: "Jean-François Millet",
    year: "1857",
    museum: "Musée d'Orsay, Paris",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "impression-sunrise",
    title: "Impression, Sunrise",
    artist: "Claude Monet",
    year: "1872",
    museum: "Musée Marmottan Monet, Paris",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "the-kiss",
    title: "The Kiss",
    artist: "Gustav Klimt",
    year: "1907 to 1908",
    museum: "Belvedere, Vienna",
    licence: PUBLIC_DOMAIN,
  },
  {
    file: "composition-viii",
    title: "Composition VIII",
    artist: "Wassily Kandinsky",
    year: "1923",
    museum: "Solomon R. Guggenheim Museum, New York",
    licence: PUBLIC_DOMAIN,
  },
];
