import { beforeEach, describe, expect, it } from "vitest";
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
  service.populate("ada", "alan");
});

/** Everybody on a page of 200 is watched. */
function watchMany(): void {
  const many = Array.from({ length: 200 }, (_, number) => `p${number}`);
  service.populate(...many);
  for (const userId of many) client.watch(userId, () => {});
}

describe("a service that is down", () => {
  it.each([0, 0.5, 0.999])("is asked at most ten times in the first minute (chance %d)", async (chance) => {
    page.chance = chance;
    service.problem = { status: 500, code: "unavailable" };
    stage.fly();
    watchMany();
    await page.frame();
    await page.pass(60_000);
    expect(page.requests.length).toBeLessThanOrEqual(10);
    expect(page.requests.length).toBeGreaterThanOrEqual(7);
  });

  it.each([5, 17, 42, 90])("is right again within ten seconds of its return after %d s", async (seconds) => {
    page.chance = 0.999;
    service.problem = { status: 500, code: "unavailable" };
    stage.fly();
    watchMany();
    await page.frame();
    await page.pass(seconds * 1000);
    service.problem = null;
    await page.pass(10_000);
    for (let round = 0; round < 6; round += 1) await page.frame();
    expect(client.get("p199").renditions).toHaveLength(1);
    expect(client.get("p199").error).toBeNull();
  });

  it("is not asked more often because more people appear", async () => {
    service.problem = { status: 500, code: "unavailable" };
    stage.fly();
    for (let second = 0; second < 60; second += 1) {
      client.watch(`late-${second}`, () => {});
      await page.pass(1000);
    }
    expect(page.requests.length).toBeLessThanOrEqual(10);
  });

  it("is not asked more often because people come and go while a probe is out", async () => {
    client.watch("ada", () => {});
    await page.frame();
    await stage.request.fail();
    for (let second = 0; second < 60; second += 1) {
      const stop = client.watch(`passing-${second}`, () => {});
      await page.pass(500);
      stop();
      await page.pass(500);
    }
    expect(page.requests.length).toBeLessThanOrEqual(10);
  });

  it("says so in the state, once, and never throws", async () => {
    let calls = 0;
    service.problem = { status: 503, code: "unavailable" };
    stage.fly();
    client.watch("ada", () => {
      calls += 1;
    });
    await page.pass(30_000);
    expect(client.get("ada")).toMatchObject({ renditions: [], isPending: false });
    expect(client.get("ada").error).toMatchObject({ code: "unavailable", status: 503 });
    expect(calls).toBe(1);
    expect(client.samples()).toMatchObject([{ userId: "ada", source: "default", success: false }]);
  });

  it("leaves what is known on screen", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    service.problem = { status: 500, code: "unavailable" };
    stage.fly();
    client.invalidate("ada");
    await page.pass(60_000);
    expect(stage.urls("ada")).toHaveLength(1);
  });

  it("is asked at once when the network comes back", async () => {
    client.watch("ada", () => {});
    await page.frame();
    await stage.request.fail();
    expect(client.get("ada").error?.code).toBe("unreachable");
    await page.wake();
    expect(page.requests).toHaveLength(2);
  });

  it("is given the time that it asks for", async () => {
    client.watch("ada", () => {});
    await page.frame();
    const problem = { type: "about:blank", title: "t", status: 429, detail: "d", code: "too-many-requests" };
    await stage.request.answer(problem, 429, { "Retry-After": "40" });
    expect(client.get("ada").error).toMatchObject({ code: "too-many-requests", retryAfterMs: 40_000 });
    await page.pass(39_000);
    expect(page.requests).toHaveLength(1);
    await page.pass(2000);
    expect(page.requests).toHaveLength(2);
  });

  it("that refuses is asked about once a minute", async () => {
    service.problem = { status: 401, code: "sign-in-required" };
    stage.fly();
    client.watch("ada", () => {});
    await page.pass(300_000);
    expect(page.requests.length).toBeLessThanOrEqual(6);
    expect(client.get("ada").error?.code).toBe("sign-in-required");
  });

  it("counts as failed when it does not answer within eight seconds", async () => {
    client.watch("ada", () => {});
    await page.frame();
    await page.pass(8001);
    expect(page.requests[0]?.isAborted).toBe(true);
    expect(client.get("ada").error?.code).toBe("timed-out");
    expect(client.counters.apiFailures).toBe(1);
  });

  it.each([
    ["a page of HTML", "<html>", 200],
    ["an error in somebody else's words", "<html>", 502],
    ["a message of another shape", { hello: "world" }, 200],
    ["a mapping under another person's id", "swap", 200],
  ])("is not believed when it answers with %s", async (_name, body, status) => {
    client.watch("ada", () => {});
    await page.frame();
    const swapped = { ...service.pack([]), pictures: { ada: service.mapping("alan") } };
    await stage.request.answer(body === "swap" ? swapped : body, status);
    expect(client.get("ada")).toMatchObject({ imageId: null, renditions: [] });
    expect(client.get("ada").error?.code).toBe("unreadable-answer");
    expect(client.get("alan").revision).toBeNull();
  });

  it("does not hold back the second of two questions that left together", async () => {
    for (let number = 0; number < 1500; number += 1) client.watch(`p${number}`, () => {});
    await page.frame();
    const [first, second] = page.openRequests;
    await first?.fail();
    await second?.fail();
    await page.pass(2000);
    expect(page.requests).toHaveLength(3);
    expect(page.openRequests).toHaveLength(1);
    await stage.answer();
    expect(page.requests).toHaveLength(4);
  });
});

