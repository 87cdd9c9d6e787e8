/**
 * Makes web/package-lock.json pass `npm ci` everywhere: adds the optional packages of other platforms that are missing.
 *
 *     node scripts/complete-lock.mjs          after every `npm install` that changes a version
 *     node scripts/complete-lock.mjs --check  fails when the lock is not complete, or names a registry
 *
 * Where a registry shows only the packages of one platform, `npm install` leaves the others out of the lock, and
 * `npm ci` then refuses it ("Missing: ... from lock file"). What is added has no integrity: it is never installed where
 * the lock was made, and where it is, npm checks it against what the registry says.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const path = join(import.meta.dirname, "../web/package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));
const isCheck = process.argv.includes("--check");

/** Platform and processor as package names say them: `@biomejs/cli-linux-x64-musl`, `@esbuild/win32-arm64`. */
const platforms = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = platforms.filter((platform) => words.includes(platform));
  const cpu = processors.filter((processor) => words.includes(processor));
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}) };
}

/** Where `dependency` of the package at `place` would be found, as Node looks for it. */
function find(place, dependency) {
  for (let at = place; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    const candidate = `${at}${at === "" ? "" : "/"}node_modules/${dependency}`;
    if (lock.packages[candidate]) return candidate;
    if (at === "") return null;
  }
}

const missing = [];
for (const [place, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    // A range would need a registry to be resolved; the packages of a platform are always pinned.
    if (!/^\d+\.\d+\.\d+/.test(version) || find(place, name)) continue;
    missing.push(name);
    lock.packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), optional: true, ...platformOf(name) };
  }
}

const addresses = Object.entries(lock.packages).filter(([, { resolved = "" }]) => /^https?:/.test(resolved));
if (isCheck) {
  for (const name of missing) console.error(`The lock lacks ${name}.`);
  for (const [place] of addresses) console.error(`The lock names a registry for ${place}.`);
  process.exitCode = missing.length + addresses.length > 0 ? 1 : 0;
} else {
  for (const [, entry] of addresses) delete entry.resolved;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(missing.length === 0 ? "The lock is complete." : `Added ${missing.length}: ${missing.join(", ")}`);
}
