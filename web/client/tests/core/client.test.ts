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

describe("asking", () => {
  it("asks once a frame for all who were asked for in it", async () => {
    client.watch("ada", () => {});
    client.watch("alan", () => {});
    client.watch("ada", () => {});
    expect(page.requests).toHaveLength(0);
    await page.frame();
    expect(page.requests.map(({ path, body }) => [path, body])).toEqual([
      ["/images/pack", { user_ids: ["ada", "alan"] }],
    ]);
  });

  it("has one flight a person", async () => {
    client.watch("ada", () => {});
    await page.frame();
    client.watch("ada", () => {});
    await page.frame();
    expect(page.requests).toHaveLength(1);
  });

  it("asks nothing for what is fresh", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.watch("ada", () => {});
    await stage.flow();
    expect(page.requests).toHaveLength(1);
    expect(page.images).toHaveLength(1);
  });

  it("names the revisions that it knows when it asks again", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.invalidate("ada");
    await page.frame();
    expect(page.requests.at(-1)?.body).toEqual({ user_ids: ["ada"], known: { ada: 1 }, epoch: service.epoch });
  });

  it("asks about at most 1,000 people in one question, and two questions at a time", async () => {
    for (let number = 0; number < 2500; number += 1) client.watch(`person-${number}`, () => {});
    await page.frame();
    expect([0, 1].map((place) => stage.asked(place).length)).toEqual([1000, 1000]);
    await stage.flow();
    expect(page.requests).toHaveLength(3);
  });

  it("keeps a question below 256 kB", async () => {
    for (let number = 0; number < 1000; number += 1) client.watch("山".repeat(120) + number, () => {});
    await page.frame();
    const bytes = page.requests.map(({ body }) => new TextEncoder().encode(JSON.stringify(body)).length);
    expect(Math.max(...bytes)).toBeLessThan(256_000);
  });

  it("never asks about an id that the service would refuse", async () => {
    for (const id of ["", ".", "..", "a/b", "a\\b", "a\u0000b", "x".repeat(129), "\ud800"]) client.watch(id, () => {});
    await page.frame();
    expect(page.requests).toEqual([]);
    expect(client.get("a/b").isPending).toBe(false);
  });

  it("ends a question when the last one who wanted it leaves", async () => {
    const stop = client.watch("ada", () => {});
    const stopOther = client.watch("alan", () => {});
    await page.frame();
    stop();
    await page.frame();
    expect(page.requests[0]?.isAborted).toBe(false);
    stopOther();
    await page.frame();
    expect(page.requests[0]?.isAborted).toBe(true);
  });

  it("gives nothing up for a row that moves within a frame", async () => {
    const stop = client.watch("ada", () => {});
    await page.frame();
    stop();
    client.watch("ada", () => {});
    await page.frame();
    expect(page.requests.map(({ isAborted }) => isAborted)).toEqual([false]);
  });

  it("does not ask for somebody who left before the frame", async () => {
    client.watch("ada", () => {})();
    await page.frame();
    expect(page.requests).toEqual([]);
  });

  it("resolves addresses against its base", async () => {
    await stage.reopen({ baseUrl: "/api/" });
    stage.client.watch("ada", () => {});
    await page.frame();
    expect(page.requests[0]?.path).toBe("/api/images/pack");
  });

  it("shows the default picture of a person that the directory does not have, and asks again after ten minutes", async () => {
    client.watch("nobody", () => {});
    await page.frame();
    await stage.request.answer({ ...service.pack([]), unknown: ["nobody"] });
    expect(client.get("nobody")).toMatchObject({ imageId: null, revision: 0, isPending: false });
    await page.pass(599_000);
    expect(page.requests).toHaveLength(1);
    await page.pass(2000);
    expect(page.requests).toHaveLength(2);
  });

  it("takes a person whom the answer leaves out for unanswered", async () => {
    client.watch("ada", () => {});
    await page.frame();
    await stage.request.answer(service.pack([]));
    expect(client.get("ada").error?.code).toBe("unreadable-answer");
  });
});

