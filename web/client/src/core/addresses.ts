/**
 * Builds every address that the client asks: paths of the service and of renditions.
 */

import { type ImageId, type Picture, type UserId, workingSize } from "./model.ts";

/** Addresses below the service's own. */
export class Addresses {
  /** Absolute, with a "/" at its end. */
  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  get pack(): string {
    return `${this.base}images/pack`;
  }

  user(userId: UserId): string {
    return `${this.base}images/user/${encodeURIComponent(userId)}`;
  }

  image(imageId: ImageId): string {
    return `${this.base}images/${imageId}`;
  }

  /**
   * The address of a rendition, as far as it is known without asking; else `null`.
   *
   * `template` is the `rendition_url` of the latest pack.
   */
  rendition(picture: Picture, size: number, template: string | null): string | null {
    if (picture.imageId === null) return null;
    const format = picture.formats.includes("webp") ? "webp" : "jpg";
    const named = picture.urls?.[`${size}.${format}`];
    if (named !== undefined) return named;
    if (size === workingSize && picture.url !== "") return picture.url;
    if (template === null) return null;
    const path = template
      .replace("{image_id}", picture.imageId)
      .replace("{size}", `${size}`)
      .replace("{format}", format);
    return new URL(path, this.base).href;
  }
}

/** The rung of the ladder for a box of so many device pixels: the smallest that fills it, else the largest. */
export function rung(sizes: readonly number[], devicePixels: number): number {
  return sizes.find((size) => size >= devicePixels) ?? sizes.at(-1) ?? workingSize;
}
