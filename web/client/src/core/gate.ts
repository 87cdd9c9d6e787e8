/**
 * Backoff and circuit breaker in one: decides when the next request may leave.
 *
 * While all is well everything passes. After more failures in a row than it tolerates it closes, and lets through one
 * probe at a time, at growing distances. One success opens it again. A broken service is so asked at most ten times
 * in the first minute and about seven times in each one after, and its return is seen within ten seconds.
 */

import type { Environment } from "./environment.ts";

/** Longest distance between two probes, in milliseconds, jitter included. */
const longestMs = 9500;

/**
 * Milliseconds until the next try after `failures` failures in a row: 1-2 s, 2-4 s, 4-8 s, then 8-9.5 s.
 *
 * The lower half is fixed: full jitter may try again at once, which a bound on requests a minute does not allow.
 */
export function backoffMs(failures: number, random: () => number): number {
  const floor = Math.min(1000 * 2 ** (failures - 1), 8000);
  return floor + random() * Math.min(floor, longestMs - floor);
}

/** Lets requests pass, or holds them back after failures. */
export class Gate {
  readonly #environment: Pick<Environment, "now" | "random">;
  readonly #tolerance: number;
  #failures = 0;
  #opensAt = 0;
  #isProbing = false;

  /** `tolerance` is how many failures in a row leave it open; default 0. */
  constructor(environment: Pick<Environment, "now" | "random">, tolerance = 0) {
    this.#environment = environment;
    this.#tolerance = tolerance;
  }

  /** Too much has failed: what fails now says more about the service than about what was asked. */
  get isClosed(): boolean {
    return this.#failures > this.#tolerance;
  }

  /** Milliseconds until a request may leave; 0: now; infinite: when the probe that is out has come back. */
  waitMs(): number {
    if (!this.isClosed) return 0;
    return this.#isProbing ? Number.POSITIVE_INFINITY : Math.max(0, this.#opensAt - this.#environment.now());
  }

  /** A request leaves. */
  enter(): void {
    this.#isProbing = this.isClosed;
  }

  /** A request came back well; `true` when that opened the gate again. */
  succeeded(): boolean {
    const wasClosed = this.isClosed;
    this.#failures = 0;
    this.#isProbing = false;
    return wasClosed;
  }

  /** A request failed. `retryAfterMs`: what the service asked for, or what a refusal deserves. */
  failed(retryAfterMs = 0): void {
    // Of several requests that left together only the first failure counts.
    if (this.isClosed && !this.#isProbing) return;
    this.#failures += 1;
    this.#isProbing = false;
    this.#close(retryAfterMs);
  }

  /** A request was taken back before it had an outcome; the next probe waits as it would have after a failure. */
  abandoned(): void {
    if (!this.#isProbing) return;
    this.#isProbing = false;
    this.#close(0);
  }

  /** Something changed for the better, such as the network: the next probe may leave at once. */
  hurry(): void {
    this.#opensAt = 0;
  }

  #close(retryAfterMs: number): void {
    if (!this.isClosed) return;
    const wait = Math.max(backoffMs(this.#failures - this.#tolerance, this.#environment.random), retryAfterMs);
    this.#opensAt = this.#environment.now() + wait;
  }
}
