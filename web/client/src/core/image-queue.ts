/**
 * Loads pictures: visible ones first, a few at a time, and none into a network that is down.
 *
 * A picture that fails while most do is taken for a sign of an outage, not for a broken picture: it goes back into the
 * queue, and one picture at a time is tried until one arrives.
 */

import type { Cancel, Environment, LoadedImage } from "./environment.ts";
import type { Gate } from "./gate.ts";

/** Pictures on their way at the same time. */
const maxLoads = 8;

interface Job {
  readonly url: string;
  readonly isVisible: () => boolean;
  readonly signal: AbortSignal;
  readonly resolve: (image: LoadedImage) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounded, ordered loading of pictures. */
export class ImageQueue {
  readonly #environment: Environment;
  readonly #gate: Gate;
  readonly #onRecovery: () => void;
  readonly #waiting: Job[] = [];
  #loads = 0;
  #cancelRetry: Cancel | null = null;
  /** Pictures that the page asked for, from whichever cache they came. */
  started = 0;
  failures = 0;

  /** `onRecovery` is called when pictures arrive again after an outage. */
  constructor(environment: Environment, gate: Gate, onRecovery: () => void) {
    this.#environment = environment;
    this.#gate = gate;
    this.#onRecovery = onRecovery;
  }

  /** Resolves with the decoded picture; rejects when it alone can't be had, or with the signal's reason. */
  load(url: string, isVisible: () => boolean, signal: AbortSignal): Promise<LoadedImage> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const job: Job = { url, isVisible, signal, resolve, reject };
      signal.addEventListener("abort", () => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      });
      this.#waiting.push(job);
      this.#pump();
    });
  }

  /** Something changed for the better: tries again now. */
  hurry(): void {
    this.#gate.hurry();
    this.#pump();
  }

  #pump(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    while (this.#waiting.length > 0 && this.#loads < maxLoads) {
      const wait = this.#gate.waitMs();
      if (wait > 0) {
        if (Number.isFinite(wait)) this.#cancelRetry = this.#environment.delay(() => this.#pump(), wait);
        return;
      }
      const seen = this.#waiting.findIndex((job) => job.isVisible());
      const [job] = this.#waiting.splice(Math.max(seen, 0), 1);
      if (job) void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    this.#gate.enter();
    this.#loads += 1;
    this.started += 1;
    try {
      const isLow = !job.isVisible();
      const image = await this.#environment.loadImage(job.url, { signal: job.signal, isLow });
      const isRecovered = this.#gate.succeeded();
      job.resolve(image);
      if (isRecovered) this.#onRecovery();
    } catch (error) {
      if (job.signal.aborted) {
        this.#gate.abandoned();
      } else {
        this.failures += 1;
        this.#gate.failed();
        if (this.#gate.isClosed) this.#waiting.push(job);
        else job.reject(error);
      }
    } finally {
      this.#loads -= 1;
      this.#pump();
    }
  }
}
