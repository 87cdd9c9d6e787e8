/**
 * Keeps what is on screen true while nothing happens: asks when it grows stale, drops what may not be shown any more.
 *
 * One timer for all. When one watched picture is stale, all that are past half of their freshness are asked about with
 * it, so a page of 200 people asks once in a freshness lifetime and not 200 times. A page that nobody sees asks nothing
 * until it is seen again.
 */

import type { Cancel, Environment } from "./environment.ts";
import { freshness } from "./freshness.ts";
import type { Entry, Memory } from "./memory.ts";

/** The longest that a timer is set for, in milliseconds; browsers take one of more than 24 days for none at all. */
const longestTimerMs = 24 * 3600 * 1000;

/** Nobody is asked about more often than this by the clock alone, in milliseconds, however short a freshness is. */
const shortestMs = 30_000;

/** Whom the upkeep tells. */
export interface UpkeepHost {
  ask(entry: Entry): void;
}

/** The clock's hand over memory. */
export class Upkeep {
  readonly #environment: Environment;
  readonly #memory: Memory;
  readonly #host: UpkeepHost;
  #cancel: Cancel | null = null;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(environment: Environment, memory: Memory, host: UpkeepHost) {
    this.#environment = environment;
    this.#memory = memory;
    this.#host = host;
  }

  /** This entry was renewed, or somebody watches it now. */
  expect(entry: Entry): void {
    const due = dueOf(entry, this.#environment.now());
    if (due < this.#dueAt) this.#arm(due);
  }

  /** Looks at everything now. */
  readonly tend = (): void => {
    const now = this.#environment.now();
    const entries = [...this.#memory.all()];
    for (const entry of entries) {
      if (!entry.known) continue;
      if (freshness(entry.known.age, now) === "expired") entry.set({ known: null, held: [] });
      else if (entry.held.some(({ endsAt }) => endsAt <= now)) {
        entry.set({ held: entry.held.filter(({ endsAt }) => endsAt > now) });
      }
    }
    const watched = entries.filter((entry) => entry.userId !== null && entry.watchers.size > 0);
    const isStale = (entry: Entry): boolean => !entry.known || freshness(entry.known.age, now) !== "fresh";
    if (!this.#environment.isHidden() && watched.some(isStale)) {
      for (const entry of watched) if (isStale(entry) || isHalfway(entry, now)) this.#host.ask(entry);
    }
    this.#arm(Math.min(...entries.map((entry) => dueOf(entry, now))));
  };

  close(): void {
    this.#cancel?.();
  }

  #arm(due: number): void {
    this.#cancel?.();
    this.#dueAt = due;
    const wait = Math.min(Math.max(due - this.#environment.now(), 0), longestTimerMs);
    this.#cancel = Number.isFinite(due) ? this.#environment.delay(this.tend, wait) : null;
  }
}

/**
 * When something must happen to an entry next, in Unix milliseconds.
 *
 * What is stale already is being asked about, or waits for the page to be seen: neither needs the clock.
 */
function dueOf({ known, watchers, held }: Entry, now: number): number {
  if (!known) return Number.POSITIVE_INFINITY;
  const { contactAt, freshUntil, unusableFrom } = known.age;
  const instants = [unusableFrom, ...held.map(({ endsAt }) => endsAt)];
  if (watchers.size > 0) instants.push(Math.max(freshUntil, contactAt + shortestMs));
  return Math.min(...instants.filter((instant) => instant > now));
}

function isHalfway({ known }: Entry, now: number): boolean {
  return known !== null && now - known.age.contactAt > (known.age.freshUntil - known.age.contactAt) / 2;
}
