/**
 * Asks the service about people: one question a frame for everybody who was asked for in it.
 *
 * One flight per person; a question ends when nobody who was asked about is wanted any more; what failed is asked
 * again at growing distances, for as long as it is wanted, and never faster. Knows nothing of what answers mean.
 */

import type { Answer, Api } from "./api.ts";
import type { Cancel, Environment } from "./environment.ts";
import { AvatariumError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Epoch, UserId } from "./model.ts";
import type { Pack } from "./wire.ts";

/** The service takes so many ids in one question ... */
const maxIds = 1000;
/** ... and so many bytes (256 kB, with some room). */
const maxBytes = 240_000;
/** Questions that are out at the same time. */
const maxFlights = 2;
/** A refusal (4xx) won't change soon: asked again after this time, in milliseconds. */
const refusedWaitMs = 60_000;

/** What was asked, as it was when the question left. */
export interface Question {
  readonly userIds: readonly UserId[];
  /** Revisions that we named; the answer leaves these people out when nothing changed. */
  readonly known: Readonly<Record<string, number>>;
  readonly generation: number;
}

/** What the loader needs to know, and whom it tells. */
export interface LoaderHost {
  epoch(): Epoch | null;
  generation(): number;
  /** Revision to name in the question; `null`: the whole mapping is needed. */
  knownRevision(userId: UserId): number | null;
  isWanted(userId: UserId): boolean;
  /** Still to be asked about; an answer to another question may have come first. */
  isDue(userId: UserId): boolean;
  isVisible(userId: UserId): boolean;
  answered(question: Question, answer: Answer<Pack>): void;
  failed(userIds: readonly UserId[], error: AvatariumError): void;
}

interface Flight {
  readonly question: Question;
  readonly controller: AbortController;
}

/** Batches, flies and retries questions. */
export class Loader {
  readonly #environment: Environment;
  readonly #api: Api;
  readonly #gate: Gate;
  readonly #host: LoaderHost;
  readonly #queue = new Set<UserId>();
  readonly #flights = new Set<Flight>();
  readonly #inFlight = new Map<UserId, Flight>();
  #cancelFlush: Cancel | null = null;
  #isClosed = false;

  constructor(environment: Environment, api: Api, gate: Gate, host: LoaderHost) {
    this.#environment = environment;
    this.#api = api;
    this.#gate = gate;
    this.#host = host;
  }

  /** Asks about a person before the next frame, unless that is being done. */
  ask(userId: UserId): void {
    if (this.#isClosed || this.#inFlight.has(userId)) return;
    this.#queue.add(userId);
    this.#cancelFlush ??= this.#environment.beforeFrame(this.#flush);
  }

  /** Ends the questions about people of whom nobody is wanted any more. */
  release(): void {
    for (const flight of [...this.#flights]) {
      if (!flight.question.userIds.some((userId) => this.#host.isWanted(userId))) this.#abandon(flight);
    }
  }

  /** Something changed for the better: tries again before the next frame. */
  hurry(): void {
    this.#gate.hurry();
    this.#cancelFlush?.();
    this.#cancelFlush = this.#environment.beforeFrame(this.#flush);
  }

  /** Takes back every question. Answers to them are not heard. */
  abort(): void {
    this.#queue.clear();
    for (const flight of [...this.#flights]) this.#abandon(flight);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelFlush?.();
    this.abort();
  }

  readonly #flush = (): void => {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    for (const userId of this.#queue) {
      if (!(this.#host.isWanted(userId) && this.#host.isDue(userId))) this.#queue.delete(userId);
    }
    while (!this.#isClosed && this.#queue.size > 0 && this.#flights.size < maxFlights) {
      const wait = this.#gate.waitMs();
      if (wait > 0) {
        // While a probe is out, its landing calls again.
        if (Number.isFinite(wait)) this.#cancelFlush = this.#environment.delay(this.#flush, wait);
        return;
      }
      this.#gate.enter();
      void this.#fly(this.#nextQuestion());
    }
  };

  #nextQuestion(): Question {
    const epoch = this.#host.epoch();
    const generation = this.#host.generation();
    const userIds: UserId[] = [];
    const known: Record<string, number> = {};
    let bytes = 0;
    const visibleFirst = [...this.#queue].sort(
      (a, b) => Number(this.#host.isVisible(b)) - Number(this.#host.isVisible(a)),
    );
    for (const userId of visibleFirst) {
      // Named twice at most; three bytes a UTF-16 unit at most; quotes, commas and a revision.
      bytes += userId.length * 6 + 30;
      if (userIds.length === maxIds || bytes > maxBytes) break;
      userIds.push(userId);
      this.#queue.delete(userId);
      const revision = epoch === null ? null : this.#host.knownRevision(userId);
      if (revision !== null) known[userId] = revision;
    }
    return { userIds, known, generation };
  }

  async #fly(question: Question): Promise<void> {
    const flight: Flight = { question, controller: new AbortController() };
    const { userIds, known } = question;
    this.#flights.add(flight);
    for (const userId of userIds) this.#inFlight.set(userId, flight);
    try {
      const answer = await this.#api.pack(userIds, known, this.#host.epoch(), flight.controller.signal);
      if (!this.#flights.has(flight)) return;
      this.#gate.succeeded();
      this.#land(flight);
      this.#host.answered(question, answer);
    } catch (error) {
      if (!this.#flights.has(flight)) return;
      if (!(error instanceof AvatariumError)) throw error;
      const { status = 0, retryAfterMs } = error;
      const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
      this.#gate.failed(retryAfterMs ?? (isRefused ? refusedWaitMs : 0));
      this.#land(flight);
      for (const userId of userIds) this.#queue.add(userId);
      this.#host.failed(userIds, error);
    }
    this.#flush();
  }

  /** The flight is over, however it ended. */
  #land(flight: Flight): void {
    this.#flights.delete(flight);
    for (const userId of flight.question.userIds) this.#inFlight.delete(userId);
  }

  #abandon(flight: Flight): void {
    this.#land(flight);
    this.#gate.abandoned();
    flight.controller.abort();
  }
}
