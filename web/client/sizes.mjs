/**
 * How much JavaScript does a page load, min+gzip? Prints a table and fails above the budget.
 *
 *     node client/sizes.mjs
 *
 * The first frame needs the core with the React binding (React itself apart); what is loaded later is summed up.
 */

import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const firstFrameBudget = 8 * 1024;
const lazyBudget = 20 * 1024;
const here = import.meta.dirname;

/**
 * Bundles `code`, and returns the gzipped bytes of every chunk, and which of them the page needs at once: the entry and
 * what that imports, and what those import.
 */
async function chunksOf(code) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: here, loader: "ts" },
    bundle: true,
    minify: true,
    splitting: true,
    metafile: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    external: ["react", "react/jsx-runtime"],
    outdir: "out",
    write: false,
  });
  const sizes = outputFiles.map(({ path, contents }) => [basename(path), gzipSync(contents, { level: 9 }).length]);
  const imports = new Map(Object.entries(metafile.outputs).map(([path, { imports }]) => [basename(path), imports]));
  const atOnce = new Set(["stdin.js"]);
  for (const name of atOnce) {
    for (const { kind, path, external } of imports.get(name) ?? []) {
      if (kind === "import-statement" && !external) atOnce.add(basename(path));
    }
  }
  return sizes.map(([name, bytes]) => ({ name, bytes, isAtOnce: atOnce.has(name) }));
}

const sum = (chunks) => chunks.reduce((total, { bytes }) => total + bytes, 0);
const core = await chunksOf('export * from "./src/core/index.ts";');
const whole = await chunksOf('export * from "./src/core/index.ts"; export * from "./src/react/index.ts";');
const firstFrame = sum(whole.filter(({ isAtOnce }) => isAtOnce));
const lazy = whole.filter(({ isAtOnce }) => !isAtOnce);
const lazySum = sum(lazy);

const rows = [
  ["core alone", sum(core.filter(({ isAtOnce }) => isAtOnce)), null],
  ["core + react (the first frame)", firstFrame, firstFrameBudget],
  ...lazy.map(({ name, bytes }) => [`  later: ${name}`, bytes, null]),
  ["all that is loaded later", lazySum, lazyBudget],
];
let isOver = false;
for (const [name, bytes, budget] of rows) {
  const isRowOver = budget !== null && bytes > budget;
  isOver ||= isRowOver;
  const limit = budget === null ? "" : ` of ${budget}${isRowOver ? "  TOO LARGE" : ""}`;
  process.stdout.write(`${name.padEnd(40)} ${String(bytes).padStart(6)} bytes gzip${limit}\n`);
}
if (isOver) process.exitCode = 1;
