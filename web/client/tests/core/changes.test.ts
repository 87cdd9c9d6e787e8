import { beforeEach, describe, expect, it } from "vitest";
import type { AvatariumClient, PictureState } from "../../src/core/index.ts";
import { type FakePage, type FakeService, fakeId } from "../../src/testing/index.ts";
import { Stage } from "./stage.ts";

const file = new Blob(["a photograph"], { type: "image/jpeg" });

let stage: Stage;
let page: FakePage;
let service: FakeService;
let client: AvatariumClient;

beforeEach(async () => {
  stage = await Stage.ready();
  ({ page, service, client } = stage);
  service.populate("ada", "alan");
  client.watch("ada", () => {});
  await stage.flow();
});

/** Waits until the request has left: the code of a change is loaded with the first one. */
async function departed(): Promise<void> {
  await page.until(() => page.openRequests.length > 0);
  await page.settle();
}

describe("replacing a picture", () => {
  let outcome: Promise<PictureState>;
  let shares: number[];
  let controller: AbortController;

  beforeEach(async () => {
    shares = [];
    controller = new AbortController();
    outcome = client.replace("ada", file, {
      signal: controller.signal,
      onProgress: (share) => shares.push(share),
      crop: { x: 1, y: 2, width: 30, height: 40 },
    });
    outcome.catch(() => {});
    await departed();
  });

  it("sends the file as it is, and says how much of it has left", () => {
    stage.request.progress(0.5);
    stage.request.progress(1);
    expect(stage.request).toMatchObject({ method: "PUT", path: "/images/user/ada?crop=1,2,30,40", body: file });
    expect(shares).toEqual([0.5, 1]);
  });

  it("shows the chosen picture at once, as what it is", () => {
    expect(client.get("ada")).toMatchObject({ isOptimistic: true, isPending: true, revision: 1 });
    expect(client.get("ada").renditions).toMatchObject([{ url: "blob:preview-1", imageId: null, revision: 1 }]);
  });

  it("keeps it until the real one is decoded, and then gives its address back", async () => {
    service.request(stage.request);
    await page.settle();
    expect(stage.urls("ada")).toEqual(["blob:preview-1"]);
    await stage.image.arrive();
    const state = await outcome;
    expect(state).toMatchObject({ isOptimistic: false, revision: 2 });
    expect(state).toBe(client.get("ada"));
    expect(stage.urls("ada")[0]).toContain("/128.webp");
    await page.settle();
    expect(page.objectUrls.size).toBe(0);
  });

  it("does not wait for the real one for ever", async () => {
    service.request(stage.request);
    await page.settle();
    await page.pass(10_001);
    // The one before must not come back, not even until the new one is there.
    expect(await outcome).toMatchObject({ isOptimistic: false, revision: 2, renditions: [] });
    await stage.image.arrive();
    expect(client.get("ada").renditions).toHaveLength(1);
  });

  it("is rolled back when the service refuses, with the service's reason", async () => {
    const before = fakeId("ada");
    const problem = { type: "about:blank", title: "t", status: 415, detail: "No image.", code: "not-an-image" };
    await stage.request.answer(problem, 415);
    await expect(outcome).rejects.toMatchObject({ code: "not-an-image", status: 415, detail: "No image." });
    expect(client.get("ada")).toMatchObject({ isOptimistic: false, revision: 1 });
    expect(stage.urls("ada")[0]).toContain(before);
    await page.settle();
    expect(page.objectUrls.size).toBe(0);
  });

  it("is rolled back when the network is lost", async () => {
    await stage.request.fail();
    await expect(outcome).rejects.toMatchObject({ code: "unreachable", status: undefined });
    expect(client.get("ada").isOptimistic).toBe(false);
  });

  it("is rolled back to what was learnt meanwhile", async () => {
    service.set("ada", fakeId("meanwhile"));
    client.invalidate("ada");
    await page.frame();
    const [upload, question] = page.openRequests;
    if (question) service.request(question);
    await page.settle();
    await stage.image.arrive();
    expect(client.get("ada").isOptimistic).toBe(true);
    await upload?.fail();
    await expect(outcome).rejects.toThrow();
    expect(stage.urls("ada")[0]).toContain(fakeId("meanwhile"));
  });

  it("is rolled back when the caller gives up, with the caller's reason", async () => {
    controller.abort(new Error("changed my mind"));
    await expect(outcome).rejects.toThrow("changed my mind");
    expect(client.get("ada").isOptimistic).toBe(false);
  });

  it("shows the later of two, whichever ends first", async () => {
    const later = client.replace("ada", file);
    await page.until(() => page.openRequests.length === 2);
    await page.settle();
    expect(stage.urls("ada")).toEqual(["blob:preview-2"]);
    const [first, second] = page.openRequests;
    await first?.fail();
    await expect(outcome).rejects.toThrow();
    expect(stage.urls("ada")).toEqual(["blob:preview-2"]);
    if (second) service.request(second);
    await page.settle();
    await stage.image.arrive();
    expect((await later).isOptimistic).toBe(false);
  });

  it("leaves others alone", () => {
    expect(client.get("alan").isOptimistic).toBe(false);
  });

  it("is not undone by an answer that left before it", async () => {
    const old = service.pack(["ada"]);
    service.request(stage.request);
    await page.settle();
    await stage.image.arrive();
    await outcome;
    client.invalidate("ada");
    await page.frame();
    await stage.request.answer(old);
    expect(client.get("ada").revision).toBe(2);
  });
});

