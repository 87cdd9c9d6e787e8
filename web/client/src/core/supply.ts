/**
 * Brings memory what it lacks: asks the layers below and the service, loads and decodes pictures, and keeps true what
 * is on screen.
 *
 * The half of the client that the first frame can do without; client.ts loads it and calls it for every entry that
 * somebody wants.
 */

import { Addresses } from "./addresses.ts";
import type { Answers } from "./answers.ts";
import { type Answer, Api } from "./api.ts";
import type { ChangeHost, ReplaceOptions } from "./changes.ts";
import type { Environment, FirstEnvironment } from "./environment.ts";
import { workEnvironment } from "./environment-work.ts";
import { AvatariumError } from "./errors.ts";
import { freshness } from "./freshness.ts";
import { Gate } from "./gate.ts";
import type { Layer } from "./layers.ts";
import { Lift } from "./lift.ts";
import { Loader, type LoaderHost, type Question } from "./loader.ts";
import type { Entry, Memory } from "./memory.ts";
import type { PictureState, UserId } from "./model.ts";
import { Pictures, type PicturesHost } from "./pictures.ts";
import { pictureById, takeReply } from "./replies.ts";
import type { Epochs } from "./revisions.ts";
import { nameOf, type Samples } from "./samples.ts";
import { Upkeep } from "./upkeep.ts";
import type { Pack } from "./wire.ts";

/** An optimistic picture gives way after this time, in milliseconds, even if the real one has not arrived. */
const settleWaitMs = 10_000;

/** What the supply shares with the client. */
export interface Shared {
  /** What the page lacks here is taken from the real one. */
  readonly environment: FirstEnvironment & Partial<Environment>;
  /** Resolved, with a "/" at its end. */
  readonly base: string;
  readonly memory: Memory;
  readonly epochs: Epochs;
  readonly answers: Answers;
  readonly samples: Samples;
  readonly layers: readonly Layer[];
}

