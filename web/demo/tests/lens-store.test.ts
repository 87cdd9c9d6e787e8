import type { AvatariumClient, Sample } from "avatarium";
import { describe, expect, it } from "vitest";
import { createLens } from "../src/lens/store.ts";

/** A client that looks up whatever is watched, in memory. */
function clientOf(): AvatariumClient & { lookUp(userId: string): void } {
  const listeners = new Set<(sample: Sample) => void>();
  const lookUp = (userId: string): void => {
    for (const listener of listeners) {
      listener({ userId, source: "memory", milliseconds: 0, bytes: 0, size: 128, success: true });
    }
  };
  const client: Partial<AvatariumClient> = {
    counters: {
      apiCalls: 0,
      apiFailures: 0,
      pictureLoads: 0,
      pictureFailures: 0,
      lateAnswers: 0,
      decodedBytes: 0,
    },
    samples: () => [],
    get: () => ({ imageId: "a" }) as ReturnType<AvatariumClient["get"]>,
    onSample: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch: (target) => {
      lookUp(String(target));
      return () => undefined;
    },
  };
  return { ...(client as AvatariumClient), lookUp };
}

describe("the lens", () => {
  it("changes once a frame, however much was loaded in it", () => {
    const client = clientOf();
    const frames: (() => void)[] = [];
    const lens = createLens(client, (run) => frames.push(run));
    let changes = 0;
    lens.subscribe(() => {
      changes += 1;
    });
    for (const userId of ["ada", "alan", "grace"]) client.lookUp(userId);
    expect([frames.length, lens.figures().shown]).toEqual([1, 0]);
    frames[0]?.();
    expect([changes, lens.figures().shown]).toEqual([1, 3]);
  });

  it("looks again when it is told to, for what changes without a look-up", () => {
    const client = clientOf();
    const frames: (() => void)[] = [];
    const lens = createLens(client, (run) => frames.push(run));
    const before = lens.figures();
    lens.refresh();
    frames[0]?.();
    expect(lens.figures()).not.toBe(before);
  });

  it("does not count its own look-ups", () => {
    const client = clientOf();
    const frames: (() => void)[] = [];
    const lens = createLens(client, (run) => frames.push(run));
    lens.watch("ada", () => undefined);
    expect(frames).toHaveLength(0);
    client.watch("alan", () => undefined);
    expect(frames).toHaveLength(1);
  });
});
