import { beforeEach, describe, expect, it, vi } from "vitest";
import { createAvatarium, type Layer, type StoredPicture } from "../../src/core/index.ts";
import { FakePage, fakeId, MemoryLayer } from "../../src/testing/index.ts";
import { Stage } from "./stage.ts";

const inline = "data:image/webp;base64,AAAA";

let storage: MemoryLayer;
let blobs: MemoryLayer;
let accounts: (string | null)[];

beforeEach(() => {
  storage = new MemoryLayer("storage", true);
  blobs = new MemoryLayer("blob", false);
  accounts = [];
});

/** A client on both layers, as a visit of `account`. */
function visit(): Promise<Stage> {
  const make = (layer: MemoryLayer) => (account: string | null) => {
    accounts.push(account);
    return layer;
  };
  return Stage.ready({ account: "me", layers: [make(storage), make(blobs)] });
}

/** Fills the layers by a first visit; what they hold of ada can be painted from then on. */
async function firstVisit(): Promise<Stage> {
  const stage = await visit();
  stage.service.populate("ada", "alan");
  stage.client.watch("ada", () => {});
  await stage.flow();
  return stage;
}

function paint(layer: MemoryLayer, painted: StoredPicture["painted"]): void {
  const stored = layer.kept.get("ada");
  if (!stored) throw new Error("It keeps nothing of ada.");
  layer.kept.set("ada", { ...stored, painted });
}

/** The same people, pages later. */
async function nextVisit(first: Stage, secondsLater = 10): Promise<Stage> {
  first.client.close();
  const next = await visit();
  next.page.time = first.page.time + secondsLater * 1000;
  return next;
}

describe("layers below memory", () => {
  it("are made for the signed-in account", async () => {
    await visit();
    expect(accounts).toEqual(["me", "me"]);
  });

  it("learn what the origin says, with the age that it has", async () => {
    const { page, service } = await firstVisit();
    for (const layer of [storage, blobs]) {
      const stored = layer.kept.get("ada");
      expect(stored?.mapping).toMatchObject({
        userId: "ada",
        imageId: fakeId("ada"),
        revision: 1,
        epoch: service.epoch,
      });
      expect(stored?.age).toMatchObject({ contactAt: page.time, freshUntil: page.time + 1_800_000 });
    }
  });

  it("learn of contact that changed nothing", async () => {
    const stage = await firstVisit();
    const { page, client } = stage;
    await page.pass(5000);
    client.invalidate("ada");
    await stage.answer();
    expect(storage.kept.get("ada")?.age.contactAt).toBe(page.time);
  });

  it("do not learn of people that the directory does not have", async () => {
    const { page, client, service } = await visit();
    client.watch("nobody", () => {});
    await page.frame();
    await page.openRequests[0]?.answer({ ...service.pack(["nobody"]), unknown: ["nobody"] });
    expect(client.get("nobody").revision).toBe(0);
    expect(storage.kept.size).toBe(0);
  });

  it("are emptied with everything else", async () => {
    const { client } = await firstVisit();
    await client.clear();
    expect(storage.kept.size + blobs.kept.size).toBe(0);
  });

  it("are closed with the client", async () => {
    const { client } = await firstVisit();
    client.close();
    expect([storage.isClosed, blobs.isClosed]).toEqual([true, true]);
  });

  it("drop what is of another life", async () => {
    const stage = await firstVisit();
    const { client, service } = stage;
    service.reset().populate("alan");
    client.invalidate("ada");
    await stage.answer();
    expect([...storage.kept.values()].map(({ mapping }) => mapping.epoch)).toEqual([service.epoch]);
  });
});

describe("the synchronous layer", () => {
  it("is read before anything else, and painted in the first render", async () => {
    const first = await firstVisit();
    paint(storage, { url: inline, size: 64 });
    first.client.close();
    const page = new FakePage();
    page.time = first.page.time + 1000;
    const client = createAvatarium({ environment: page, layers: [() => storage] });
    expect(client.get("ada").renditions).toMatchObject([{ url: inline, size: 64, source: "storage", revision: 1 }]);
    const listen = vi.fn();
    client.onSample(listen);
    client.watch("ada", () => {});
    expect(listen).toHaveBeenCalledWith(expect.objectContaining({ source: "storage", success: true }));
  });

  it("saves the question while it is fresh, and gives way to the working size", async () => {
    const first = await firstVisit();
    paint(storage, { url: inline, size: 64 });
    const next = await nextVisit(first);
    next.client.watch("ada", () => {});
    await next.page.frame();
    expect(next.page.requests).toEqual([]);
    await next.image.arrive("http");
    expect(next.client.get("ada").renditions.map(({ size }) => size)).toEqual([128]);
  });

  it("is asked about when it is stale, and shown meanwhile", async () => {
    const next = await nextVisit(await firstVisit(), 1900);
    next.client.watch("ada", () => {});
    await next.page.frame();
    expect(next.asked(0)).toEqual(["ada"]);
    expect(next.page.openImages).toHaveLength(1);
  });

  it("is not shown after seven days without contact", async () => {
    const next = await nextVisit(await firstVisit(), 7 * 24 * 3600 + 1);
    // The layer is read when the client is made; it is old from then on.
    await next.reopen({ layers: [() => storage] });
    expect(next.client.get("ada").revision).toBeNull();
  });

  it("is not painted once, not even in the first frame, when the pack in the page says that there is none any more", async () => {
    const first = await firstVisit();
    paint(storage, { url: inline, size: 64 });
    first.service.set("ada", null);
    const page = new FakePage();
    page.time = first.page.time;
    page.first = { text: JSON.stringify(first.service.pack(["ada"])), madeAfter: page.time };
    const client = createAvatarium({ environment: page, layers: [() => storage] });
    expect(client.get("ada")).toMatchObject({ revision: 2, imageId: null, renditions: [] });
  });

  it("never overrules the pack in the page, and is overruled by a life that it does not know", async () => {
    const first = await firstVisit();
    paint(storage, { url: inline, size: 64 });
    first.service.reset().set("ada", fakeId("reborn"));
    const page = new FakePage();
    page.time = first.page.time;
    page.first = { text: JSON.stringify(first.service.pack(["ada"])), madeAfter: page.time };
    const client = createAvatarium({ environment: page, layers: [() => storage] });
    expect(client.get("ada")).toMatchObject({ imageId: fakeId("reborn"), epoch: first.service.epoch, renditions: [] });
  });
});