describe("what is shown", () => {
  it("is nothing until the picture is decoded", async () => {
    client.watch("ada", () => {});
    await stage.answer();
    expect(client.get("ada")).toMatchObject({ imageId: fakeId("ada"), revision: 1, renditions: [], isPending: true });
    await stage.image.arrive();
    expect(client.get("ada").renditions).toEqual([
      {
        url: `https://example.org/pictures/${fakeId("ada")}/128.webp`,
        size: 128,
        imageId: fakeId("ada"),
        revision: 1,
        source: "origin",
      },
    ]);
    expect(client.get("ada").isPending).toBe(false);
  });

  it("is the same object until something changes", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    const before = client.get("ada");
    client.watch("ada", () => {});
    client.invalidate("ada");
    await stage.flow();
    expect(client.get("ada")).toBe(before);
  });

  it("tells only those who watch the person that changed", async () => {
    const [ada, alan] = [vi.fn(), vi.fn()];
    client.watch("ada", ada);
    client.watch("alan", alan);
    await stage.flow();
    ada.mockClear();
    alan.mockClear();
    service.set("alan", fakeId("newer"));
    client.invalidate("alan");
    await stage.flow();
    expect(ada).not.toHaveBeenCalled();
    expect(alan).toHaveBeenCalled();
  });

  it("stays the old picture of the same person until the new one is decoded", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    const old = stage.urls("ada")[0];
    service.set("ada", fakeId("newer"));
    client.invalidate("ada");
    await stage.answer();
    expect(stage.urls("ada")[0]).toBe(old);
    await stage.image.arrive();
    expect(stage.urls("ada")[0]).toContain(fakeId("newer"));
    expect(client.get("ada").renditions).toHaveLength(1);
  });

  it("is the default picture at once when the picture was removed", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    service.set("ada", null);
    client.invalidate("ada");
    await stage.answer();
    expect(client.get("ada")).toMatchObject({ imageId: null, revision: 2, renditions: [], isPending: false });
  });

  it("keeps what is decoded when the same picture comes back at a later revision", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    service.set("ada", null).set("ada", fakeId("ada"));
    client.invalidate("ada");
    await stage.flow();
    expect(page.images).toHaveLength(1);
    expect(client.get("ada").renditions[0]?.revision).toBe(3);
  });

  it("is a picture by its id, without a question where the addresses are known", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    const target = { imageId: fakeId("alan") };
    client.watch(target, () => {});
    await stage.flow();
    expect(stage.urls(target)[0]).toBe(`https://example.org/pictures/${fakeId("alan")}/128.webp`);
    expect(client.get(target)).toMatchObject({ userId: null, revision: null, imageId: fakeId("alan") });
    expect(page.requests).toHaveLength(1);
  });

  it("is a picture by its id, asked for where the addresses are not known", async () => {
    const target = { imageId: fakeId("alan") };
    client.watch(target, () => {});
    await stage.flow();
    expect(page.requests.map(({ path }) => path)).toEqual([`/images/${fakeId("alan")}`]);
    expect(stage.urls(target)[0]).toBe(`https://example.org/pictures/${fakeId("alan")}/128.webp`);
  });

  it("is the default picture for an image id that is none of ours", async () => {
    client.watch({ imageId: "default_pfp.png" }, () => {});
    await stage.flow();
    expect(page.requests).toEqual([]);
    expect(client.get({ imageId: "default_pfp.png" })).toMatchObject({ renditions: [], isPending: false });
  });
});

describe("sizes", () => {
  it("serves every box of up to 128 device pixels by one load", async () => {
    for (const size of [20, 36, 64, 128]) client.watch("ada", () => {}, { size });
    await stage.flow();
    expect(page.images.map(({ url }) => url.split("/").at(-1))).toEqual(["128.webp"]);
  });

  it("loads a larger one after the working size was painted, and keeps both", async () => {
    client.watch("ada", () => {}, { size: 200 });
    await stage.answer();
    await stage.image.arrive();
    expect(page.openImages).toEqual([]);
    await page.frame();
    expect(page.openImages.map(({ url }) => url.split("/").at(-1))).toEqual(["256.webp"]);
    await stage.image.arrive();
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128, 256]);
  });

  it("asks for the addresses of other sizes where no template tells them", async () => {
    service.renditionUrl = null;
    client.watch("ada", () => {}, { size: 512 });
    await stage.flow();
    await stage.flow();
    expect(page.requests.map(({ path }) => path)).toEqual(["/images/pack", "/images/user/ada"]);
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128, 512]);
  });

  it("takes the largest there is for a box beyond the ladder", async () => {
    client.watch("ada", () => {}, { size: 4000 });
    await stage.flow();
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128, 512]);
  });
});

