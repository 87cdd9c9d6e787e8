/**
 * Brings the decoded picture of an entry up to what is known of it.
 *
 * The working size first; a larger one, where a box needs it, after that has been painted. What is shown changes only
 * when the new picture is decoded, so nobody sees a blank between two. A picture that can't be had makes the client ask
 * for its mapping once more; when that does not help, the default picture is shown and the failure is remembered.
 */

import { type Addresses, rung } from "./addresses.ts";
import type { Answer, Api } from "./api.ts";
import type { Cancel, Environment, LoadedImage } from "./environment.ts";
import { AvatariumError } from "./errors.ts";
import { type Age, freshness } from "./freshness.ts";
import { Gate } from "./gate.ts";
import { ImageQueue } from "./image-queue.ts";
import type { Entry, Held, Known, Local } from "./memory.ts";
import { type ImageId, type Mapping, type Picture, type Rendition, workingSize } from "./model.ts";

/** Failures in a row that are taken for broken pictures, not for an outage. */
const toleratedFailures = 4;
/** A picture that failed twice is tried again after this time, in milliseconds, doubled with each failure. */
const firstRetryMs = 30_000;
const longestRetryMs = 30 * 60_000;

/** Whom the loading of pictures tells. */
export interface PicturesHost {
  /** Address of renditions, from the latest pack. */
  renditionUrl(): string | null;
  /** Goes with every question. */
  generation(): number;
  /** The mapping is needed once more, whole. */
  askAgain(entry: Entry): void;
  /** A single mapping arrived on the way. */
  learnt(answer: Answer<Mapping>, generation: number): void;
  /** A picture was decoded; it had been wanted since `startedAt` (Unix milliseconds). */
  loaded(entry: Entry, image: LoadedImage, startedAt: number): void;
  /** `entry` holds all that it can for now. */
  settled(entry: Entry): void;
}

/** One picture on its way for one entry. */
interface Load {
  readonly imageId: ImageId;
  readonly size: number;
  readonly controller: AbortController;
}

/** What went wrong with the picture of an entry, remembered. */
interface Failure {
  readonly imageId: ImageId;
  readonly size: number;
  /** How often, each time after asking again. */
  readonly count: number;
  /** Unix milliseconds. */
  readonly retryAt: number;
  readonly error: AvatariumError | null;
}

/** Loads what entries lack. */
export class Pictures {
  readonly #environment: Environment;
  readonly #addresses: Addresses;
  readonly #api: Api;
  readonly #host: PicturesHost;
  readonly queue: ImageQueue;
  readonly #loads = new Map<Entry, Load>();
  readonly #failures = new WeakMap<Entry, Failure>();
  readonly #broken = new Set<Entry>();
  readonly #paints = new Map<Entry, Cancel>();

  constructor(environment: Environment, addresses: Addresses, api: Api, host: PicturesHost) {
    this.#environment = environment;
    this.#addresses = addresses;
    this.#api = api;
    this.#host = host;
    this.queue = new ImageQueue(environment, new Gate(environment, toleratedFailures), () => this.retryBroken());
  }

