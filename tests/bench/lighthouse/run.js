// @ts-check
/**
 * Runs Lighthouse: `node run.js ADDRESS PICTURE FORM PAGE...`, FORM is mobile or desktop, PAGE a hash
 * or "answer". Prints a JSON object per page: scores in per cent, and how fast Lighthouse found the
 * machine. CHROME_PATH names the browser. Pictures of works are WikiArt's, and blocked.
 */

import * as chromeLauncher from "chrome-launcher";
import lighthouse, { snapshot } from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";
import puppeteer from "puppeteer-core";

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const [address = "", picture = "", form = "", ...pages] = process.argv.slice(2);
const config = form === "desktop" ? desktop : undefined;
const chrome = await chromeLauncher.launch({ chromeFlags: ["--headless=new", "--no-sandbox"] });
const flags = {
  port: chrome.port,
  logLevel: /** @type {const} */ ("error"),
  onlyCategories: CATEGORIES,
  blockedUrlPatterns: ["https://*.wikiart.org/*"],
};

try {
  for (const page of pages) {
    const result = page === "answer" ? await answer() : await lighthouse(`${address}/${page}`, flags, config);
    if (result === undefined) throw new Error(`Lighthouse says nothing of ${page}`);
    const { categories, environment } = result.lhr;
    const scores = Object.fromEntries(
      Object.entries(categories).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]),
    );
    const index = Math.round(environment.benchmarkIndex);
    process.stdout.write(`${JSON.stringify({ page, form, scores, index })}\n`);
  }
} finally {
  chrome.kill();
}

/** An answer has no address: it is brought about, and looked at as it stands; that has no speed. */
async function answer() {
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
  const tab = await browser.newPage();
  if (form === "mobile") await tab.setViewport({ width: 412, height: 823, isMobile: true });
  await tab.goto(address);
  const input = await tab.waitForSelector("#file");
  await tab.waitForSelector(".example"); // Home listens by now
  await /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (input).uploadFile(picture);
  await tab.waitForSelector("#answer:not([hidden])");
  const options = { ...flags, onlyCategories: CATEGORIES.slice(1) };
  const result = await snapshot(tab, { config, flags: options });
  await tab.close();
  await browser.disconnect();
  return result;
}
