// The page of `graphnode serve`: from an export that is dropped to a map, a search, and nothing left.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exportOf, findings, folder, launch, open, pointAtNode, serve, settled } from "./support.mjs";

const SUBJECTS = [
  ["Sourdough", "How long does the dough of a sourdough bread rise before it goes into the oven"],
  ["Marathon", "Which long runs belong into a plan for a first marathon, and how do my knees survive it"],
  ["Postgres", "Why does the database not use the index of this table for a query with two joins"],
  ["Lisbon", "What should we see in Lisbon in three days with a child and little money"],
];
let browser;
let server;

before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.end();
});

function someExport() {
  const conversations = Array.from({ length: 32 }, (_, at) => {
    const [title, words] = SUBJECTS[at % 4];
    return { title: `${title}, part ${at}`, words: `${words}? This is my question number ${at} about ${title}.` };
  });
  return exportOf(conversations, ["no conversation at all"]);
}

const start = (fragment = "") => open(browser, `${server.address}/${fragment}`, { origin: server.address });

test("an export that is dropped becomes a map that can be searched, and goes again", async () => {
  const { page, troubles, close } = await start();
  await page.waitForSelector(".shelf h2");
  assert.deepEqual(await findings(page), []);

  const content = readFileSync(someExport(), "utf8");
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "my chats.json", { type: "application/json" }));
    return transfer;
  }, content);
  await page.dispatchEvent("#drop", "drop", { dataTransfer: data });
  const bar = page.getByRole("progressbar", { name: "my-chats" });
  await bar.waitFor();
  assert.deepEqual(await findings(page), []);
  await settled(page);
  assert.match(page.url(), /#task=/);
  assert.match(await page.locator(".brand").textContent(), /32 conversations/);

  // What was skipped, and why.
  await page.locator(".report summary").click();
  assert.match(await page.locator(".report").textContent(), /1 item is not on the map:.*\(item 33\)/s);

  // Panel, and search by meaning as soon as the vectors are in the index.
  const { x, y, title } = await pointAtNode(page);
  await page.mouse.click(x, y);
  assert.equal(await page.locator("#detail h2").textContent(), title);
  await page.keyboard.press("Escape");
  const meant = page.locator(".meant .row .title");
  await page.locator("#search").fill("when is bread ready to bake");
  for (let attempt = 0; attempt < 20 && (await meant.count()) === 0; attempt++) {
    await page.waitForTimeout(700);
    await page.locator("#search").fill(`when is bread ready to bake${" ".repeat(attempt % 2)}`);
    await page.waitForTimeout(700);
  }
  assert.match(await meant.first().textContent(), /Sourdough/);
  assert.deepEqual(await findings(page), []);

  // Back to the list, and away with it.
  await page.getByRole("button", { name: "All graphs" }).click();
  await page.getByRole("button", { name: /^Open my-chats/ }).waitFor();
  await page.getByRole("button", { name: "Delete my-chats" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Delete my-chats" }).click();
  await page.locator(".question .primary").click();
  await page.getByText("None yet.").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("what is no export is refused in words", async () => {
  const { page, troubles, close } = await start();
  await page.waitForSelector(".shelf h2");
  const file = join(folder(), "holiday.pdf");
  const refused = async (content, words) => {
    writeFileSync(file, content);
    await page.setInputFiles("#file", file);
    await page.getByRole("alert").getByText(words).waitFor();
  };
  await refused("%PDF-1.7", /“holiday.pdf” is no export/);
  await refused("", /“holiday.pdf” is empty/);
  // It looks like one and is none: the job fails, and its reason is told.
  await refused('{"nothing": "here"}', /The map could not be built:|That did not work:/);
  assert.deepEqual(troubles, []);
  await close();
});

test("a graph that is gone is told, with the way back", async () => {
  const { page, close } = await start("#task=0198c1c2-0000-7000-8000-000000000000");
  await page.getByText("That graph is not here any more.").waitFor();
  await page.getByRole("link", { name: "All graphs" }).click();
  await page.waitForSelector(".drop");
  await close();
});

test("a server that ended is told", async () => {
  const other = await serve();
  const { page, close } = await open(browser, other.address, { origin: other.address });
  await page.waitForSelector(".shelf h2");
  await other.end();
  await page.setInputFiles("#file", someExport());
  await page.getByText("The server does not answer.").waitFor();
  await close();
});
