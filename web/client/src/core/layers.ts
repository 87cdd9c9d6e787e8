/**
 * What the client asks of a layer below memory: localStorage and IndexedDB stand behind this interface.
 *
 * The client reads `readNow` once, before the first render; asks `has` before it asks the network; lifts with `load`;
 * and writes behind. A layer never throws and never rejects: what it can't do is a miss, which it counts itself.
 * Each layer is made for one account and can see nothing of another.
 */

import type { FirstEnvironment } from "./environment.ts";
import type { Age } from "./freshness.ts";
import type { Epoch, Mapping, Source, UserId } from "./model.ts";

/** One person, as a layer keeps them. */
export interface StoredPicture {
  readonly mapping: Mapping;
  /** Fixed where the mapping was made; a layer copies it and never renews it. */
  readonly age: Age;
  /**
   * A `data:` address, which is painted in the same frame, or an object URL of this document, which is decoded before
   * anybody sees it. `null`: the mapping alone.
   */
  readonly painted: { readonly url: string; readonly size: number } | null;
}

/** One place below memory. */
export interface Layer {
  readonly source: Source;
  /** All that can be had without waiting, read before the first render. */
  readNow(): Iterable<StoredPicture>;
  /** Whether `load` is worth waiting for; known without any reading. */
  has(userId: UserId): boolean;
  /** What it holds of these people; the others are left out. May be slow: the client waits only so long. */
  load(userIds: readonly UserId[]): Promise<readonly StoredPicture[]>;
  /** The origin spoke of this person. Returns at once; an older revision of the same epoch is not written. */
  keep(mapping: Mapping, age: Age): void;
  /** A new life of the directory: everything of another epoch is dropped. */
  keepOnly(epoch: Epoch): void;
  /** Resolves when nothing of this account is left. */
  clear(): Promise<void>;
  close(): void;
}

/** Makes a layer for the signed-in account; `null` is nobody. */
export type LayerFactory = (account: string | null, environment: FirstEnvironment) => Layer;
