/**
 * Layer 1: what is known of each picture, and the decoded pictures kept alive in this document.
 *
 * Bounded by decoded bytes (width x height x 4). What somebody watches is never evicted; of the rest the least
 * recently used goes first. Says nothing about when to ask or whom to believe: client.ts and answers.ts do.
 */

import type { AvatariumError } from "./errors.ts";
import type { Age } from "./freshness.ts";
import {
  type Epoch,
  type ImageId,
  type Picture,
  type PictureState,
  parseImageId,
  parseUserId,
  type Rendition,
  type Source,
  type Target,
  type UserId,
} from "./model.ts";

/** Decoded bytes that are kept for pictures that nobody watches: 32 MB, 488 people at 128 px. */
const budgetBytes = 32_000_000;
/** People that are remembered without being watched. */
const budgetEntries = 10_000;

/** Somebody who wants to know of changes. */
export interface Watcher {
  readonly listener: () => void;
  /** Device pixels. */
  readonly size: number;
  readonly isVisible: boolean;
  /** When this look-up began, in Unix milliseconds; `null` once it was answered. */
  since: number | null;
}

/** What the origin said of a picture, and how old that is. */
export interface Known {
  readonly picture: Picture;
  readonly revision: number;
  readonly epoch: Epoch | null;
  readonly age: Age;
}

/** A decoded picture. */
export interface Held {
  readonly rendition: Rendition;
  /** Keeps the decoded picture alive. */
  readonly handle: unknown;
  /** Decoded. */
  readonly bytes: number;
  /** When its address stops working, in Unix milliseconds here; infinite: never. */
  readonly endsAt: number;
}

/** Bytes in this document that have not been decoded. */
export interface Local {
  readonly url: string;
  readonly size: number;
  readonly imageId: ImageId;
  readonly source: Source;
}

/** A change that is shown before the service has confirmed it; `held` is `null` for a removal. */
export interface Overlay {
  readonly held: Held | null;
}

/** One person, or one picture by its id. */
export class Entry {
  readonly userId: UserId | null;
  /** Of a picture that was asked for by its id. */
  readonly imageId: ImageId | null;
  readonly watchers: Set<Watcher> = new Set();
  /** Wanted in memory although nobody watches. */
  isSought = false;
  /** Is to be asked about, or is being asked about. */
  isDue = false;
  /** An object URL of bytes that a layer below holds; not decoded yet. */
  local: Local | null = null;
  /** The next question must bring the whole mapping, not "unchanged". */
  mustAskWhole = false;
  #known: Known | null = null;
  #held: readonly Held[] = [];
  #overlay: Overlay | null = null;
  #error: AvatariumError | null = null;
  #state: PictureState | null = null;
  readonly #onBytes: (difference: number) => void;

  constructor(userId: UserId | null, imageId: ImageId | null, onBytes: (difference: number) => void) {
    this.userId = userId;
    this.imageId = imageId;
    this.#onBytes = onBytes;
  }

  get known(): Known | null {
    return this.#known;
  }

  /** Decoded pictures, smallest first. */
  get held(): readonly Held[] {
    return this.#held;
  }

  get overlay(): Overlay | null {
    return this.#overlay;
  }

  get error(): AvatariumError | null {
    return this.#error;
  }

  get isWanted(): boolean {
    return this.isSought || this.watchers.size > 0;
  }

  /** Device pixels of the largest box. */
  get size(): number {
    return Math.max(0, ...[...this.watchers].map(({ size }) => size));
  }

  /** Anybody sees it. */
  get isVisible(): boolean {
    return [...this.watchers].some(({ isVisible }) => isVisible);
  }

  /** Whether the pictures held are those of the revision known. */
  get isCurrent(): boolean {
    const current = this.#known?.picture.imageId ?? null;
    return this.#held.every(({ rendition }) => rendition.imageId === current);
  }

