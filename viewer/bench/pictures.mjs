// The pictures of the README, from the sample's page:
//
//   graphnode build examples/sample --out out/sample && node viewer/bench/pictures.mjs out/sample/graph.html docs/images
import { resolve } from "node:path";
import { chromium } from "playwright-core";

const [file, folder] = process.argv.slice(2);
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 800 };
const PICTURES = [
  { name: "map", viewport: DESKTOP, colorScheme: "light" },
  { name: "map-dark", viewport: DESKTOP, colorScheme: "dark" },
  { name: "topic", viewport: DESKTOP, colorScheme: "light", fragment: "#cluster=cluster_3&tab=summary" },
  { name: "phone", viewport: PHONE, colorScheme: "light", deviceScaleFactor: 2 },
];
const SOFTWARE = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

const browser = await chromium.launch({
  executablePath: process.env.GRAPHNODE_BROWSER ?? "/usr/bin/chromium",
  args: SOFTWARE,
});
for (const { name, fragment = "", ...options } of PICTURES) {
  const page = await browser.newPage({ ...options, locale: "en" });
  await page.goto(`file://${resolve(file)}${fragment}`);
  await page.waitForTimeout(2500);
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.close();
}
await browser.close();
