// graph.html of the sample, opened from disk: the map, what one can do with it, and that it asks nobody.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { build, colours, findings, launch, open, pointAtNode, SAMPLE, settled } from "./support.mjs";

const MOST_BYTES = 1.5 * 1024 * 1024;
let browser;
let address;

before(async () => {
  const file = `${build(SAMPLE)}/graph.html`;
  assert.ok(statSync(file).size <= MOST_BYTES, `${statSync(file).size} bytes`);
  address = `file://${file}`;
  browser = await launch();
});
after(() => browser.close());

/** Runs `act` on the opened page and expects no trouble. */
async function onPage(act, { fragment = "", ...options } = {}) {
  const { page, troubles, close } = await open(browser, address + fragment, options);
  await settled(page);
  await act(page);
  assert.deepEqual(troubles, []);
  await close();
}

const heading = (page) => page.locator("#detail h2").textContent();

test("the map is drawn, and every conversation is counted", () =>
  onPage(async (page) => {
    assert.match(await page.locator(".brand").textContent(), /192 conversations · 8 topics/);
    assert.ok((await colours(page, { x: 380, y: 20, width: 820, height: 640 })) > 200);
    const counts = await page.locator(".page-topics .count").allTextContents();
    assert.equal(
      counts.map(Number).reduce((sum, count) => sum + count),
      192,
    );
  }));

test("a node says what it is, opens, and leads to its neighbours and back", () =>
  onPage(async (page) => {
    const { x, y, title } = await pointAtNode(page);
    await page.mouse.click(x, y);
    assert.equal(await heading(page), title);
    assert.match(page.url(), /#node=\d+/);
    await page.locator("#detail section").last().locator(".row").first().click();
    assert.notEqual(await heading(page), title);
    await page.goBack();
    await page.waitForFunction((words) => document.querySelector("#detail h2").textContent === words, title);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#detail").isVisible(), false);
  }));

test("a topic tells about itself, and its conversations are there", () =>
  onPage(async (page) => {
    const topic = page.locator(".page-topics .topic").first();
    await topic.click();
    assert.equal(await topic.getAttribute("aria-pressed"), "true");
    assert.equal(await heading(page), await topic.locator(".title").textContent());
    await page.locator("#detail details summary").click();
    await page.waitForSelector("#detail details li");
    assert.equal(await page.locator("#detail details li").count(), Number(await topic.locator(".count").textContent()));
  }));

test("the search filters at once, and the address keeps it", () =>
  onPage(async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("stew");
    const shown = await page.locator(".hits-head h3").textContent();
    assert.match(shown, /^[1-9]\d* of 192 shown$/);
    assert.equal(await page.locator(".meant section").count(), 0, "from disk nobody can tell what is near in meaning");
    await page.reload();
    await settled(page);
    assert.equal(await page.locator("#search").inputValue(), "stew");
    assert.equal(await page.locator(".hits-head h3").textContent(), shown);
    await page.locator("#search").press("Enter");
    assert.ok(await page.locator("#detail").isVisible());
  }));

test("filters of topic, source and date leave what fits", () =>
  onPage(async (page) => {
    const shown = async () => Number((await page.locator(".hits-head h3").textContent()).split(" ")[0]);
    await page.locator(".filter-opener").click();
    await page.getByLabel("Note", { exact: true }).check();
    assert.equal(await shown(), 6);
    await page.getByLabel("Note", { exact: true }).uncheck();
    await page.locator(".filters fieldset").last().locator("input").first().check();
    const ofTopic = await shown();
    assert.ok(ofTopic > 10 && ofTopic < 60, String(ofTopic));
    await page.getByRole("slider", { name: "From" }).focus();
    for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowRight");
    assert.match(page.url(), /from=20\d\d-\d\d-01/);
    const later = await shown();
    assert.ok(later < ofTopic, `${later} of ${ofTopic}`);
    await page.locator(".hits-head").getByText("Show all again").click();
    assert.equal(await page.locator(".hits-head").count(), 0);
  }));

