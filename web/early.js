// @ts-check
/**
 * Runs before anything is painted, which a module does not: whoever comes for another page than Home
 * shall not see Home first. And it asks for all files of a page at once, not level by level as they
 * name each other.
 */

{
  const WORKS = ["palette", "work-card"];
  const PAGE = ["pages/loading", "pages/tables"];
  const DRAWN = ["charts/frame", "charts/paths"];
  const IS_DRAWN = new Set(["model", "about"]);
  /** @type {Readonly<Record<string, string[]>>} what each page imports, by its name in the address */
  const FILES = {
    "": [
      ...WORKS,
      "answer",
      "batch",
      "batch-view",
      "card",
      "charts/placement",
      "csv",
      "examples",
      "examples-view",
      "feedback",
      "home",
      "light",
      "original",
      "picture",
      "story",
      "take",
      "view",
      "works",
    ],
    styles: [...WORKS, ...PAGE, "pages/record", "pages/style", "pages/styles", "pages/works"],
    chronology: [...WORKS, ...PAGE, ...DRAWN, "charts/ridge", "pages/chronology", "pages/periods"],
    model: [
      ...PAGE,
      ...DRAWN,
      "charts/bars",
      "charts/confusion",
      "charts/dots",
      "charts/lines",
      "charts/mobilenet",
      "charts/reliability",
      "pages/model",
      "pages/model-architecture",
      "pages/model-card",
      "pages/model-changes",
      "pages/model-confusion",
      "pages/model-doubts",
      "pages/model-headline",
      "pages/model-history",
      "pages/model-likeness",
      "pages/model-lists",
      "pages/model-recipe",
      "pages/model-roc",
      "pages/model-study",
      "pages/parts",
    ],
    about: [
      ...DRAWN,
      "charts/architecture",
      "examples",
      "pages/about",
      "pages/parts",
      "pages/references",
    ],
  };

  const name = /^#\/([a-z]+)/.exec(location.hash)?.[1] ?? "";
  const page = Object.hasOwn(FILES, name) ? name : "";
  for (const file of FILES[page] ?? []) ask("modulepreload", `${file}.js`);
  if (page !== "") {
    document.documentElement.dataset["opening"] = page;
    for (const file of ["page", ...(IS_DRAWN.has(page) ? ["figures"] : []), page]) {
      ask("stylesheet", `pages/${file}.css`); // router.js waits for it
    }
  }

  /**
   * @param {string} rel
   * @param {string} href
   */
  function ask(rel, href) {
    const link = document.createElement("link");
    link.rel = rel;
    link.href = href;
    document.head.append(link);
  }
}
