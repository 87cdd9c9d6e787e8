/**
 * Takes the pictures of every page and dialog that a person looks at, and the one that the README shows.
 *
 * `make screenshots` runs it. The README's goes to docs/images, all others to `.cache/screenshots`: open them.
 */

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, visit } from "../browser.ts";
import { openEdit, openProfile, textFile, upload } from "../tests/demo-page.ts";

const repository = join(import.meta.dirname, "../../..");
const sizes = { desktop: { width: 1360, height: 860 }, phone: { width: 390, height: 780 } };
const schemes = ["light", "dark"] as const;

/** What is on the page when the picture is taken. */
const scenes: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  roster: () => Promise.resolve(),
  profile: (page) => openProfile(page, "tomas-herrera"),
  edit: async (page) => {
    const dialog = await openEdit(page, "tomas-herrera");
    await upload(page, textFile);
    await dialog.getByRole("alert").waitFor();
  },
};

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of schemes) {
    test(`the sign-in page, ${size}, ${colorScheme}`, async () => {
      const { page, complaints } = await visit(browser, "/", { viewport, colorScheme });
      await shoot(page, `sign-in-${size}-${colorScheme}`);
      expect(complaints).toEqual([]);
    });

    for (const [scene, prepare] of Object.entries(scenes)) {
      test(`${scene}, ${size}, ${colorScheme}`, async () => {
        const { page } = await visit(browser, "/", { viewport, colorScheme, as: "samuel-adeyemi" });
        await page.waitForLoadState("networkidle");
        await prepare(page);
        const file = await shoot(page, `${scene}-${size}-${colorScheme}`);
        if (`${scene}-${size}-${colorScheme}` === "profile-desktop-light") {
          await page.screenshot({ path: join(repository, "docs/images/demo.png") });
        }
        expect(file.byteLength).toBeGreaterThan(0);
      });
    }
  }
}

async function shoot(page: Page, name: string): Promise<Buffer> {
  await page.waitForLoadState("networkidle");
  return page.screenshot({ path: join(repository, ".cache/screenshots", `${name}.png`) });
}
