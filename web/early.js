// @ts-check
/**
 * Runs before anything is painted: whoever comes for another page than Home shall not see Home first,
 * and its files are asked for at once and not after those of the frame. A module would run too late.
 */

{
  const name = /^#\/(styles|chronology|model|about)(?:\/|$)/.exec(location.hash)?.[1];
  if (name !== undefined) {
    document.documentElement.dataset["opening"] = name;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = `pages/${name}.css`;
    document.head.append(link);
    import(`./pages/${name}.js`).catch(() => {}); // router.js asks again, and says what is wrong
  }
}
