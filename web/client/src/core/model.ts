/**
 * The values that everything else speaks of: ids, mappings, renditions, and the state of one person's picture.
 *
 * All are frozen by type. Ids are branded, so that a user id can't be passed for an image id.
 */

import type { AvatariumError } from "./errors.ts";

declare const brand: unique symbol;

/** The application's own id of a person: opaque, compared exactly. */
export type UserId = string & { readonly [brand]: "UserId" };
/** Names bytes for ever: 26 characters of `a-z2-7`. */
export type ImageId = string & { readonly [brand]: "ImageId" };
/** Life of a directory; revisions compare only within one. */
export type Epoch = string & { readonly [brand]: "Epoch" };

/**
 * Which layer answered. `memory` decoded and kept in this document, `storage` localStorage, `blob` IndexedDB,
 * `worker` service worker, `http` the browser's HTTP cache, `origin` the network, `default` nothing: the default
 * picture is shown.
 */
export type Source = "memory" | "storage" | "blob" | "worker" | "http" | "origin" | "default";

/** What the origin says of one picture, whoever's it is. */
export interface Picture {
  /** `null`: there is none; the default picture is shown. */
  readonly imageId: ImageId | null;
  /** Of the 128 px WebP, or of the default picture; absolute. */
  readonly url: string;
  /** SHA-256 of the 128 px WebP in hex. */
  readonly digest: string | null;
  /** Widths that exist, in pixels, ascending. */
  readonly sizes: readonly number[];
  /** `webp`, `jpg`, ... */
  readonly formats: readonly string[];
  readonly thumbhash: string | null;
  /** Dominant colour, `#rrggbb`. */
  readonly color: string | null;
  readonly freshForSeconds: number;
  /** Unix seconds on the origin's clock when `url` stops working; `null`: never. */
  readonly expiresAt: number | null;
  /** `data:` URI of the 64 px WebP, where one was asked for. */
  readonly inline: string | null;
  /** Address by `"{size}.{format}"`; only in single mappings. */
  readonly urls: Readonly<Record<string, string>> | null;
}

/** What the origin says of one person's picture (user -> picture): small and mutable. */
export interface Mapping extends Picture {
  readonly userId: UserId;
  /** Grows by one on every change; 0 for a person that never had a picture. */
  readonly revision: number;
  readonly epoch: Epoch;
}

/** One decoded picture that can be painted in this very frame. */
export interface Rendition {
  /** What `<img crossorigin="anonymous" src>` gets. */
  readonly url: string;
  /** Width in pixels of the ladder: 64, 128, 256 or 512. */
  readonly size: number;
  /** `null` while a change is still on its way to the service. */
  readonly imageId: ImageId | null;
  readonly revision: number;
  /** Layer that these bytes came from when they were loaded. */
  readonly source: Source;
}

/**
 * Everything that may be shown of one person's picture at this moment.
 *
 * The same object until something changes, so it can be a snapshot of `useSyncExternalStore`.
 */
export interface PictureState {
  /** `null` for a picture that was asked for by its image id. */
  readonly userId: UserId | null;
  /** The current picture's id; `null` when there is none, or nothing is known yet. */
  readonly imageId: ImageId | null;
  /** `null` while nothing is known. */
  readonly revision: number | null;
  readonly epoch: Epoch | null;
  /** Decoded and ready, smallest first, all of this person. Empty: show the default picture. */
  readonly renditions: readonly Rendition[];
  /** Nothing is known yet, or the current picture is not decoded yet. */
  readonly isPending: boolean;
  /** Shows a change that the service has not confirmed yet. */
  readonly isOptimistic: boolean;
  /** Why there is nothing newer; the person sees their picture or the default picture all the same. */
  readonly error: AvatariumError | null;
}

/** A person by user id, or one picture by its image id. */
export type Target = string | { readonly imageId: string };

/** A box in whole pixels of the oriented picture. */
export interface CropBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The working size in pixels: one load of it serves every box up to as many device pixels. */
export const workingSize = 128;

/**
 * The rendition that fits a box best: the smallest that fills it, else the largest there is.
 *
 * `devicePixels` is the width of the box. `null`: show the default picture.
 */
export function renditionFor(state: PictureState, devicePixels: number): Rendition | null {
  return state.renditions.find(({ size }) => size >= devicePixels) ?? state.renditions.at(-1) ?? null;
}

const maxCodePoints = 128;
const maxBytes = 512;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const forbiddenInUserId = /[\u0000-\u001f\u007f-\u009f/\\]|^\.{1,2}$|\p{Surrogate}/u;
const imageIdPattern = /^[a-z2-7]{26}$/;

/** The id, or `null` when the service would refuse it as `malformed-user-id`. */
export function parseUserId(value: string): UserId | null {
  if (value === "" || forbiddenInUserId.test(value)) return null;
  // Cheap bound first: the usual id never gets to the counting.
  if (value.length > maxCodePoints && [...value].length > maxCodePoints) return null;
  if (value.length * 3 > maxBytes && new TextEncoder().encode(value).length > maxBytes) return null;
  return value as UserId;
}

/** The id, or `null` when it can't be one of ours (`default_pfp.png` among them). */
export function parseImageId(value: string): ImageId | null {
  return imageIdPattern.test(value) ? (value as ImageId) : null;
}

/** The epoch, or `null` when it can't be one of ours. */
export function parseEpoch(value: string): Epoch | null {
  return imageIdPattern.test(value) ? (value as unknown as Epoch) : null;
}
