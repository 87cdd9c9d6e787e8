import { beforeEach, describe, expect, it, vi } from "vitest";
import { type AvatariumClient, createAvatarium } from "../../src/core/index.ts";
import { FakePage, FakeService, fakeId } from "../../src/testing/index.ts";

const tries = vi.hoisted(() => ({ count: 0 }));

vi.mock("../../src/core/supply.ts", () => ({
  get Supply(): never {
    tries.count += 1;
    throw new TypeError("Failed to fetch dynamically imported module");
  },
}));

/** The code that is loaded after the first frame can't be had: a deployment took it away, or the network is down. */
describe("a client whose supply can't be loaded", () => {
  let page: FakePage;
  let client: AvatariumClient;

  beforeEach(async () => {
    tries.count = 0;
    page = new FakePage();
    const service = new FakeService(page.now).populate("ada");
    page.first = { text: JSON.stringify(service.pack(["ada"])), madeAfter: page.time };
    client = createAvatarium({ environment: page });
    await page.until(() => tries.count === 1);
    await page.settle();
  });

  it("answers from what it has, and throws nothing", () => {
    expect(client.get("ada")).toMatchObject({ imageId: fakeId("ada"), renditions: [] });
    const stop = client.watch("ada", () => {});
    client.prefetch(["ada"]);
    client.invalidate("ada");
    client.reportBroken("ada", "x");
    expect(client.counters).toMatchObject({ apiCalls: 0, pictureLoads: 0 });
    stop();
    client.close();
  });

  it("refuses changes as it would without a network", async () => {
    await expect(client.remove("ada")).rejects.toMatchObject({ code: "unreachable" });
    await expect(client.replace("ada", new Blob())).rejects.toMatchObject({ code: "unreachable" });
  });

  it("tries again for somebody who looks ten seconds later, and not before", async () => {
    client.watch("ada", () => {});
    await page.settle();
    expect(tries.count).toBe(1);
    page.time += 10_001;
    client.watch("ada", () => {});
    client.watch("ada", () => {});
    await page.until(() => tries.count > 1);
    await page.settle();
    expect(tries.count).toBe(2);
  });
});
