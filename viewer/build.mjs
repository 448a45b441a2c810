// Builds what the program embeds: dist/page.js (a graph from disk), dist/served.js (graphnode serve), dist/style.css.
// The same sources give the same bytes: CI compares them with the committed ones.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "vite";

const STYLES = ["base", "map", "panels", "served"];
await mkdir("dist", { recursive: true });

for (const [entry, name] of [
  ["main", "page"],
  ["served/main", "served"],
]) {
  const made = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2022",
      // A library keeps its blanks unless the bundler itself is told.
      rolldownOptions: { output: { minify: true } },
      modulePreload: false,
      lib: { entry: `page/${entry}.ts`, formats: ["es"], fileName: name },
    },
  });
  const [bundle] = Array.isArray(made) ? made : [made];
  await write(`${name}.js`, bundle.output[0].code);
}
const sheets = await Promise.all(STYLES.map((name) => readFile(`page/styles/${name}.css`, "utf8")));
await write("style.css", sheets.join("\n"));
await write("page.html", await readFile("page/page.html", "utf8"));

/** A script inside HTML must not hold what ends or comments out its block. */
async function write(name, content) {
  if (/<\/script|<!--|<\/style/i.test(content) && name !== "page.html") throw new Error(`${name} would end its block`);
  await writeFile(`dist/${name}`, `${content.trim()}\n`);
  console.log(`dist/${name}: ${Math.round(content.length / 1024)} KB`);
}