  /** Does the next thing that brings `entry` up to date; nothing when it is. */
  advance(entry: Entry): void {
    const { known } = entry;
    const imageId = known?.picture.imageId ?? null;
    const load = this.#loads.get(entry);
    if (load && (load.imageId !== imageId || !entry.isWanted)) this.#abandon(entry, load);
    if (known === null || imageId === null) {
      if (known) this.#settle(entry);
      return;
    }
    const size = this.#missing(entry, known);
    if (size === null) {
      this.#settle(entry);
      return;
    }
    if (!entry.isWanted || this.#loads.has(entry)) return;
    const failure = this.#remembered(entry, imageId, size);
    if (failure) {
      entry.set({ error: failure.error });
      return;
    }
    if (freshness(known.age, this.#environment.now()) === "expired") return;
    if (size > workingSize) this.#afterPaint(entry);
    else void this.#load(entry, known, imageId, size);
  }

  /** The rendition is shown and the browser can't draw it: its bytes went away under it. */
  lost(entry: Entry, url: string): void {
    const lost = entry.held.find(({ rendition }) => rendition.url === url);
    if (!lost) return;
    entry.set({ held: entry.held.filter((held) => held !== lost) });
    const { imageId, size } = lost.rendition;
    if (imageId) this.#failed(entry, imageId, size, null);
  }

  /** Forgets failures: what was broken is tried again. */
  retryBroken(): void {
    for (const entry of [...this.#broken]) {
      this.forgive(entry);
      this.advance(entry);
    }
  }

  /** Forgets the failure of one entry. */
  forgive(entry: Entry): void {
    this.#failures.delete(entry);
    this.#broken.delete(entry);
  }

  /** Ends all that is on its way. */
  close(): void {
    for (const entry of [...this.#loads.keys(), ...this.#paints.keys()]) this.release(entry);
  }

  /** Ends what is on its way for an entry that nobody wants any more. */
  release(entry: Entry): void {
    const load = this.#loads.get(entry);
    if (load) this.#abandon(entry, load);
    this.#paints.get(entry)?.();
    this.#paints.delete(entry);
    this.#broken.delete(entry);
  }

  /** The size to load next, in pixels; `null`: nothing is missing. */
  #missing(entry: Entry, { picture, age }: Known): number | null {
    // An address that ends sooner than the one we know now is replaced while it still works.
    const good = entry.held.filter(
      ({ rendition, endsAt }) => rendition.imageId === picture.imageId && endsAt >= endOf(picture, age),
    );
    const wanted = [rung(picture.sizes, workingSize), rung(picture.sizes, entry.size)];
    return wanted.find((size) => !good.some(({ rendition }) => rendition.size >= size)) ?? null;
  }

  #afterPaint(entry: Entry): void {
    if (this.#paints.has(entry)) return;
    const cancel = this.#environment.afterPaint(() => {
      this.#paints.delete(entry);
      const { known } = entry;
      const imageId = known?.picture.imageId ?? null;
      const size = known && this.#missing(entry, known);
      if (imageId && size && entry.isWanted && !this.#loads.has(entry)) void this.#load(entry, known, imageId, size);
    });
    this.#paints.set(entry, cancel);
  }

  async #load(entry: Entry, known: Known, imageId: ImageId, size: number): Promise<void> {
    const load: Load = { imageId, size, controller: new AbortController() };
    const startedAt = this.#environment.now();
    this.#loads.set(entry, load);
    const { signal } = load.controller;
    const isCurrent = (): boolean => this.#loads.get(entry) === load && entry.known?.picture.imageId === imageId;
    try {
      const local = localOf(entry, imageId, size);
      const url = local?.url ?? (await this.#addressOf(entry, known, size, signal));
      const loaded = await this.queue.load(url, () => entry.isVisible, signal);
      const image = local ? { ...loaded, source: local.source } : loaded;
      if (!isCurrent()) return;
      this.#loads.delete(entry);
      this.forgive(entry);
      this.#hold(entry, image, { url, size, imageId, source: image.source });
      this.#host.loaded(entry, image, startedAt);
      this.advance(entry);
    } catch (error) {
      if (!isCurrent()) return;
      this.#loads.delete(entry);
      if (localOf(entry, imageId, size)) {
        // A layer's bytes are a hint; the origin's are the picture.
        entry.local = null;
        this.advance(entry);
      } else {
        this.#failed(entry, imageId, size, error);
      }
    }
  }

  /** The address of a rendition; asked for where it can't be told. */
  async #addressOf(entry: Entry, known: Known, size: number, signal: AbortSignal): Promise<string> {
    const { picture } = known;
    const address = this.#addresses.rendition(picture, size, this.#host.renditionUrl());
    if (address !== null) return address;
    if (entry.userId === null) return (await this.#api.image(picture.imageId as ImageId, signal)).value;
    const generation = this.#host.generation();
    const answer = await this.#api.mapping(entry.userId, signal);
    this.#host.learnt(answer, generation);
    const learnt = this.#addresses.rendition(answer.value, size, this.#host.renditionUrl());
    if (learnt === null) throw new AvatariumError("unreadable-answer", { detail: "A mapping without addresses." });
    return learnt;
  }

  #hold(entry: Entry, image: LoadedImage, rendition: Omit<Rendition, "revision">): void {
    const { known } = entry;
    if (known === null) return;
    const held: Held = {
      rendition: { ...rendition, revision: known.revision },
      handle: image.handle,
      bytes: image.width * image.height * 4,
      endsAt: endOf(known.picture, known.age),
    };
    // Those of an older picture go in the same moment (decode, then swap), and so does the tiny inline one.
    const kept = entry.held.filter((one) => {
      const { imageId, size } = one.rendition;
      return imageId === rendition.imageId && size !== rendition.size && size >= workingSize;
    });
    const all = [...kept, held].sort((one, other) => one.rendition.size - other.rendition.size);
    entry.set({ held: all, error: null });
  }

  #failed(entry: Entry, imageId: ImageId, size: number, cause: unknown): void {
    const before = this.#failures.get(entry);
    const isRepeated = before?.imageId === imageId && before.size === size;
    // A picture by its id has no mapping that could be asked again.
    const count = isRepeated ? before.count + 1 : entry.userId === null ? 1 : 0;
    const wait = count === 0 ? 0 : Math.min(firstRetryMs * 2 ** (count - 1), longestRetryMs);
    const asError = cause instanceof AvatariumError ? cause : new AvatariumError("undecodable-picture", { cause });
    const error = count === 0 ? null : asError;
    this.#failures.set(entry, { imageId, size, count, retryAt: this.#environment.now() + wait, error });
    if (count === 0) {
      // Perhaps the picture was replaced, or its address has ended: the mapping knows.
      this.#host.askAgain(entry);
      return;
    }
    this.#broken.add(entry);
    entry.set(entry.isCurrent ? { error } : { error, held: [] });
    this.#environment.delay(() => this.advance(entry), wait);
    this.#settle(entry);
  }

  /** A failure that is too young to try again. */
  #remembered(entry: Entry, imageId: ImageId, size: number): Failure | null {
    const failure = this.#failures.get(entry);
    if (failure?.imageId !== imageId || failure.size !== size || failure.count === 0) return null;
    return this.#environment.now() < failure.retryAt ? failure : null;
  }

  #settle(entry: Entry): void {
    entry.isSought = false;
    this.#host.settled(entry);
  }

  #abandon(entry: Entry, load: Load): void {
    this.#loads.delete(entry);
    load.controller.abort();
  }
}

/** Bytes that a layer below brought, when they are of this picture and large enough. */
function localOf(entry: Entry, imageId: ImageId, size: number): Local | null {
  const { local } = entry;
  return local?.imageId === imageId && local.size >= size ? local : null;
}

/** When the address of a picture stops working, in Unix milliseconds here. */
function endOf(picture: Picture, age: Age): number {
  return picture.expiresAt === null ? Number.POSITIVE_INFINITY : age.unusableFrom;
}
