/**
 * The server is reset under a page that is warm: a new epoch, in which every revision begins anew.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import { type DemoServer, startDemo } from "../server.ts";
import { openEdit, openProfile, pictureFile, row, shown, untilAllShown, untilClosed, upload } from "./demo-page.ts";

/** A start seeds two hundred people, and this test starts twice. */
const longMs = 180_000;

let browser: Browser;
let server: DemoServer;

beforeAll(async () => {
  browser = await launch();
  server = await startDemo();
});

afterAll(async () => {
  await browser.close();
  await server.remove();
});

describe("a server that is reset under a warm page", () => {
  it(
    "is believed at the first answer: nothing of the old life is shown after that",
    async () => {
      const { page, context, apiCalls } = await visit(browser, "/", { url: server.url, as: "samuel-adeyemi" });
      const priya = async (): Promise<number | undefined> => (await shown(page, "priya-raman"))[0]?.revision;
      const source = (): Promise<string | null> => row(page, "priya-raman").locator("img").getAttribute("src");
      await untilAllShown(page);
      await openEdit(page, "priya-raman");
      await upload(page, await pictureFile(page, [10, 120, 120]));
      await untilClosed(page);
      await expect.poll(priya).toBe(2);
      const changed = await source();

      await server.stop();
      const { port, dataDir } = server;
      server = await startDemo({ port, dataDir, reset: true });
      await openProfile(page, "priya-raman");
      expect(await priya(), "no answer yet: the old one may show").toBe(2);
      await page.keyboard.press("Escape");
      apiCalls.length = 0;
      await (await openEdit(page, "rafael-costa")).getByRole("button", { name: "Remove picture" }).click();
      await untilClosed(page);

      await expect.poll(priya).toBe(1);
      expect(await source()).not.toBe(changed);
      await untilAllShown(page);
      // One change, one question about everybody.
      expect(apiCalls).toEqual(["DELETE /images/user/rafael-costa", "POST /images/pack"]);
      await context.close();
    },
    longMs,
  );
});
