import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, visit } from "../browser.ts";
import {
  type Colour,
  dialog,
  isNear,
  openEdit,
  openProfile,
  pictureFile,
  row,
  shown,
  textFile,
  untilAllShown,
  untilClosed,
  upload,
} from "./demo-page.ts";

const teal: Colour = [20, 140, 150];
const violet: Colour = [130, 60, 190];

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

/** Everything that is shown of a person, told apart by whether it is the picture of this colour. */
async function places(page: Page, userId: string, colour: Colour): Promise<{ all: number; same: number }> {
  const all = await shown(page, userId);
  return { all: all.length, same: all.filter((place) => isNear(place.colour, colour)).length };
}

describe("changing a picture", () => {
  it("shows the new one everywhere on the page, after a reload, and to somebody else", async () => {
    const { page, context, complaints } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await untilAllShown(page);
    const [before] = await shown(page, "samuel-adeyemi");
    await page.getByRole("textbox", { name: "Write to Launch week" }).fill("Mine is next.");
    await page.keyboard.press("Enter");

    const edit = await openEdit(page, "samuel-adeyemi");
    const file = await pictureFile(page, teal);
    await edit.locator("input[type=file]").setInputFiles(file);
    await edit.getByRole("img", { name: "The picture that you chose" }).waitFor();
    await edit.getByRole("button", { name: "Upload" }).click();
    await untilClosed(page);

    await page.getByText("The picture of Samuel Adeyemi is changed.").waitFor();
    // Top bar, roster, talk.
    await expect.poll(() => places(page, "samuel-adeyemi", teal)).toEqual({ all: 3, same: 3 });
    const revisions = (await shown(page, "samuel-adeyemi")).map(({ revision }) => revision);
    expect(new Set(revisions)).toEqual(new Set([(before?.revision ?? 0) + 1]));
    await openProfile(page, "samuel-adeyemi");
    expect(await places(page, "samuel-adeyemi", teal)).toEqual({ all: 4, same: 4 });

    await page.reload();
    await untilAllShown(page);
    expect(await places(page, "samuel-adeyemi", teal)).toEqual({ all: 2, same: 2 });
    const other = await visit(browser, "/", { as: "tomas-herrera" });
    await untilAllShown(other.page);
    expect(await places(other.page, "samuel-adeyemi", teal)).toEqual({ all: 1, same: 1 });
    expect(complaints).toEqual([]);
    await other.context.close();
    await context.close();
  });

  it("goes back to the initials everywhere when the picture is removed, and offers that no more", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await untilAllShown(page);
    await (await openEdit(page, "rafael-costa")).getByRole("button", { name: "Remove picture" }).click();
    await untilClosed(page);
    await page.getByText("The picture of Rafael Costa is removed.").waitFor();
    const sources = async (): Promise<string[]> => (await shown(page, "rafael-costa")).map(({ source }) => source);
    // Roster, talk.
    expect(await sources()).toEqual(["default", "default"]);
    expect(await (await openEdit(page, "rafael-costa")).getByRole("button", { name: "Remove picture" }).count()).toBe(
      0,
    );
    await page.reload();
    await row(page, "rafael-costa").waitFor();
    expect(await sources()).toEqual(["default", "default"]);
    await context.close();
  });

  it("says in plain words that a text file is none, and takes a picture after that", async () => {
    const { page, context } = await visit(browser, "/", { as: "tomas-herrera" });
    await untilAllShown(page);
    const before = await shown(page, "tomas-herrera");
    const edit = await openEdit(page, "tomas-herrera");
    await upload(page, textFile);
    const alert = edit.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toBe("That file is a text file. Choose a JPEG, PNG, WebP, GIF or AVIF.");
    const behind = (await shown(page, "tomas-herrera")).map(({ revision }) => revision);
    expect(behind).toEqual(before.map(({ revision }) => revision));

    await edit.locator("input[type=file]").setInputFiles(await pictureFile(page, violet));
    expect(await alert.count()).toBe(0);
    await edit.getByRole("button", { name: "Upload" }).click();
    await untilClosed(page);
    await expect.poll(async () => (await places(page, "tomas-herrera", violet)).same).toBe(before.length);
    await context.close();
  });

  it("takes a file that is dropped on it", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    const edit = await openEdit(page, "marcus-bell");
    await edit.locator(".drop-zone").evaluate((zone) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["Buy milk."], "dropped.txt", { type: "text/plain" }));
      for (const type of ["dragover", "drop"]) {
        zone.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      }
    });
    await edit.getByText("dropped.txt").waitFor();
    expect(await edit.getByRole("button", { name: "Upload" }).isEnabled()).toBe(true);
    await context.close();
  });

  it("is given up by Cancel while it is under way, and the old picture is back", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await untilAllShown(page);
    const before = await shown(page, "oscar-nystrom");
    await page.route("**/images/user/oscar-nystrom", () => undefined);
    const edit = await openEdit(page, "oscar-nystrom");
    await upload(page, await pictureFile(page, teal));
    await edit.getByRole("progressbar", { name: "Upload progress" }).waitFor();
    await edit.getByRole("button", { name: "Cancel" }).click();
    await edit.getByRole("button", { name: "Upload" }).waitFor();
    expect(await edit.getByRole("alert").count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect.poll(() => shown(page, "oscar-nystrom")).toEqual(before);
    await context.close();
  });
});

describe("somebody else's picture", () => {
  it("can't be changed: not offered, and refused when asked all the same", async () => {
    const { page, context } = await visit(browser, "/", { as: "tomas-herrera" });
    await untilAllShown(page);
    const before = await shown(page, "hana-novak");
    const profile = await openProfile(page, "hana-novak");
    expect(await profile.getByRole("button").allTextContents()).toEqual(["", "Message"]);
    const { buffer } = await pictureFile(page, teal);
    const answers = await page.evaluate(
      async (bytes) => {
        const path = "/images/user/hana-novak";
        const put = await fetch(path, { method: "PUT", body: new Uint8Array(bytes) });
        const removed = await fetch(path, { method: "DELETE" });
        return Promise.all([put, removed].map(async (answer) => [answer.status, (await answer.json()).code]));
      },
      [...buffer],
    );
    expect(answers).toEqual([
      [403, "not-allowed"],
      [403, "not-allowed"],
    ]);
    await page.reload();
    await untilAllShown(page);
    expect((await shown(page, "hana-novak")).map(({ revision }) => revision)).toEqual(
      before.map(({ revision }) => revision),
    );
    await context.close();
  });

  it("is changed by an administrator", async () => {
    const { page, context } = await visit(browser, "/", { as: "samuel-adeyemi" });
    await untilAllShown(page);
    await openEdit(page, "priya-raman");
    expect(await dialog(page).textContent()).toContain("of Priya Raman");
    await upload(page, await pictureFile(page, violet));
    await untilClosed(page);
    await expect.poll(() => places(page, "priya-raman", violet)).toEqual({ all: 1, same: 1 });
    await context.close();
  });
});