describe("a file that the browser can't draw", () => {
  it("is sent all the same: the service decides what a picture is", async () => {
    page.isPreviewBroken = true;
    const outcome = client.replace("ada", file);
    await departed();
    expect(client.get("ada").isOptimistic).toBe(false);
    service.request(stage.request);
    await outcome;
    await stage.flow();
    expect(client.get("ada").revision).toBe(2);
  });
});

describe("removing a picture", () => {
  it("shows the default picture at once, and stays there", async () => {
    const outcome = client.remove("ada");
    await departed();
    expect(client.get("ada")).toMatchObject({ renditions: [], imageId: null, isOptimistic: true });
    expect(stage.request).toMatchObject({ method: "DELETE", path: "/images/user/ada" });
    service.request(stage.request);
    expect(await outcome).toMatchObject({ renditions: [], imageId: null, revision: 2, isOptimistic: false });
  });

  it("is rolled back when the service refuses", async () => {
    const outcome = client.remove("ada");
    await departed();
    service.problem = { status: 403, code: "not-allowed" };
    service.request(stage.request);
    await expect(outcome).rejects.toMatchObject({ code: "not-allowed", status: 403 });
    expect(stage.urls("ada")).toHaveLength(1);
  });
});

describe("a change", () => {
  it("of an id that the service would refuse is refused here", async () => {
    await expect(client.remove("a/b")).rejects.toMatchObject({ code: "malformed-user-id" });
    await expect(client.replace("..", file)).rejects.toMatchObject({ code: "malformed-user-id" });
    expect(page.requests).toHaveLength(1);
  });

  it("that is answered after everything was forgotten is asked about anew", async () => {
    const outcome = client.remove("ada");
    await departed();
    const held = stage.request;
    const { body } = service.answerTo(held);
    await client.clear();
    await held.answer(body);
    await outcome;
    expect(client.get("ada").revision).toBeNull();
    await stage.flow();
    expect(client.get("ada")).toMatchObject({ revision: 2, imageId: null, isOptimistic: false });
  });

  it("percent-encodes what it must", async () => {
    const outcome = client.remove("ünïcødé id");
    await departed();
    expect(stage.request.path).toBe("/images/user/%C3%BCn%C3%AFc%C3%B8d%C3%A9%20id");
    service.request(stage.request);
    await outcome;
  });
});