  /** Changes it, and tells the watchers when that changes what they see. */
  set(change: {
    known?: Known | null;
    held?: readonly Held[];
    overlay?: Overlay | null;
    error?: AvatariumError | null;
  }): void {
    const before = this.state;
    if (change.known !== undefined) this.#known = change.known;
    if (change.held !== undefined) {
      this.#onBytes(sum(change.held) - sum(this.#held));
      this.#held = change.held;
    }
    if (change.overlay !== undefined) this.#overlay = change.overlay;
    if (change.error !== undefined) this.#error = change.error;
    this.#state = null;
    if (isSame(before, this.state)) this.#state = before;
    else for (const { listener } of [...this.watchers]) listener();
  }

  /** The same object until something changes. */
  get state(): PictureState {
    this.#state ??= this.#derive();
    return this.#state;
  }

  /** All that can be shown is shown: the current picture, or that there is none. */
  get #isSettled(): boolean {
    // Of a malformed id nothing will ever be known.
    if (this.#known === null) return this.userId === null && this.imageId === null;
    return this.#known.picture.imageId === null || (this.#held.length > 0 && this.isCurrent);
  }

  #derive(): PictureState {
    const known = this.#known;
    const overlay = this.#overlay;
    const imageId = known?.picture.imageId ?? this.imageId;
    const held = overlay ? [overlay.held].filter((one) => one !== null) : this.#held;
    return {
      userId: this.userId,
      imageId: overlay && !overlay.held ? null : imageId,
      revision: this.userId === null ? null : (known?.revision ?? null),
      epoch: known?.epoch ?? null,
      renditions: held.map(({ rendition }) => rendition),
      isPending: overlay !== null || !(this.#isSettled || this.#error),
      isOptimistic: overlay !== null,
      error: this.#error,
    };
  }
}

/** All entries, least recently used first. */
export class Memory {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** Decoded bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry of a target, made when there is none; one that no answer will ever fit when the id is malformed. */
  entry(target: Target): Entry {
    const isPerson = typeof target === "string";
    // No user id holds a "/".
    const key = isPerson ? target : `/${target.imageId}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const userId = isPerson ? parseUserId(target) : null;
      const imageId = isPerson ? null : parseImageId(target.imageId);
      entry = new Entry(userId, imageId, (difference) => {
        this.#bytes += difference;
      });
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** The person's entry, if there is one. */
  find(userId: UserId): Entry | undefined {
    return this.#entries.get(userId);
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** It was used just now. */
  touch(target: Target): void {
    const key = typeof target === "string" ? target : `/${target.imageId}`;
    const entry = this.#entries.get(key);
    if (entry && this.#entries.delete(key)) this.#entries.set(key, entry);
  }

  /** Makes room, least recently used first; what is watched or on its way stays. */
  evict(): void {
    for (const [key, entry] of this.#entries) {
      const isCrowded = this.#entries.size > budgetEntries;
      if (this.#bytes <= budgetBytes && !isCrowded) return;
      if (entry.isWanted || entry.overlay) continue;
      entry.set({ held: [] });
      if (isCrowded) this.#entries.delete(key);
    }
  }

  /** Forgets what is known of everybody; watchers and changes on their way stay. */
  forget(): void {
    for (const [key, entry] of this.#entries) {
      entry.local = null;
      entry.set({ known: null, held: [], error: null });
      if (!entry.isWanted && !entry.overlay) this.#entries.delete(key);
    }
  }
}

function sum(held: readonly Held[]): number {
  return held.reduce((total, { bytes }) => total + bytes, 0);
}

function isSame(one: PictureState, other: PictureState): boolean {
  return (
    one.imageId === other.imageId &&
    one.revision === other.revision &&
    one.epoch === other.epoch &&
    one.isPending === other.isPending &&
    one.isOptimistic === other.isOptimistic &&
    one.error === other.error &&
    one.renditions.length === other.renditions.length &&
    one.renditions.every((rendition, index) => rendition === other.renditions[index])
  );
}
