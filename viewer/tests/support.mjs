// A browser, the program, and exports written for the tests.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ROOT = new URL("../..", import.meta.url).pathname;
const BINARY = process.env.GRAPHNODE_BINARY ?? join(ROOT, "target/debug/graphnode");
const MODEL = process.env.GRAPHNODE_MODEL ?? join(ROOT, "models/all-MiniLM-L6-v2");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Software rendering: the same on a machine without a graphics processor. */
const SOFTWARE = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

export const SAMPLE = join(ROOT, "examples/sample");
export const folder = () => mkdtempSync(join(tmpdir(), "graphnode-viewer-"));

export const launch = (flags = SOFTWARE) =>
  chromium.launch({ executablePath: process.env.GRAPHNODE_BROWSER ?? "/usr/bin/chromium", args: flags });

export function build(source) {
  const out = folder();
  execFileSync(BINARY, ["build", source, "--out", out, "--json"], { env: { ...process.env, GRAPHNODE_MODEL: MODEL } });
  return out;
}

/** `graphnode serve` on a free port: its address and how to end it. */
export async function serve() {
  const server = spawn(BINARY, ["serve", "--port", "0", "--data", folder(), "--json"], {
    env: { ...process.env, GRAPHNODE_MODEL: MODEL },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((done, fail) => {
    server.stdout.once("data", (data) => done(String(data)));
    server.once("exit", (code) => fail(new Error(`the server ended with ${code}`)));
  });
  const ended = new Promise((done) => server.once("exit", done));
  return {
    address: JSON.parse(line).address,
    end: () => {
      server.kill("SIGTERM");
      return ended;
    },
  };
}

/** A page whose troubles are collected: errors, dialogs, and requests to anywhere but `origin`. */
export async function open(browser, address, { origin = "file://", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, locale: "en", ...options });
  const page = await context.newPage();
  const troubles = [];
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(String(error.stack)));
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (![origin, "data:", "blob:"].some((start) => url.startsWith(start))) troubles.push(`request to ${url}`);
  });
  await page.goto(address);
  return { page, troubles, close: () => context.close() };
}

export async function settled(page) {
  await page.waitForSelector(".side");
  await page.waitForTimeout(900);
}

/** Serious and critical findings of axe-core, as lines. */
export async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}

/** How many colours a part of the page shows. */
export async function colours(page, clip) {
  const picture = (await page.screenshot({ clip })).toString("base64");
  const blank = await page.context().newPage();
  const count = await blank.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const pixels = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer);
    return new Set(pixels).size;
  }, picture);
  await blank.close();
  return count;
}

/** A node under the pointer: moves over the map until its title shows. */
export async function pointAtNode(page) {
  for (let y = 120; y < 700; y += 14) {
    for (let x = 380; x < 1180; x += 14) {
      await page.mouse.move(x, y);
      if (await page.locator(".tooltip").isVisible()) {
        return { x, y, title: await page.locator(".tooltip strong").textContent() };
      }
    }
  }
  return assert.fail("no node was found on the map");
}

/** An export in ChatGPT's form; each conversation is a title and what was said. */
export function exportOf(conversations, more = []) {
  const place = join(folder(), "conversations.json");
  const made = conversations.map(({ title, words }, at) => {
    const message = (id, parent, role, text, children) => [
      id,
      {
        id,
        parent,
        children,
        message: {
          id,
          author: { role },
          create_time: 1.7e9 + at * 9e5,
          content: { content_type: "text", parts: [text] },
        },
      },
    ];
    const mapping = Object.fromEntries([
      ["root", { id: "root", parent: null, children: ["a"], message: null }],
      message("a", "root", "user", words, ["b"]),
      message("b", "a", "assistant", `${words} Here is what I would do about it, step by step.`, []),
    ]);
    return {
      id: `c-${at}`,
      title,
      create_time: 1.7e9 + at * 9e5,
      update_time: 1.7e9 + at * 9e5,
      mapping,
      current_node: "b",
    };
  });
  writeFileSync(place, JSON.stringify([...made, ...more]));
  return place;
}
