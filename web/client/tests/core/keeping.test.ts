import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AvatariumClient } from "../../src/core/index.ts";
import { type FakePage, type FakeService, fakeId } from "../../src/testing/index.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
let page: FakePage;
let service: FakeService;
let client: AvatariumClient;

beforeEach(async () => {
  stage = await Stage.ready();
  ({ page, service, client } = stage);
  service.populate("ada", "alan", "grace");
});

describe("forgetting", () => {
  it("asks again when told that something may be wrong, and shows the old picture meanwhile", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.invalidate();
    expect(client.explain("ada").freshness).toBe("stale");
    expect(client.get("ada").renditions).toHaveLength(1);
    await stage.flow();
    expect(client.explain("ada").freshness).toBe("fresh");
  });

  it("clears everything, drops answers on their way, and asks anew for what is watched", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.invalidate("ada");
    await page.frame();
    const [late] = page.openRequests;
    await client.clear();
    expect(late?.isAborted).toBe(true);
    expect(client.get("ada")).toMatchObject({ revision: null, renditions: [] });
    expect(client.samples()).toEqual([]);
    await stage.flow();
    expect(stage.urls("ada")[0]).toContain(fakeId("ada"));
  });

  it("does nothing any more once it is closed", async () => {
    const listener = vi.fn();
    client.watch("ada", listener);
    await page.frame();
    client.close();
    expect(page.requests[0]?.isAborted).toBe(true);
    client.watch("alan", listener);
    client.prefetch(["grace"]);
    client.invalidate("ada");
    await page.wake();
    await page.pass(1_000_000);
    expect(page.requests).toHaveLength(1);
    expect(listener).not.toHaveBeenCalled();
  });

  it("ends pictures on their way when it is closed", async () => {
    client.watch("ada", () => {}, { size: 256 });
    await stage.answer();
    client.close();
    await page.settle();
    expect(page.images[0]?.isAborted).toBe(true);
  });
});

describe("memory", () => {
  it("keeps at least 400 people at 128 px, and evicts the least recently used of those whom nobody watches", async () => {
    const many = Array.from({ length: 700 }, (_, number) => `p${number}`);
    service.populate(...many);
    stage.fly();
    client.watch("p0", () => {});
    client.prefetch(many);
    for (let round = 0; round < 5; round += 1) await page.frame();
    const kept = many.filter((userId) => client.get(userId).renditions.length > 0);
    expect(client.counters.decodedBytes).toBeLessThanOrEqual(32_000_000);
    expect(kept.length).toBeGreaterThanOrEqual(400);
    expect(kept[0]).toBe("p0");
    expect(kept.at(-1)).toBe("p699");
    expect(kept).not.toContain("p1");
  });

  it("never evicts what somebody watches", async () => {
    const many = Array.from({ length: 600 }, (_, number) => `p${number}`);
    service.populate(...many);
    stage.fly();
    for (const userId of many) client.watch(userId, () => {});
    for (let round = 0; round < 5; round += 1) await page.frame();
    expect(many.every((userId) => client.get(userId).renditions.length === 1)).toBe(true);
  });

  it("forgets people when there are too many of them", async () => {
    for (let number = 0; number < 10_100; number += 1) client.get(`p${number}`);
    const first = client.get("p0");
    const last = client.get("p10099");
    client.watch("ada", () => {})();
    await page.frame();
    expect(client.get("p10099")).toBe(last);
    expect(client.get("p0")).not.toBe(first);
  });
});

describe("measuring", () => {
  it("records each load with its layer, its time and its bytes", async () => {
    client.watch("ada", () => {});
    await stage.answer();
    page.time += 30;
    await stage.image.arrive("http");
    expect(client.samples()).toEqual([
      { userId: "ada", source: "http", milliseconds: 30, bytes: 0, size: 128, success: true },
    ]);
  });

  it("charges a miss to every layer that was passed", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    for (let look = 0; look < 3; look += 1) client.watch("ada", () => {});
    expect(client.hitRatio("memory")).toBe(0.75);
    expect(client.hitRatio("http")).toBe(0);
    expect(client.hitRatio("origin")).toBe(1);
    expect(client.hitRatio("blob")).toBeNull();
  });

  it("says that a person has no picture", async () => {
    client.watch("nobody", () => {});
    await stage.flow();
    expect(client.samples()).toMatchObject([{ userId: "nobody", source: "default", success: true, size: 0 }]);
    expect(client.hitRatio("memory")).toBeNull();
  });

  it("stops when asked to", async () => {
    const listener = vi.fn();
    client.onSample(listener)();
    client.watch("ada", () => {});
    await stage.flow();
    expect(listener).not.toHaveBeenCalled();
  });

  it("explains what it knows", async () => {
    expect(client.explain("ada")).toMatchObject({ freshness: "unknown", ageSeconds: null, watchers: 0 });
    client.watch("ada", () => {});
    await stage.flow();
    await page.pass(5000);
    expect(client.explain("ada")).toMatchObject({ freshness: "fresh", ageSeconds: 5, watchers: 1 });
    expect(client.explain("ada").samples).toHaveLength(1);
    expect(client.explain({ imageId: fakeId("ada") }).samples).toHaveLength(0);
  });
});
