// How soon a large graph is drawn and how smoothly it is panned, without a graphics processor.
//
//   node viewer/bench/frames.mjs [--nodes 10000] [--edges 50000] [--peer NAME=ADDRESS]... [--runs 3]
//
// A peer is any page that draws the same graph, opened and dragged in the same way, by turns with ours. "--write FILE"
// keeps the graph as JSON for it. First drawing: from the navigation to the first frame after which the map is no
// single colour. Frames: while a pointer drags the map around for four seconds, how often the compositor shows a new
// picture of the page (requestAnimationFrame callbacks a second), and the longest wait.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { synthetic } from "./synthetic.mjs";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "10000" },
    edges: { type: "string", default: "50000" },
    runs: { type: "string", default: "3" },
    peer: { type: "string", multiple: true, default: [] },
    write: { type: "string" },
  },
});
const WINDOW = { width: 1280, height: 800 };
const DRAG_MS = 4000;
const SOFTWARE = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

const data = synthetic(Number(values.nodes), Number(values.edges));
if (values.write) writeFileSync(values.write, JSON.stringify(data));
const pages = [["graphnode", `file://${pageOf(data)}`], ...values.peer.map((one) => one.split(/=(.*)/s).slice(0, 2))];
const browser = await chromium.launch({
  executablePath: process.env.GRAPHNODE_BROWSER ?? "/usr/bin/chromium",
  args: SOFTWARE,
});
for (let run = 1; run <= Number(values.runs); run++) {
  for (const [name, address] of pages) {
    const { first, frames, longest } = await measured(address);
    console.log(
      `${name.padEnd(16)} first drawing ${first.toFixed(0)} ms, ${frames.toFixed(1)} frames/s, longest ${longest.toFixed(0)} ms`,
    );
  }
}
await browser.close();

/** The page as the build fills it. */
function pageOf(graph) {
  const part = (name) => readFileSync(new URL(`../dist/${name}`, import.meta.url), "utf8");
  const hash = (block) => `'sha256-${createHash("sha256").update(block).digest("base64")}'`;
  const [style, script] = [part("style.css"), part("page.js")];
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data: blob:`;
  const slots = { language: "en", policy, style, script, data: JSON.stringify(graph).replaceAll("<", "\\u003c") };
  const file = join(mkdtempSync(join(tmpdir(), "graphnode-frames-")), "graph.html");
  writeFileSync(
    file,
    part("page.html").replaceAll(/\{\{(\w+)\}\}/g, (_, slot) => slots[slot]),
  );
  return file;
}

async function measured(address) {
  const page = await browser.newPage({ viewport: WINDOW });
  page.on("pageerror", (error) => console.error(error.message));
  const start = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  const first = await firstDrawing(page, start);
  await page.waitForTimeout(2500);
  await page.evaluate(() => {
    globalThis.waits = [];
    let last = performance.now();
    const tick = (now) => {
      globalThis.waits.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await drag(page);
  const waits = await page.evaluate(() => globalThis.waits.slice(2));
  await page.close();
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  return { first, frames: (waits.length / total) * 1000, longest: Math.max(...waits) };
}

/** Takes pictures of the map's middle until one has the map in it: then its file is no longer tiny. What the picture takes counts. */
async function firstDrawing(page, start) {
  const clip = { x: 400, y: 100, width: 700, height: 500 };
  for (;;) {
    // Before anything is there, the browser may have no picture to give.
    const picture = await page.screenshot({ clip }).catch(() => "");
    if (picture.length > 30_000) return performance.now() - start;
    await page.waitForTimeout(10);
  }
}

/** Around in a circle of 300 pixels, as a hand would. */
async function drag(page) {
  const [x, y] = [WINDOW.width / 2 + 120, WINDOW.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const start = performance.now();
  while (performance.now() - start < DRAG_MS) {
    const turn = ((performance.now() - start) / 2000) * 2 * Math.PI;
    await page.mouse.move(x + 300 * (Math.cos(turn) - 1), y + 250 * Math.sin(turn));
    await page.waitForTimeout(8);
  }
  await page.mouse.up();
}
