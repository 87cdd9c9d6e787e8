import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { untilAllShown } from "./demo-page.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

/** How often each source answered on the page. */
function sources(page: Page): Promise<Record<string, number>> {
  return page.locator(".roster-row [data-source]").evaluateAll((boxes) => {
    const counts: Record<string, number> = {};
    for (const box of boxes) {
      const source = box.getAttribute("data-source") ?? "";
      counts[source] = (counts[source] ?? 0) + 1;
    }
    return counts;
  });
}

describe("the first visit", () => {
  it("shows a real picture, decoded, of the person that its box is for", async () => {
    const { page, context, complaints } = await visit(browser, "/", { as: "amara-okafor" });
    const box = page.locator("[data-user-id][data-source]:has(img)").first();
    await box.waitFor();
    const image = await box.locator("img").evaluate((element: HTMLImageElement) => ({
      isDecoded: element.complete && element.naturalWidth > 0,
      width: element.naturalWidth,
      crossOrigin: element.crossOrigin,
    }));
    expect(image).toEqual({ isDecoded: true, width: 128, crossOrigin: "anonymous" });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("is answered by the origin, and the next one by the browser's own cache", async () => {
    const { page, context } = await visit(browser, "/", { as: "amara-okafor" });
    await untilAllShown(page);
    const { default: without = 0, ...first } = await sources(page);
    expect(Object.keys(first)).toEqual(["origin"]);
    expect(without).toBeGreaterThan(10);
    await page.reload();
    await untilAllShown(page);
    const { default: _, ...next } = await sources(page);
    expect(Object.keys(next)).toEqual(["http"]);
    await context.close();
  });

  it("moves nothing when pictures arrive", async () => {
    const { page, context } = await visit(browser, "/health/live", { as: "amara-okafor" });
    await page.addInitScript(() => {
      Object.assign(globalThis, { shifts: [] });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, sources: moved } = entry as unknown as { value: number; sources: { node: Node | null }[] };
          const ofPictures = moved.some(({ node }) => node?.parentElement?.closest("[data-source]"));
          if (ofPictures) (globalThis as unknown as { shifts: number[] }).shifts.push(value);
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto("/?pack=no");
    await untilAllShown(page);
    expect(await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts)).toEqual([]);
    await context.close();
  });
});
