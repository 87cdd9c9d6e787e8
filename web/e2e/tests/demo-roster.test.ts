import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { dialog, openProfile, untilAllShown } from "./demo-page.ts";
import { pictureLoads } from "./network.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

describe("a roster of 200", () => {
  it("asks nothing when the pack is in the page, and loads each picture once", async () => {
    const { page, context, apiCalls } = await visit(browser, "/health/live", { as: "amara-okafor" });
    const loads = await pictureLoads(page);
    await page.goto("/");
    await untilAllShown(page);
    expect(await page.locator(".roster-row").count()).toBe(200);
    expect(apiCalls).toEqual([]);
    expect(loads.length).toBeGreaterThan(150);
    expect(new Set(loads).size).toBe(loads.length);
    await context.close();
  });

  it("asks once when the page comes without a pack", async () => {
    const { page, context, apiCalls } = await visit(browser, "/health/live", { as: "amara-okafor" });
    const loads = await pictureLoads(page);
    await page.goto("/?pack=no");
    await untilAllShown(page);
    expect(apiCalls).toEqual(["POST /images/pack"]);
    expect(new Set(loads).size).toBe(loads.length);
    await context.close();
  });

  it("opens every profile without any request, with the 128 px picture", async () => {
    const { page, context, apiCalls } = await visit(browser, "/", { as: "tomas-herrera", deviceScaleFactor: 1 });
    await untilAllShown(page);
    const loads = await pictureLoads(page);
    const people = await page
      .locator(".roster-row:has(img)")
      .evaluateAll((rows) => rows.slice(0, 12).map((row) => (row as HTMLElement).dataset["userId"] ?? ""));
    for (const userId of people) {
      const picture = (await openProfile(page, userId)).locator("img");
      expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(128);
      expect(await picture.getAttribute("src")).toMatch(/\/pictures\/[a-z2-7]{26}\/128\.webp$/);
      await page.keyboard.press("Escape");
    }
    expect([apiCalls, loads]).toEqual([[], []]);
    await context.close();
  });

  it("finds people by name, title and city, without accents", async () => {
    const { page, context } = await visit(browser, "/", { as: "tomas-herrera" });
    const field = page.getByRole("searchbox", { name: "Find among 200 people" });
    await field.fill("nystrom uppsala");
    await page.getByText("1 of 200 people").waitFor();
    expect(await page.locator(".roster-name").allTextContents()).toEqual(["Oscar Nyström"]);
    await field.fill("nobody at all");
    await page.getByText("Nobody here matches “nobody at all”.").waitFor();
    await page.locator(".roster-nobody").getByRole("button", { name: "Clear search" }).click();
    await page.locator(".roster-row").nth(199).waitFor({ state: "attached" });
    await context.close();
  });
});

describe("a profile", () => {
  it("is in the document, open and with its decoded picture, in the task of the click", async () => {
    const { page, context } = await visit(browser, "/", { as: "tomas-herrera" });
    await untilAllShown(page);
    const seen = await page.locator(".roster-row:has(img)").evaluateAll(async (rows) => {
      const found: unknown[] = [];
      for (const row of rows.slice(0, 12) as HTMLElement[]) {
        row.click();
        // React commits a click in a microtask, before anything can be painted.
        await Promise.resolve();
        const modal = document.querySelector<HTMLDialogElement>("[role=dialog]");
        const box = modal?.querySelector<HTMLElement>("span[data-user-id]");
        const image = box?.querySelector("img");
        found.push({
          isOpen: modal?.open,
          isOwn: box?.dataset["userId"] === row.dataset["userId"],
          source: box?.dataset["source"],
          isDecoded: image?.complete === true && image.naturalWidth > 0,
        });
        modal?.querySelector<HTMLElement>(".dialog-close")?.click();
        await Promise.resolve();
      }
      return found;
    });
    expect(seen).toEqual(
      Array.from({ length: 12 }, () => ({ isOpen: true, isOwn: true, source: "memory", isDecoded: true })),
    );
    await context.close();
  });

  it("moves by translation only, and not at all under reduced motion", async () => {
    const motions: Record<string, unknown> = {};
    for (const reducedMotion of ["no-preference", "reduce"] as const) {
      const { page, context } = await visit(browser, "/", { as: "tomas-herrera", reducedMotion });
      await openProfile(page, "amara-okafor");
      motions[reducedMotion] = await dialog(page).evaluate((modal) => {
        const { animationName, animationDuration, opacity } = getComputedStyle(modal);
        const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
        const properties = rules
          .filter((rule) => rule instanceof CSSKeyframesRule && rule.name === animationName)
          .flatMap((rule) => [...(rule as CSSKeyframesRule).cssRules])
          .flatMap((rule) => [...(rule as CSSKeyframeRule).style]);
        return { properties, duration: animationDuration, opacity };
      });
      await context.close();
    }
    expect(motions).toEqual({
      "no-preference": { properties: ["transform"], duration: "0.12s", opacity: "1" },
      reduce: { properties: [], duration: "0s", opacity: "1" },
    });
  });

  it("says who answered and leads to a talk with the person", async () => {
    const { page, context } = await visit(browser, "/", { as: "tomas-herrera" });
    await untilAllShown(page);
    const profile = await openProfile(page, "jonas-lindqvist");
    expect(await profile.getByRole("definition").allTextContents()).toEqual([
      expect.stringMatching(/^revision \d+, checked just now$/),
      "memory in the modal’s own frame",
    ]);
    await profile.getByRole("button", { name: "Message" }).click();
    await page.getByRole("heading", { name: "Jonas Lindqvist" }).waitFor();
    await page.getByRole("textbox", { name: "Write to Jonas Lindqvist" }).fill("Here it is.");
    await page.keyboard.press("Enter");
    await page.getByRole("log").getByText("Here it is.").waitFor();
    await page.getByRole("button", { name: "Back to Launch week" }).click();
    await page.getByRole("heading", { name: "Launch week" }).waitFor();
    await context.close();
  });
});
