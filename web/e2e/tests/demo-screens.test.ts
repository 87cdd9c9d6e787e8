import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { dialog, openEdit, openProfile } from "./demo-page.ts";

const phone = { width: 390, height: 780 };

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

/** Headings of the regions that can be seen; the roster's is for screen readers only, so its field stands for it. */
async function regions(page: Page): Promise<string[]> {
  const all = [
    ["people", page.getByRole("searchbox")],
    ["talk", page.getByRole("heading", { name: "Launch week" })],
    ["sources", page.getByRole("heading", { name: "Where pictures came from" })],
  ] as const;
  const seen = await Promise.all(all.map(async ([name, locator]) => ((await locator.isVisible()) ? name : "")));
  return seen.filter((name) => name !== "");
}

/** Buttons and fields that a finger would miss: lower or narrower than 44 px. Names in a text are not alone. */
function tooSmall(page: Page): Promise<string[]> {
  return page.locator("button, input, .drop-zone").evaluateAll((controls) =>
    controls
      .filter(
        (control) =>
          control.checkVisibility({ contentVisibilityAuto: true }) && !control.matches(".unseen, .turn-name"),
      )
      .filter((control) => {
        const { width, height } = control.getBoundingClientRect();
        return width < 44 || height < 44;
      })
      .map((control) => control.className),
  );
}

describe("the page by width", () => {
  it("shows three columns, two and a drawer, or one place at a time", async () => {
    const { page, context } = await visit(browser, "/", { as: "amara-okafor" });
    await page.locator(".roster-row").first().waitFor();
    const seen: Record<number, string[]> = {};
    for (const width of [1360, 1100, 1099, 700, 699, 320]) {
      await page.setViewportSize({ width, height: 780 });
      seen[width] = await regions(page);
    }
    expect(seen).toEqual({
      1360: ["people", "talk", "sources"],
      1100: ["people", "talk", "sources"],
      1099: ["people", "talk"],
      700: ["people", "talk"],
      699: ["people"],
      320: ["people"],
    });
    await context.close();
  });

  it("never scrolls sideways, dialogs neither", async () => {
    const { page, context } = await visit(browser, "/", { as: "amara-okafor" });
    await openEdit(page, "amara-okafor");
    const wide: string[] = [];
    for (const [width, height] of [
      [1360, 860],
      [900, 700],
      [680, 430],
      [390, 780],
      [320, 256],
    ] as const) {
      await page.setViewportSize({ width, height });
      const isWide = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll("dialog, .roster-list, .talk-log, .lens-latest")].some(
          (box) => box.scrollWidth > box.clientWidth,
        ),
      );
      if (isWide) wide.push(`${width} x ${height}`);
    }
    expect(wide).toEqual([]);
    await context.close();
  });
});

describe("on a phone", () => {
  it("each place is one press away, and every control is large enough for a finger", async () => {
    const { page, context } = await visit(browser, "/", { as: "amara-okafor", viewport: phone });
    const places = page.getByRole("navigation", { name: "Regions" });
    const seen: unknown[] = [];
    for (const place of ["Talk", "Sources", "People"]) {
      await places.getByRole("button", { name: place }).click();
      seen.push([await regions(page), await tooSmall(page)]);
    }
    expect(seen).toEqual([
      [["talk"], []],
      [["sources"], []],
      [["people"], []],
    ]);
    await context.close();
  });

  it("dialogs rise from the bottom edge and fill the width", async () => {
    const { page, context } = await visit(browser, "/", {
      as: "amara-okafor",
      viewport: phone,
      reducedMotion: "reduce",
    });
    await openProfile(page, "amara-okafor");
    const box = await dialog(page).boundingBox();
    expect([box?.x, box?.width, (box?.y ?? 0) + (box?.height ?? 0)]).toEqual([0, 390, 780]);
    expect(await tooSmall(page)).toEqual([]);
    await dialog(page).getByRole("button", { name: "Change picture" }).click();
    await dialog(page).getByRole("heading", { name: "Change picture" }).waitFor();
    expect(await tooSmall(page)).toEqual([]);
    await context.close();
  });

  it("a message to a person leads to the talk", async () => {
    const { page, context } = await visit(browser, "/", { as: "amara-okafor", viewport: phone });
    await openProfile(page, "jonas-lindqvist");
    await dialog(page).getByRole("button", { name: "Message" }).click();
    await page.getByRole("heading", { name: "Jonas Lindqvist" }).waitFor();
    expect(await page.getByRole("searchbox").isVisible()).toBe(false);
    await context.close();
  });
});
