import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { World } from "./world.ts";

/** `LAW_RUNS=10000` for the acceptance. */
const numRuns = Number(process.env["LAW_RUNS"] ?? 1000);
const people = ["ada", "alan", "grace"];

const person = fc.constantFrom(...people);
const place = fc.nat({ max: 7 });

/** What may happen, in any order; the weights make most of it matter. */
const step = fc.oneof(
  weighted(2, { do: fc.constant("watch" as const), person, size: fc.constantFrom(36, 128, 256) }),
  weighted(1, { do: fc.constantFrom("leave" as const, "lose" as const, "break" as const), place }),
  weighted(3, { do: fc.constant("change" as const), person, isRemoved: fc.boolean() }),
  weighted(5, { do: fc.constant("invalidate" as const), person }),
  weighted(3, { do: fc.constantFrom("upload" as const, "remove" as const, "prefetch" as const), person }),
  weighted(1, { do: fc.constantFrom("reset" as const, "clear" as const) }),
  weighted(2, { do: fc.constant("frame" as const) }),
  weighted(5, { do: fc.constant("process" as const), place }),
  weighted(6, { do: fc.constant("deliver" as const), place }),
  weighted(5, { do: fc.constant("arrive" as const), place }),
  weighted(1, { do: fc.constant("pass" as const), seconds: fc.constantFrom(1, 10, 1801) }),
);

function weighted<T>(
  weight: number,
  model: { [Key in keyof T]: fc.Arbitrary<T[Key]> },
): {
  weight: number;
  arbitrary: fc.Arbitrary<T>;
} {
  return { weight, arbitrary: fc.record(model) as fc.Arbitrary<T> };
}

describe("laws 2 and 3, over any order of questions, answers, pictures, changes, failures and lives", () => {
  it("nobody is ever shown another's picture, nor one of a lower revision; and the truth is shown in the end", async () => {
    const warmUp = await World.begin(people);
    await warmUp.loadChanges();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), async (steps) => {
        const world = await World.begin(people);
        // Everybody is watched from the start: what nobody watches changes little.
        for (const person of people) await world.take({ do: "watch", person, size: 128 });
        for (const one of steps) {
          await world.take(one);
          world.check();
        }
        await world.rest();
        world.check();
        world.checkTruth();
        world.client.close();
      }),
      { numRuns, seed: process.env["LAW_SEED"] ? Number(process.env["LAW_SEED"]) : 20_261_125 },
    );
    expect(numRuns).toBeGreaterThan(0);
  }, 600_000);
});
