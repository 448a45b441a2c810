// Titles and words that try to be more than text do nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { build, exportOf, launch, open, settled } from "./support.mjs";

const TITLES = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(2)</script>",
  "</title><svg onload=alert(3)>",
  "<!--<script>",
  "{{script}} {{data}}",
  "javascript:alert(4)",
  '=HYPERLINK("http://evil.example")',
  "\u202eright to left\u202c \u2028 \u2029",
];
let browser;
let folder;

before(async () => {
  const subjects = [
    "sourdough bread and its starter",
    "a marathon plan with long runs",
    "the index of a slow database",
  ];
  const conversations = Array.from({ length: 24 }, (_, at) => {
    const title = TITLES[at % TITLES.length];
    return { title, words: `${title} Tell me about ${subjects[at % 3]}, ${title} please, part ${at}.` };
  });
  folder = build(exportOf(conversations));
  browser = await launch();
});
after(() => browser.close());

test("the page shows them as they are and runs none", async () => {
  const { page, troubles } = await open(browser, `file://${folder}/graph.html`);
  await settled(page);
  const elements = () =>
    page.evaluate(
      () => document.querySelectorAll("img, iframe, object, script:not([type]), [onerror], [onload]").length,
    );
  for (const title of TITLES) {
    await page.locator("#search").fill(title.slice(0, 9).trim());
    await page.waitForTimeout(60);
    await page.locator("#hits .row").first().click();
    assert.equal(await elements(), 0, title);
    await page.keyboard.press("Escape");
  }
  await page.locator("#search").fill("");
  const ids = await page.evaluate(() =>
    JSON.parse(document.getElementById("graph-data").textContent).nodes.map((node) => [node[0], node[1]]),
  );
  const [id] = ids.find(([, title]) => title === TITLES[0]);
  await page.evaluate((next) => {
    location.hash = `node=${next}`;
  }, id);
  await page.waitForSelector("#detail h2");
  assert.equal(await page.locator("#detail h2").textContent(), TITLES[0]);
  await page.getByRole("tab", { name: "Summary" }).click();
  assert.equal(await elements(), 0);
  assert.deepEqual(troubles, []);
});

test("what is saved holds them as text", async () => {
  const { page, troubles } = await open(browser, `file://${folder}/graph.html`);
  await settled(page);
  const saved = async (name) => {
    await page.getByRole("button", { name: "Save or export" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return readFileSync(await download.path(), "utf8");
  };
  const drawing = await saved("Drawing (SVG)");
  const foreign = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    return [...parsed.querySelectorAll("parsererror, script, img, foreignObject, [onload], [onerror], [href]")].map(
      (one) => one.outerHTML,
    );
  }, drawing);
  assert.deepEqual(foreign, []);
  assert.ok(drawing.includes("&lt;img src=x onerror=alert(1)&gt;"));
  assert.match(await saved("Conversations (CSV)"), /"'=HYPERLINK\(""http/);
  assert.deepEqual(troubles, []);
});
