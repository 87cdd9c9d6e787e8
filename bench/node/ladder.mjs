// The peer of bench/imaging.py: sharp makes the same ladder. One line in (case, file), one line of JSON out.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

const still = async (bytes) => {
  const { data, info } = await sharp(bytes, { failOn: "truncated" })
    .autoOrient()
    .resize(512, 512, { fit: "cover", position: sharp.strategy.attention })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { raw: { width: 512, height: 512, channels: info.channels } };
  const made = {};
  for (const side of [64, 128, 256, 512]) {
    const square = () => sharp(data, raw).resize(side, side);
    made[`${side}.webp`] = await square().webp({ quality: 80, effort: 4 }).toBuffer();
    made[`${side}.jpg`] = await square()
      .flatten({ background: "#fff" })
      .jpeg({ quality: 82, optimiseCoding: true })
      .toBuffer();
  }
  return made;
};

const moving = async (bytes) => {
  const made = await still(bytes);
  for (const side of [64, 128, 256]) {
    made[`${side}-animated.webp`] = await sharp(bytes, { animated: true })
      .resize(side, side, { fit: "cover" })
      .webp({ quality: 75, effort: 2 })
      .toBuffer();
  }
  return made;
};

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, file] = line.split("\t");
  const bytes = readFileSync(file);
  const start = process.hrtime.bigint();
  const made = await (kind === "moving" ? moving : still)(bytes);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  const sizes = Object.fromEntries(Object.entries(made).map(([name, data]) => [name, data.length]));
  const status = readFileSync("/proc/self/status", "ascii");
  const peak = Number(/VmHWM:\s+(\d+)/u.exec(status)[1]) / 1024;
  const picture = made["256.webp"].toString("base64");
  process.stdout.write(`${JSON.stringify({ ms, sizes, peak_mb: peak, picture })}\n`);
}
