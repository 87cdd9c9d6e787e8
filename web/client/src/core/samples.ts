/**
 * What each look-up cost, and which layer answered it.
 *
 * Keeps the last 1,000. A hit ratio charges a miss to every layer that was passed on the way to the one that
 * answered; counting only successes would always give 100 % (trap 45).
 */

import type { Entry } from "./memory.ts";
import type { Source } from "./model.ts";

/** One look-up of one picture. */
export interface Sample {
  /** User id, or image id where the picture was asked for by that. */
  readonly userId: string;
  /** Layer that answered; `default` when the person has no picture or none could be had. */
  readonly source: Source;
  /** From the look-up to the decoded picture; 0 for what was in memory. */
  readonly milliseconds: number;
  /** Bytes that came over the network, as far as the browser tells; 0 otherwise. */
  readonly bytes: number;
  /** Width in pixels of what was decoded; 0 for the default picture. */
  readonly size: number;
  /** False when there is a picture and it could not be shown. */
  readonly success: boolean;
}

const kept = 1000;
/** The order in which layers are asked. */
const chain: readonly Source[] = ["memory", "storage", "blob", "worker", "http", "origin"];

/** Ring of the last 1,000 samples, with listeners. */
export class Samples {
  readonly #present: readonly Source[];
  readonly #ring: Sample[] = [];
  readonly #listeners = new Set<(sample: Sample) => void>();

  /** `present` are the layers that exist on this page; the others are never charged. */
  constructor(present: readonly Source[]) {
    this.#present = present;
  }

  /** Oldest first. */
  get all(): readonly Sample[] {
    return this.#ring;
  }

  add(sample: Sample): void {
    if (this.#ring.push(sample) > kept) this.#ring.shift();
    for (const listener of this.#listeners) listener(sample);
  }

  /** Records the look-ups that wait for this entry, as answered by what memory holds now. */
  answer(entry: Entry, now: number): void {
    const shown = entry.held[0]?.rendition;
    const source = shown ? (shown.source === "storage" ? "storage" : "memory") : "default";
    const success = shown !== undefined || entry.error === null;
    for (const watcher of entry.watchers) {
      if (watcher.since === null) continue;
      const milliseconds = now - watcher.since;
      watcher.since = null;
      this.add({ userId: nameOf(entry), source, milliseconds, bytes: 0, size: shown?.size ?? 0, success });
    }
  }

  clear(): void {
    this.#ring.length = 0;
  }

  listen(listener: (sample: Sample) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hits of the layer divided by the look-ups that reached it, 0 to 1; `null` when none did. */
  hitRatio(layer: Source): number | null {
    const place = chain.indexOf(layer);
    if (place < 0 || !this.#present.includes(layer)) return null;
    let hits = 0;
    let reached = 0;
    for (const { source } of this.#ring) {
      const answered = chain.indexOf(source);
      // A person without a picture, or a failure, says nothing about any layer.
      if (answered < place) continue;
      reached += 1;
      if (answered === place) hits += 1;
    }
    return reached === 0 ? null : hits / reached;
  }
}

/** What a sample calls an entry. */
export function nameOf({ userId, imageId }: Entry): string {
  return userId ?? imageId ?? "";
}