describe("a picture that can't be had", () => {
  beforeEach(async () => {
    client.watch("ada", () => {});
    await stage.answer();
    await stage.image.fail();
  });

  it("makes the mapping be asked for once more, whole", async () => {
    await page.frame();
    expect(stage.request.body).toEqual({ user_ids: ["ada"], known: {}, epoch: service.epoch });
    expect(client.get("ada").error).toBeNull();
  });

  it("is shown when the second try succeeds", async () => {
    await stage.flow();
    expect(stage.urls("ada")).toHaveLength(1);
    expect(page.images).toHaveLength(2);
  });

  it("is the default picture when the second try fails too, and is left in peace", async () => {
    await stage.answer();
    await stage.image.fail();
    expect(client.get("ada")).toMatchObject({ renditions: [], isPending: false });
    expect(client.get("ada").error?.code).toBe("undecodable-picture");
    client.watch("ada", () => {});
    await page.frame();
    expect(page.openRequests).toEqual([]);
    expect(page.openImages).toEqual([]);
    expect(client.samples().at(-1)).toMatchObject({ source: "default", success: false });
  });

  it("is tried again at growing distances", async () => {
    await stage.answer();
    await stage.image.fail();
    await page.pass(31_000);
    await stage.image.fail();
    await page.pass(31_000);
    expect(page.openImages).toEqual([]);
    await page.pass(31_000);
    await stage.image.arrive();
    expect(stage.urls("ada")).toHaveLength(1);
    expect(client.get("ada").error).toBeNull();
  });

  it("keeps its failure in mind when an answer says that nothing changed", async () => {
    await stage.answer();
    await stage.image.fail();
    client.watch("alan", () => {});
    client.get("ada");
    service.freshForSeconds = 1;
    await stage.flow();
    expect(client.get("ada").error?.code).toBe("undecodable-picture");
  });

  it("is tried at once when told that something may be wrong", async () => {
    await stage.answer();
    await stage.image.fail();
    client.invalidate("ada");
    await stage.flow();
    expect(stage.urls("ada")).toHaveLength(1);
  });

  it("gives way to a newer one", async () => {
    service.set("ada", fakeId("newer"));
    await stage.flow();
    expect(stage.urls("ada")[0]).toContain(fakeId("newer"));
  });
});

describe("a picture that broke", () => {
  it("on screen is resolved once more", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.reportBroken("ada", "https://example.org/other.webp");
    expect(stage.urls("ada")).toHaveLength(1);
    const [url = ""] = stage.urls("ada");
    client.reportBroken("ada", url);
    expect(stage.urls("ada")).toEqual([]);
    await stage.flow();
    expect(stage.urls("ada")).toEqual([url]);
    expect(page.requests).toHaveLength(2);
  });

  it("in a larger size leaves the working size on screen", async () => {
    client.watch("ada", () => {}, { size: 256 });
    await stage.answer();
    await stage.image.arrive();
    await page.frame();
    await stage.image.fail();
    await stage.answer();
    await page.frame();
    await stage.image.fail();
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128]);
    expect(client.get("ada").isPending).toBe(false);
  });

  it("takes the old picture of the same person with it: it would be out of date", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    service.set("ada", fakeId("newer"));
    client.invalidate("ada");
    await stage.answer();
    await stage.image.fail();
    await stage.answer();
    expect(stage.urls("ada")).toHaveLength(1);
    await stage.image.fail();
    expect(stage.urls("ada")).toEqual([]);
  });

  it("by its id is not asked about", async () => {
    client.watch("alan", () => {});
    await stage.flow();
    client.watch({ imageId: fakeId("ada") }, () => {});
    await page.settle();
    await stage.image.fail();
    await page.frame();
    expect(page.openRequests).toEqual([]);
    expect(client.get({ imageId: fakeId("ada") }).error?.code).toBe("undecodable-picture");
  });

  it("can't be asked about when its address can't be had either", async () => {
    service.renditionUrl = null;
    client.watch("ada", () => {}, { size: 512 });
    await stage.answer();
    await stage.image.arrive();
    await page.frame();
    await stage.request.answer(service.mapping("ada"));
    await page.frame();
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128]);
  });
});

describe("a network that loses pictures", () => {
  it("is not flooded, and everything is right once it works", async () => {
    watchMany();
    await stage.answer();
    page.autopilot = {
      request: (request) => service.request(request),
      image: (image) => {
        void image.fail();
      },
    };
    for (const image of page.openImages) await image.fail();
    const before = page.images.length;
    await page.pass(60_000);
    expect(page.images.length - before).toBeLessThanOrEqual(10);
    stage.fly();
    await page.pass(10_000);
    for (let round = 0; round < 6; round += 1) await page.frame();
    const many = Array.from({ length: 200 }, (_, number) => `p${number}`);
    expect(many.filter((userId) => client.get(userId).renditions.length === 0)).toEqual([]);
  });

  it("lets a probe pass for those who are left when others leave", async () => {
    const stops = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"].map((userId) => {
      service.populate(userId);
      return client.watch(userId, () => {});
    });
    await stage.answer();
    for (const image of page.openImages) await image.fail();
    await page.pass(2500);
    expect(page.openImages).toHaveLength(1);
    for (const stop of stops.slice(0, 6)) stop();
    await page.frame();
    await page.pass(10_000);
    expect(page.openImages).toHaveLength(1);
  });
});
