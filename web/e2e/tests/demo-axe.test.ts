import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { dialog, openEdit, openProfile, textFile, untilAllShown, untilClosed, upload } from "./demo-page.ts";

/** The dark page has the same elements as the light one: there, only colours are left to look at. */
const looks = {
  light: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
  dark: { type: "rule", values: ["color-contrast"] },
} as const;
const screens = { desktop: [1360, 860], drawer: [900, 700], phone: [390, 780] } as const;

let browser: Browser;
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await launch();
});

afterAll(() => browser.close());

/** What axe finds, each as rule and element. */
async function findings(page: Page, colorScheme: keyof typeof looks): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(
    (runOnly) =>
      (globalThis as unknown as { axe: { run(...parameters: unknown[]): Promise<AxeResults> } }).axe.run(document, {
        runOnly,
      }),
    looks[colorScheme],
  );
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

describe.each(["light", "dark"] as const)("axe, %s", (colorScheme) => {
  it.each(Object.entries(screens))("finds nothing in any state of the %s page", async (screen, [width, height]) => {
    const look = { colorScheme, viewport: { width, height }, reducedMotion: "reduce" } as const;
    const found: Record<string, string[]> = {};

    const guest = await visit(browser, "/", look);
    await guest.page.locator(".sign-in-choice").first().waitFor();
    found["sign-in"] = await findings(guest.page, colorScheme);
    await guest.context.close();

    const { page, context } = await visit(browser, "/", { ...look, as: "samuel-adeyemi" });
    await untilAllShown(page);
    found["page"] = await findings(page, colorScheme);

    if (screen === "phone") {
      for (const place of ["Talk", "Sources", "People"]) {
        await page.getByRole("navigation", { name: "Regions" }).getByRole("button", { name: place }).click();
        found[place] = await findings(page, colorScheme);
      }
    } else if (screen === "drawer") {
      await page.getByRole("button", { name: "Sources", exact: true }).click();
      found["drawer"] = await findings(page, colorScheme);
      await page.keyboard.press("Escape");
    }

    await page.getByRole("searchbox").fill("nobody at all");
    await page.getByText("Nobody here matches").waitFor();
    found["nobody found"] = await findings(page, colorScheme);
    await page.getByRole("searchbox").fill("");

    await page.getByRole("button", { name: "Account of Samuel Adeyemi" }).click();
    found["account"] = await findings(page, colorScheme);
    await page.keyboard.press("Escape");

    await openProfile(page, "amara-okafor");
    found["profile"] = await findings(page, colorScheme);
    await page.keyboard.press("Escape");
    await untilClosed(page);

    await openEdit(page, "amara-okafor");
    found["edit"] = await findings(page, colorScheme);
    await upload(page, textFile);
    await dialog(page).getByRole("alert").waitFor();
    found["failure"] = await findings(page, colorScheme);

    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({});
    await context.close();
  });
});