test("the summary leads to topics and conversations", () =>
  onPage(async (page) => {
    await page.getByRole("tab", { name: "Summary" }).click();
    const panel = page.getByRole("tabpanel", { name: "Summary" });
    assert.equal(await panel.locator(".curve-row").count(), 8);
    for (const title of ["Patterns", "Connections", "What next"]) {
      assert.equal(await panel.getByRole("heading", { name: title, exact: true }).count(), 1, title);
    }
    const reference = panel.locator(".card .row").first();
    const title = await reference.textContent();
    await reference.click();
    assert.equal(await heading(page), title);
  }));

test("keys move the map, Korean is spoken, and dark is kept", () =>
  onPage(async (page) => {
    await page.locator(".stage").focus();
    for (const key of ["+", "ArrowLeft", "ArrowUp", "-", "0"]) await page.keyboard.press(key);
    await page.locator(".language").selectOption("ko");
    assert.equal(await page.getAttribute("html", "lang"), "ko");
    assert.match(await page.locator(".brand").textContent(), /대화 192개/);
    await page.locator(".brand .icon").last().click();
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    await page.reload();
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    assert.equal(await page.getAttribute("html", "lang"), "ko");
  }));

test("pictures and tables can be saved", () =>
  onPage(async (page) => {
    const saved = async (name) => {
      await page.getByRole("button", { name: "Save or export" }).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      return readFileSync(await download.path());
    };
    const png = await saved("Picture (PNG)");
    assert.equal(png.toString("latin1", 1, 4), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [3000, 1875]);
    assert.ok(png.length > 100_000, `${png.length} bytes`);
    const count = async (text, type, selector) =>
      page.evaluate(
        ([text, type, selector]) => {
          const parsed = new DOMParser().parseFromString(text, type);
          return parsed.querySelector("parsererror") ? -1 : parsed.querySelectorAll(selector).length;
        },
        [text, type, selector],
      );
    assert.equal(await count(String(await saved("Drawing (SVG)")), "image/svg+xml", "circle > title"), 192);
    assert.equal(await count(String(await saved("Graph (GraphML)")), "application/xml", "node"), 192);
    const nodes = String(await saved("Conversations (CSV)"))
      .trimEnd()
      .split("\r\n");
    assert.equal(nodes[0], "\ufeffid,title,topic,date,messages,source,keywords,x,y");
    assert.equal(nodes.length, 193);
    assert.match(
      String(await saved("Links (CSV)")),
      /^\ufeffsource,target,weight,confidence,shared\r\n\d+,\d+,0\.\d+,/,
    );
  }));

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["on a phone", { viewport: { width: 390, height: 780 }, hasTouch: true, reducedMotion: "reduce" }],
]) {
  test(`axe finds nothing serious: ${name}`, () =>
    onPage(async (page) => {
      for (const fragment of ["", "#node=12", "#cluster=cluster_1", "#tab=summary", "#q=stew"]) {
        await page.evaluate((next) => {
          location.hash = next;
        }, fragment);
        await page.waitForTimeout(500);
        assert.deepEqual(await findings(page), [], fragment);
      }
    }, options));
}

test("on a phone the list is a sheet", () =>
  onPage(
    async (page) => {
      await page.touchscreen.tap(12, 40);
      const sheet = page.locator(".sheet-handle");
      await sheet.click();
      assert.equal(await sheet.getAttribute("aria-expanded"), "true");
      await page.locator(".page-topics .topic").first().click();
      assert.ok(await page.locator("#detail").isVisible());
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    },
    { viewport: { width: 390, height: 780 }, hasTouch: true },
  ));

test("a graphics context that is lost comes back with the map", () =>
  onPage(async (page) => {
    await page.evaluate(async () => {
      const context = document.querySelector(".ground").getContext("webgl2").getExtension("WEBGL_lose_context");
      context.loseContext();
      await new Promise((done) => setTimeout(done, 200));
      context.restoreContext();
    });
    await page.waitForTimeout(900);
    assert.ok((await colours(page, { x: 380, y: 20, width: 820, height: 640 })) > 200);
  }));

test("without WebGL it says so, and the lists work", async () => {
  const plain = await launch(["--no-sandbox", "--disable-3d-apis"]);
  const { page, troubles } = await open(plain, address);
  await page.waitForSelector(".notice");
  assert.match(await page.locator(".notice").textContent(), /WebGL 2/);
  await page.locator(".page-topics .topic").first().click();
  assert.ok(await page.locator("#detail").isVisible());
  assert.deepEqual(troubles, []);
  await plain.close();
});
