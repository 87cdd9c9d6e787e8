import type { Sample, Source } from "avatarium";
import { describe, expect, it } from "vitest";
import { figures, LAYERS } from "../src/lens/figures.ts";

function sample(userId: string, source: Source, bytes = 0): Sample {
  return { userId, source, milliseconds: 0, bytes, size: source === "default" ? 0 : 128, success: true };
}

const everybody = (): boolean => true;

describe("figures", () => {
  it("are nought for every layer before anything was loaded", () => {
    expect(figures([], 0, everybody)).toEqual({
      shown: 0,
      initials: 0,
      apiCalls: 0,
      bytes: 0,
      bySource: LAYERS.map((layer) => [layer, 0]),
      latest: [],
    });
  });

  it("count each person once, by the layer that answered last", () => {
    const { shown, bySource } = figures(
      [sample("ada", "origin"), sample("alan", "origin"), sample("ada", "memory")],
      1,
      everybody,
    );
    expect(shown).toBe(2);
    expect(bySource.filter(([, people]) => people > 0)).toEqual([
      ["memory", 1],
      ["origin", 1],
    ]);
  });

  it("add up the bytes of every load", () => {
    expect(figures([sample("ada", "origin", 4000), sample("ada", "origin", 100)], 1, everybody).bytes).toBe(4100);
  });

  it("tell people without a picture apart from pictures", () => {
    const { shown, initials, bySource } = figures([sample("ada", "default"), sample("alan", "http")], 0, everybody);
    expect([shown, initials]).toEqual([1, 1]);
    expect(bySource.map(([source]) => source)).toEqual(LAYERS);
  });

  it("count who lost their picture since among those without one", () => {
    const samples = [sample("ada", "origin"), sample("alan", "origin")];
    const { shown, initials, latest } = figures(samples, 1, (userId) => userId !== "ada");
    expect([shown, initials, latest.map(({ userId }) => userId)]).toEqual([1, 1, ["alan"]]);
  });

  it("list the latest look-up of each person, the newest first, and no more than fit", () => {
    const many = Array.from({ length: 100 }, (_, place) => sample(`person-${place}`, "origin"));
    const { latest } = figures([...many, sample("person-3", "memory"), sample("nobody", "default")], 1, everybody);
    expect(latest.slice(0, 2).map(({ userId, source }) => [userId, source])).toEqual([
      ["person-3", "memory"],
      ["person-99", "origin"],
    ]);
    expect(new Set(latest.map(({ userId }) => userId)).size).toBe(latest.length);
    expect(latest).toHaveLength(24);
  });
});