/** Everything that takes longer than a frame. */
export class Supply {
  readonly #shared: Shared;
  readonly #environment: Environment;
  readonly #api: Api;
  readonly #lift: Lift;
  readonly #loader: Loader;
  readonly #pictures: Pictures;
  readonly #upkeep: Upkeep;
  readonly #stopWaking: () => void;
  /** Entries that lost a watcher in this frame. */
  readonly #left = new Set<Entry>();
  readonly #settling = new Map<Entry, Set<() => void>>();
  #isClosed = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#environment = { ...workEnvironment(), ...shared.environment };
    const addresses = new Addresses(shared.base);
    this.#api = new Api(this.#environment, addresses);
    this.#upkeep = new Upkeep(this.#environment, shared.memory, { ask: (entry) => this.#ask(entry) });
    this.#pictures = new Pictures(this.#environment, addresses, this.#api, this.#picturesHost());
    this.#loader = new Loader(this.#environment, this.#api, new Gate(this.#environment), this.#loaderHost());
    this.#lift = new Lift(this.#environment, shared.layers, {
      found: (stored, layer) => shared.answers.stored(stored, layer.source, this.#environment.now()),
      done: (userIds) => {
        for (const userId of userIds) this.#loader.ask(userId);
      },
    });
    this.#stopWaking = this.#environment.onWake(() => {
      this.#loader.hurry();
      this.#pictures.queue.hurry();
      this.#upkeep.tend();
    });
  }

  /** Requests and failures so far. */
  get counters(): { apiCalls: number; apiFailures: number; pictureLoads: number; pictureFailures: number } {
    const { queue } = this.#pictures;
    return {
      apiCalls: this.#api.calls,
      apiFailures: this.#api.failures,
      pictureLoads: queue.started,
      pictureFailures: queue.failures,
    };
  }

  /** Sets out for what this entry lacks, if anybody wants it. */
  need(entry: Entry): void {
    if (!entry.isWanted || this.#isClosed) return;
    const now = this.#environment.now();
    const { known, imageId } = entry;
    if (known === null && imageId !== null) entry.set({ known: pictureById(imageId, now) });
    if (known === null || freshness(known.age, now) !== "fresh") this.#ask(entry);
    this.changed(entry);
  }

  /** What is known of this entry changed: brings its picture up to it. */
  changed(entry: Entry): void {
    this.#upkeep.expect(entry);
    this.#pictures.advance(entry);
  }

  /** Somebody stopped watching. A row that moves comes back within a frame: nothing is given up for that. */
  left(entry: Entry): void {
    if (this.#left.size === 0) this.#environment.beforeFrame(() => this.#release());
    this.#left.add(entry);
  }

  /** An element could not draw this address. */
  lost(entry: Entry, url: string): void {
    this.#pictures.lost(entry, url);
  }

  /** What failed is tried again at the next occasion. */
  forgive(entry: Entry): void {
    this.#pictures.forgive(entry);
  }

  async replace(userId: UserId, file: Blob, options: ReplaceOptions): Promise<PictureState> {
    const { replacePicture } = await loadChanges();
    return replacePicture(this.#changeHost(), userId, file, options);
  }

  async remove(userId: UserId): Promise<PictureState> {
    const { removePicture } = await loadChanges();
    return removePicture(this.#changeHost(), userId);
  }

  /** Takes back every question. */
  abort(): void {
    this.#loader.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWaking();
    this.#upkeep.close();
    this.#loader.close();
    this.#pictures.close();
  }

  /** Asks about the person of this entry: the layers below first, while nothing is known, then the service. */
  #ask(entry: Entry): void {
    const { userId } = entry;
    if (userId === null || this.#isClosed) return;
    entry.isDue = true;
    if (entry.known === null && this.#lift.has(userId)) this.#lift.add(userId);
    else this.#loader.ask(userId);
  }

  #release(): void {
    for (const entry of this.#left) if (!entry.isWanted) this.#pictures.release(entry);
    this.#left.clear();
    this.#loader.release();
    this.#shared.memory.evict();
  }

  #answered(question: Question, answer: Answer<Pack>): void {
    takeReply(this.#shared.answers, this.#shared.memory, question, answer);
    // What a late answer left open is asked again.
    for (const userId of question.userIds) {
      const entry = this.#shared.memory.find(userId);
      if (entry?.isDue && entry.isWanted) this.#loader.ask(userId);
    }
  }

  #failed(userIds: readonly UserId[], error: AvatariumError): void {
    for (const userId of userIds) {
      const entry = this.#shared.memory.find(userId);
      if (!entry) continue;
      entry.isSought = false;
      if (entry.error?.code !== error.code) entry.set({ error });
      this.#shared.samples.answer(entry, this.#environment.now());
    }
  }

  #picturesHost(): PicturesHost {
    return {
      renditionUrl: () => this.#shared.answers.renditionUrl,
      generation: () => this.#shared.epochs.generation,
      askAgain: (entry) => {
        entry.mustAskWhole = true;
        this.#ask(entry);
      },
      learnt: (answer, generation) => this.#shared.answers.mapping(answer, generation),
      loaded: (entry, { source, bytes, width }, startedAt) => {
        const milliseconds = this.#environment.now() - startedAt;
        // One load is one sample, however many look-ups waited for it.
        for (const watcher of entry.watchers) watcher.since = null;
        this.#shared.samples.add({ userId: nameOf(entry), source, milliseconds, bytes, size: width, success: true });
        this.#shared.memory.evict();
      },
      settled: (entry) => {
        this.#shared.samples.answer(entry, this.#environment.now());
        for (const resolve of this.#settling.get(entry) ?? []) resolve();
        this.#settling.delete(entry);
      },
    };
  }

  #loaderHost(): LoaderHost {
    const find = (userId: UserId): Entry | undefined => this.#shared.memory.find(userId);
    return {
      epoch: () => this.#shared.epochs.current,
      generation: () => this.#shared.epochs.generation,
      isWanted: (userId) => find(userId)?.isWanted ?? false,
      isDue: (userId) => find(userId)?.isDue ?? false,
      isVisible: (userId) => find(userId)?.isVisible ?? false,
      knownRevision: (userId) => {
        const entry = find(userId);
        // "Unchanged" would bring no new address.
        const isEnough = entry?.known?.picture.expiresAt === null && !entry.mustAskWhole;
        return isEnough && entry.known?.epoch === this.#shared.epochs.current ? entry.known.revision : null;
      },
      answered: (question, answer) => this.#answered(question, answer),
      failed: (userIds, error) => this.#failed(userIds, error),
    };
  }

  #changeHost(): ChangeHost {
    return {
      environment: this.#environment,
      api: this.#api,
      generation: () => this.#shared.epochs.generation,
      entry: (userId) => this.#shared.memory.entry(userId),
      accept: (answer, generation) => {
        const entry = this.#shared.memory.entry(answer.value.userId);
        if (!this.#shared.answers.mapping(answer, generation) && entry.isWanted) this.#ask(entry);
      },
      whenSettled: (entry) =>
        new Promise((resolve) => {
          this.#settling.set(entry, (this.#settling.get(entry) ?? new Set()).add(resolve));
          this.#environment.delay(resolve, settleWaitMs);
          entry.isSought = true;
          this.#pictures.advance(entry);
        }),
    };
  }
}

/** Changes are loaded with the first of them; code that can't be had is as far away as the service. */
function loadChanges(): Promise<typeof import("./changes.ts")> {
  return import("./changes.ts").catch((cause: unknown) => {
    throw new AvatariumError("unreachable", { cause });
  });
}
