/**
 * Only newer, never backwards: which of two answers about one person stands (law 3).
 *
 * Revisions compare within an epoch. Epochs have no order of their own, so the order of questions decides: an answer
 * to a question that left before the current epoch was learnt can't overrule it.
 */

import type { Epoch } from "./model.ts";

/** `true` when `incoming` would take the picture back to an older one. */
export function isOlder(
  incoming: { readonly epoch: Epoch; readonly revision: number },
  known: { readonly epoch: Epoch | null; readonly revision: number } | null,
): boolean {
  return known !== null && incoming.epoch === known.epoch && incoming.revision < known.revision;
}

/** What an answer's epoch means: the life we know, a new one, or one that is over. */
export type EpochVerdict = "current" | "renewed" | "late";

/** The epoch that this page lives in. */
export class Epochs {
  #current: Epoch | null = null;
  #generation = 0;

  get current(): Epoch | null {
    return this.#current;
  }

  /** Goes with every question, and comes back with its answer to {@link admit}. */
  get generation(): number {
    return this.#generation;
  }

  /** Judges the epoch of an answer to a question of `generation`, and lives in it from now on unless it is late. */
  admit(epoch: Epoch, generation: number): EpochVerdict {
    if (generation < this.#generation) return epoch === this.#current ? "current" : "late";
    if (epoch === this.#current) return "current";
    const isFirst = this.#current === null;
    this.#current = epoch;
    // The first one too: a question that is still out may have been answered in a life before it.
    this.#generation += 1;
    return isFirst ? "current" : "renewed";
  }

  /** Everything was forgotten: answers to earlier questions are late, whatever they say. */
  forget(): void {
    this.#current = null;
    this.#generation += 1;
  }
}
