/**
 * A layer that keeps people in this process, for tests of what stands above it.
 */

import type { Age, Layer, Mapping, Source, StoredPicture } from "../core/index.ts";

/** Shared by all layers that are made on it, as a browser's store is by all pages. */
export class MemoryLayer implements Layer {
  readonly source: Source;
  /** What is kept, by user id. */
  readonly kept: Map<string, StoredPicture> = new Map();
  /** Hands everything over at once, as localStorage would; else only when asked, as IndexedDB does. */
  readonly isSynchronous: boolean;
  /** Reads wait until it is called. */
  release: () => void = () => {};
  /** Reads so far, by the people that were asked for. */
  readonly reads: string[][] = [];
  isHeld = false;
  isClosed = false;

  constructor(source: Source, isSynchronous: boolean) {
    this.source = source;
    this.isSynchronous = isSynchronous;
  }

  readNow(): Iterable<StoredPicture> {
    return this.isSynchronous ? this.kept.values() : [];
  }

  has(userId: string): boolean {
    return !this.isSynchronous && this.kept.has(userId);
  }

  async load(userIds: readonly string[]): Promise<readonly StoredPicture[]> {
    this.reads.push([...userIds]);
    if (this.isHeld) {
      await new Promise<void>((resolve) => {
        this.release = resolve;
      });
    }
    return userIds.flatMap((userId) => this.kept.get(userId) ?? []);
  }

  keep(mapping: Mapping, age: Age): void {
    const before = this.kept.get(mapping.userId);
    const isSameLife = before?.mapping.epoch === mapping.epoch;
    if (before && isSameLife && before.mapping.revision > mapping.revision) return;
    const isSame = isSameLife && before?.mapping.imageId === mapping.imageId;
    this.kept.set(mapping.userId, { mapping, age, painted: isSame ? before.painted : null });
  }

  keepOnly(epoch: string): void {
    for (const [userId, { mapping }] of this.kept) if (mapping.epoch !== epoch) this.kept.delete(userId);
  }

  async clear(): Promise<void> {
    this.kept.clear();
  }

  close(): void {
    this.isClosed = true;
  }
}
