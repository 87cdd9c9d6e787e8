import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { dialog, untilClosed } from "./demo-page.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

/** What has the focus, by its words. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    return element.getAttribute("aria-label") ?? element.textContent.replace(/\s+/g, " ").trim();
  });
}

async function press(page: Page, ...keys: string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  return focused(page);
}

describe("the keyboard alone", () => {
  it("signs in", async () => {
    const { page, context } = await visit(browser, "/");
    await page.locator(".sign-in-choice").first().waitFor();
    expect(await press(page, "Tab")).toContain("Samuel Adeyemi");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Account of Samuel Adeyemi" }).waitFor();
    await context.close();
  });

  it("reaches every region in a few steps, and every person with the arrow keys", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await page.locator(".roster-row").first().waitFor();
    const stops: string[] = [];
    for (let step = 0; step < 5; step += 1) stops.push(await press(page, "Tab"));
    expect(stops).toEqual([
      "Skip to the talk",
      expect.stringContaining("Account of"),
      "Find among 200 people",
      expect.stringContaining("Amara Okafor"),
      expect.stringContaining("Profile of"),
    ]);
    await page.getByRole("searchbox").focus();
    expect(await press(page, "ArrowDown", "ArrowDown")).toContain("Jonas Lindqvist");
    expect(await press(page, "End", "Home")).toContain("Amara Okafor");
    expect(await press(page, "ArrowUp")).toBe("Find among 200 people");
    await context.close();
  });

  it("opens a profile and the dialog over it, and gets the focus back where it was", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await page.getByRole("searchbox").fill("nystrom");
    await page.getByText("1 of 200 people").waitFor();
    expect(await press(page, "ArrowDown")).toContain("Oscar Nyström");
    expect(await press(page, "Enter")).toBe("Close");
    expect(await press(page, "Tab", "Tab")).toBe("Change picture");
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("heading", { name: "Change picture" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).type)).toBe("file");
    await page.keyboard.press("Escape");
    await dialog(page).getByRole("heading", { name: "Oscar Nyström" }).waitFor();
    await page.keyboard.press("Escape");
    await untilClosed(page);
    expect(await focused(page)).toContain("Oscar Nyström");
    await context.close();
  });

  it("walks the account menu, and Escape closes it", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    const account = page.getByRole("button", { name: "Account of Samuel Adeyemi" });
    await account.press("Enter");
    expect([await press(page, "Tab"), await press(page, "Tab"), await press(page, "Tab")]).toEqual([
      "Your profile",
      "Change picture",
      "Sign out",
    ]);
    expect(await press(page, "Escape")).toContain("Account of");
    expect(await account.getAttribute("aria-expanded")).toBe("false");
    await context.close();
  });

  it("opens and closes the drawer of a middling screen", async () => {
    const viewport = { width: 900, height: 700 };
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi", viewport });
    const sources = page.getByRole("button", { name: "Sources", exact: true });
    await sources.press("Enter");
    await page.getByRole("heading", { name: "Where pictures came from" }).waitFor();
    expect(await focused(page)).toBe("Close sources");
    expect(await press(page, "Escape")).toBe("Sources");
    expect(await page.getByRole("heading", { name: "Where pictures came from" }).isVisible()).toBe(false);
    await context.close();
  });
});