describe("the first pack in the page", () => {
  it("saves the first question", async () => {
    page.first = { text: JSON.stringify(service.pack(["ada", "alan"])), madeAfter: page.time - 200 };
    const reopened = stage.reopen();
    ({ client } = stage);
    expect(client.get("ada")).toMatchObject({ imageId: fakeId("ada"), revision: 1 });
    client.watch("ada", () => {});
    await reopened;
    await stage.flow();
    expect(page.requests).toEqual([]);
    expect(stage.urls("ada")[0]).toContain(fakeId("ada"));
  });

  it("is used but asked about when the page itself came out of a cache", async () => {
    page.first = { text: JSON.stringify(service.pack(["ada"])), madeAfter: null };
    await stage.reopen();
    ({ client } = stage);
    client.watch("ada", () => {});
    await page.frame();
    expect(page.openImages).toHaveLength(1);
    expect(page.openRequests).toHaveLength(1);
  });

  it("brings inline pictures that are painted at once, until the working size is decoded", async () => {
    const pack = service.pack(["ada"]) as { pictures: Record<string, Record<string, unknown>> };
    pack.pictures["ada"] = { ...pack.pictures["ada"], inline: "data:image/webp;base64,AAAA" };
    page.first = { text: JSON.stringify(pack), madeAfter: page.time };
    const reopened = stage.reopen();
    ({ client } = stage);
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([64]);
    client.watch("ada", () => {});
    await reopened;
    await stage.flow();
    expect(client.get("ada").renditions.map(({ size }) => size)).toEqual([128]);
  });

  it("is ignored when it is not readable", async () => {
    page.first = { text: "{", madeAfter: page.time };
    await stage.reopen();
    ({ client } = stage);
    client.watch("ada", () => {});
    await stage.flow();
    expect(stage.urls("ada")[0]).toContain(fakeId("ada"));
  });
});

describe("prefetching", () => {
  it("brings pictures into memory, so that a watcher finds them there", async () => {
    client.prefetch(["ada", "a/b"]);
    await stage.flow();
    const samples = vi.fn();
    client.onSample(samples);
    client.watch("ada", () => {});
    expect(samples).toHaveBeenCalledWith(expect.objectContaining({ userId: "ada", source: "memory", milliseconds: 0 }));
    expect(page.requests).toHaveLength(1);
  });

  it("comes after what is visible", async () => {
    const many = Array.from({ length: 20 }, (_, number) => `person-${number}`);
    service.populate(...many);
    client.prefetch(many);
    client.watch("ada", () => {});
    await page.frame();
    expect(stage.asked(0)[0]).toBe("ada");
    service.request(stage.request);
    await page.settle();
    expect(page.images).toHaveLength(8);
    expect(page.images[0]).toMatchObject({ isLow: false, url: expect.stringContaining(fakeId("ada")) });
    expect(page.images[1]?.isLow).toBe(true);
  });

  it("does not go on about what failed", async () => {
    client.prefetch(["ada"]);
    await page.frame();
    await stage.request.fail();
    await page.pass(120_000);
    expect(page.requests).toHaveLength(1);
  });
});