describe("the slower layer", () => {
  async function stored(secondsLater?: number): Promise<Stage> {
    const first = await firstVisit();
    storage.kept.clear();
    paint(blobs, { url: "blob:bytes-of-ada", size: 128 });
    return nextVisit(first, secondsLater);
  }

  it("is asked before the network, for all of a task together, and what it has is decoded before it is shown", async () => {
    const next = await stored();
    blobs.kept.set("alan", { ...blobs.kept.get("ada"), mapping: alan(blobs) } as StoredPicture);
    next.client.watch("ada", () => {});
    next.client.watch("alan", () => {});
    await next.page.frame();
    expect(blobs.reads).toEqual([["ada", "alan"]]);
    expect(next.page.requests).toEqual([]);
    expect(next.urls("ada")).toEqual([]);
    const [bytes] = next.page.openImages;
    expect(bytes?.url).toBe("blob:bytes-of-ada");
    await bytes?.arrive("origin");
    expect(next.client.get("ada").renditions).toMatchObject([{ source: "blob", url: "blob:bytes-of-ada" }]);
    expect(next.client.samples().at(-1)).toMatchObject({ source: "blob", userId: "ada" });
  });

  it("is not waited for when it is slow, but heard when it comes", async () => {
    const next = await stored();
    blobs.isHeld = true;
    next.client.watch("ada", () => {});
    await next.page.pass(100);
    expect(next.asked(0)).toEqual(["ada"]);
    blobs.release();
    await next.page.settle();
    expect(next.client.get("ada").revision).toBe(1);
    expect(next.page.openImages.map(({ url }) => url)).toEqual(["blob:bytes-of-ada"]);
  });

  it("does not take back what the network said meanwhile", async () => {
    const next = await stored();
    blobs.isHeld = true;
    next.client.watch("ada", () => {});
    await next.page.pass(100);
    next.service.epoch = fakeId("e1");
    next.service.set("ada", fakeId("ada")).set("ada", fakeId("newer"));
    await next.answer();
    expect(next.client.get("ada").revision).toBe(2);
    blobs.release();
    await next.page.settle();
    expect(next.client.get("ada")).toMatchObject({ revision: 2, imageId: fakeId("newer") });
  });

  it("is not believed when the network has told of another life meanwhile", async () => {
    const next = await stored();
    blobs.isHeld = true;
    next.client.watch("ada", () => {});
    await next.page.pass(100);
    const before = new Map(blobs.kept);
    next.service.reset();
    await next.answer();
    for (const [userId, record] of before) blobs.kept.set(userId, record);
    blobs.release();
    await next.page.settle();
    expect(next.client.get("ada")).toMatchObject({ epoch: next.service.epoch, revision: 0, imageId: null });
  });

  it("is followed by the network when it is stale", async () => {
    const next = await stored(1900);
    next.client.watch("ada", () => {});
    await next.page.frame();
    await next.page.frame();
    expect(next.asked(0)).toEqual(["ada"]);
  });

  it("gives way to the origin's bytes when its own can't be drawn", async () => {
    const next = await stored();
    next.client.watch("ada", () => {});
    await next.page.frame();
    await next.image.fail();
    expect(next.image.url).toContain(fakeId("ada"));
    await next.image.arrive();
    expect(next.client.get("ada").renditions).toMatchObject([{ source: "origin" }]);
  });

  it("adds its bytes to what is known but was never painted", async () => {
    const next = await stored();
    const record = blobs.kept.get("ada");
    if (!record) throw new Error("It keeps nothing of ada.");
    storage.kept.set("ada", { ...record, painted: null });
    await next.reopen({ layers: [() => storage, () => blobs] });
    expect(next.client.get("ada").revision).toBe(1);
  });

  it("is passed when it has nothing of a person", async () => {
    const next = await stored();
    next.client.watch("grace", () => {});
    await next.page.frame();
    expect(blobs.reads).toEqual([]);
    expect(next.asked(0)).toEqual(["grace"]);
  });

  it("is charged a miss when it was passed, and credited when it answered", async () => {
    const next = await stored();
    next.client.watch("ada", () => {});
    await next.page.frame();
    await next.image.arrive();
    next.client.watch("grace", () => {});
    next.service.populate("grace");
    await next.flow();
    expect(next.client.hitRatio("blob")).toBe(0.5);
    expect(next.client.hitRatio("storage")).toBe(0);
  });
});

/** A record of alan that looks like ada's. */
function alan(layer: Layer & MemoryLayer): StoredPicture["mapping"] {
  const ada = layer.kept.get("ada")?.mapping;
  if (!ada) throw new Error("It keeps nothing of ada.");
  return { ...ada, userId: "alan" as typeof ada.userId, imageId: fakeId("alan") as typeof ada.imageId };
}
