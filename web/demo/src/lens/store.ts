/**
 * The lens as a store: it follows the client's samples and changes at most once a frame.
 *
 * Pictures inside the lens are looked up through it, so that they are not counted: else each row would bring the
 * next one.
 */

import type { AvatariumClient, Sample } from "avatarium";
import { figures, type LensFigures } from "./figures.ts";

/** As many samples as the client keeps. */
const KEPT = 1000;

export interface Lens {
  subscribe(listener: () => void): () => void;
  /** The same object until something was loaded. */
  figures(): LensFigures;
  /** Something may have changed without a look-up: a picture was removed, a question was refused. */
  refresh(): void;
  /** As the client's `watch`, without counting what memory answers at once. */
  watch(userId: string, listener: () => void): () => void;
}

/** Follows `client` from now on. `nextFrame` runs its argument before a later frame. */
export function createLens(client: AvatariumClient, nextFrame: (run: () => void) => void): Lens {
  const listeners = new Set<() => void>();
  const samples: Sample[] = [...client.samples()];
  const read = (): LensFigures =>
    figures(samples, client.counters.apiCalls, (userId) => client.get(userId).imageId !== null);
  let current = read();
  let isPlanned = false;
  let isOwn = false;

  function update(): void {
    isPlanned = false;
    current = read();
    for (const listener of listeners) listener();
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    nextFrame(update);
  }

  client.onSample((sample) => {
    if (isOwn) return;
    if (samples.push(sample) > KEPT) samples.shift();
    plan();
  });

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    figures: () => current,
    refresh: plan,
    watch(userId, listener) {
      isOwn = true;
      try {
        return client.watch(userId, listener, { priority: "soon" });
      } finally {
        isOwn = false;
      }
    },
  };
}