describe("staying true", () => {
  it("asks once about all who are watched when their freshness ends", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    await page.pass(1_000_000);
    client.watch("alan", () => {});
    await stage.flow();
    expect(page.requests).toHaveLength(2);
    await page.pass(801_000);
    expect(page.requests).toHaveLength(3);
    expect(stage.asked(2)).toEqual(["ada"]);
    await stage.flow();
    await page.pass(1_000_000);
    expect(new Set(stage.asked(3))).toEqual(new Set(["ada", "alan"]));
  });

  it("asks nothing while nobody sees the page, and catches up when somebody does", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    page.hidden = true;
    await page.pass(4_000_000);
    expect(page.requests).toHaveLength(1);
    await page.wake();
    expect(page.requests).toHaveLength(2);
  });

  it("asks nothing about people whom nobody watches", async () => {
    const stop = client.watch("ada", () => {});
    await stage.flow();
    stop();
    await page.pass(4_000_000);
    expect(page.requests).toHaveLength(1);
  });

  it("does not ask by the clock more than twice a minute, however short a freshness is", async () => {
    service.freshForSeconds = 1;
    page.autopilot = service;
    client.watch("ada", () => {});
    await page.frame();
    await page.pass(60_000);
    expect(page.requests.length).toBeLessThanOrEqual(3);
  });

  it("shows nothing after seven days without contact", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    page.hidden = true;
    await page.pass(7 * 24 * 3600 * 1000 - 1000);
    expect(client.get("ada").renditions).toHaveLength(1);
    await page.pass(2000);
    expect(client.get("ada").renditions).toEqual([]);
  });

  it("never shows an address past its signature, and renews it while it works", async () => {
    service.signedForSeconds = 3600;
    page.autopilot = service;
    client.watch("ada", () => {});
    await stage.flow();
    const first = stage.urls("ada")[0];
    await page.pass(1_801_000);
    await stage.flow();
    expect(page.requests.at(-1)?.body).toEqual({ user_ids: ["ada"], known: {}, epoch: service.epoch });
    expect(stage.urls("ada")[0]).not.toBe(first);
    page.autopilot = {};
    await page.pass(3_601_000);
    expect(client.get("ada").renditions).toEqual([]);
  });
});

describe("a new life of the directory", () => {
  it("drops everything, and asks anew for what is watched", async () => {
    client.watch("ada", () => {});
    client.watch("alan", () => {});
    await stage.flow();
    service.reset().set("ada", fakeId("reborn"));
    client.invalidate("ada");
    await stage.answer();
    expect(client.get("ada").renditions).toEqual([]);
    expect(client.get("alan")).toMatchObject({ revision: null, renditions: [] });
    await stage.flow();
    expect(stage.urls("ada")[0]).toContain(fakeId("reborn"));
    expect(client.get("alan")).toMatchObject({ revision: 0, imageId: null, epoch: service.epoch });
  });

  it("is not undone by an answer of the old one that lands late", async () => {
    client.watch("ada", () => {});
    await page.frame();
    const slow = stage.request;
    const old = service.answerTo(slow);
    service.reset().populate("ada", "alan");
    client.watch("alan", () => {});
    await page.frame();
    for (const request of page.openRequests) if (request !== slow) service.request(request);
    await page.settle();
    await slow.answer(old.body);
    expect(client.get("ada").epoch).not.toBe((old.body as { epoch: string }).epoch);
    expect(client.counters.lateAnswers).toBe(1);
    await stage.flow();
    expect(client.get("ada").epoch).toBe(service.epoch);
  });
});

describe("late answers", () => {
  it("never take a revision back", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.invalidate("ada");
    await page.frame();
    const [slow] = page.openRequests;
    service.set("ada", fakeId("second"));
    const second = service.pack(["ada"]);
    service.set("ada", fakeId("third"));
    page.autopilot = service;
    await client.remove("ada");
    page.autopilot = {};
    await slow?.answer(second);
    expect(client.get("ada")).toMatchObject({ revision: 4, imageId: null });
    expect(client.counters.lateAnswers).toBe(1);
  });

  it("do not vouch for a revision that they were not asked about", async () => {
    client.watch("ada", () => {});
    await stage.flow();
    client.invalidate("ada");
    await page.frame();
    const slow = stage.request;
    const unchanged = service.answerTo(slow);
    await page.pass(2000);
    page.autopilot = service;
    await client.remove("ada");
    await page.pass(1000);
    await slow.answer(unchanged.body);
    expect(client.get("ada").revision).toBe(2);
    expect(client.explain("ada").ageSeconds).toBe(1);
  });

  it("do not show a picture that was overtaken while it was decoding", async () => {
    client.watch("ada", () => {});
    await stage.answer();
    const [slow] = page.openImages;
    service.set("ada", fakeId("newer"));
    client.invalidate("ada");
    await stage.answer();
    expect(slow?.isAborted).toBe(true);
    await slow?.arrive();
    expect(client.get("ada").renditions).toEqual([]);
    await stage.image.arrive();
    expect(stage.urls("ada")[0]).toContain(fakeId("newer"));
  });
});
