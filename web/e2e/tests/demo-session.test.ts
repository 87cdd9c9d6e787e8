import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

describe("signing in and out", () => {
  it("offers three people, with what each may do", async () => {
    const { page, context, complaints } = await visit(browser, "/");
    const choices = page.getByRole("list", { name: "People to sign in as" }).getByRole("button");
    await choices.first().waitFor();
    expect(await choices.locator(".sign-in-name").allTextContents()).toEqual([
      "Samuel Adeyemi",
      "Amara Okafor",
      "Tomás Herrera",
    ]);
    expect(await choices.filter({ hasText: "Administrator" }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("leads to the page of the chosen person, and back", async () => {
    const { page, context } = await visit(browser, "/");
    await page.getByRole("button", { name: "Tomás Herrera" }).click();
    await page.getByRole("button", { name: "Account of Tomás Herrera" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Who are you today?" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  it("says what to do when the server is gone", async () => {
    const { page, context } = await visit(browser, "/");
    await page.route("**/demo/session", (route) => route.abort());
    await page.getByRole("button", { name: "Tomás Herrera" }).click();
    await page.getByRole("alert").filter({ hasText: "Check that the server is running" }).waitFor();
    expect(await page.getByRole("button", { name: "Tomás Herrera" }).isEnabled()).toBe(true);
    await context.close();
  });
});
