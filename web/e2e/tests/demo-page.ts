/**
 * What a person does on the demo's page, and what they see there.
 */

import type { Locator, Page } from "playwright-core";

/** A file as `setInputFiles` takes it. */
export interface File {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [red: number, green: number, blue: number];

/** What is shown of a person in one place of the page. */
export interface Shown {
  /** `data-source`; `default` for the default picture. */
  readonly source: string;
  readonly revision: number;
  /** Of the middle of the picture; `null` for the default picture or one that is not decoded. */
  readonly colour: Colour | null;
}

export const textFile: File = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("Buy milk.\n") };

/** A picture of one colour, 200 x 160 pixels, as PNG. */
export async function pictureFile(page: Page, [red, green, blue]: Colour): Promise<File> {
  const base64 = await page.evaluate((fill) => {
    const canvas = document.createElement("canvas");
    canvas.width = 200;
    canvas.height = 160;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("No canvas here.");
    context.fillStyle = fill;
    context.fillRect(0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/png").slice("data:image/png;base64,".length);
  }, `rgb(${red} ${green} ${blue})`);
  return { name: "picture.png", mimeType: "image/png", buffer: Buffer.from(base64, "base64") };
}

/** The row of a person in the roster. */
export function row(page: Page, userId: string): Locator {
  return page.locator(`.roster-row[data-user-id="${userId}"]`);
}

/** The dialog that is open. */
export function dialog(page: Page): Locator {
  return page.locator("[role=dialog]");
}

/** Opens a person's profile from the roster. */
export async function openProfile(page: Page, userId: string): Promise<Locator> {
  await row(page, userId).click();
  return dialog(page);
}

/** Opens the dialog that changes a person's picture. */
export async function openEdit(page: Page, userId: string): Promise<Locator> {
  await openProfile(page, userId);
  await dialog(page).getByRole("button", { name: "Change picture" }).click();
  return dialog(page);
}

/** Chooses a file and uploads it; the caller waits for what follows. */
export async function upload(page: Page, file: File): Promise<void> {
  await dialog(page).locator("input[type=file]").setInputFiles(file);
  await dialog(page).getByRole("button", { name: "Upload" }).click();
}

/** Waits until no dialog is open. */
export function untilClosed(page: Page): Promise<void> {
  return dialog(page).waitFor({ state: "detached" });
}

/** What is shown of a person in every place of the page. */
export function shown(page: Page, userId: string): Promise<Shown[]> {
  return page.locator(`span[data-user-id="${userId}"][data-source]`).evaluateAll((boxes) =>
    boxes.map((box) => {
      const image = box.querySelector("img");
      const colour = image?.complete && image.naturalWidth > 0 ? middle(image) : null;
      return {
        source: box.getAttribute("data-source") ?? "",
        revision: Number(box.getAttribute("data-revision")),
        colour,
      };

      function middle(picture: HTMLImageElement): [number, number, number] {
        const canvas = document.createElement("canvas");
        canvas.width = 1;
        canvas.height = 1;
        const context = canvas.getContext("2d");
        const { naturalWidth: width, naturalHeight: height } = picture;
        context?.drawImage(picture, width / 2, height / 2, 1, 1, 0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
        return [red, green, blue];
      }
    }),
  );
}

/** Whether two colours are the same but for what encoding does to them. */
export function isNear(seen: Colour | null, expected: Colour): boolean {
  return seen?.every((channel, place) => Math.abs(channel - (expected[place] ?? 0)) <= 12) ?? false;
}

/** Waits until every person of the roster who has a picture is shown with it. */
export async function untilAllShown(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const [figure] = document.querySelectorAll(".lens-figures dd");
    const initials = /^\d+/.exec(document.querySelector(".lens .caption")?.textContent ?? "0")?.[0];
    const people = document.querySelectorAll(".roster-row").length;
    return people > 0 && Number(figure?.textContent) + Number(initials) === people;
  });
}
