/**
 * START READING HERE.
 *
 * One `AvatariumClient` a page answers one question: which picture of this person may be painted now? It alone knows the
 * layers and joins them:
 *
 *     get, watch -> memory (layer 1) <- answers (only newer, only this person's) <- the pack in the page, layers below
 *                      ^                   ^
 *                      +----- supply ------+   asks the service, loads and decodes pictures, keeps them true
 *
 * This file and what it imports is what the first frame needs. The supply is code of its own, loaded beside it: nothing
 * that it brings could be in the first frame.
 *
 * `get` and `watch` never throw and never wait; a person whose picture can't be had is shown with their default picture.
 * Nothing here knows a framework; the bindings derive what they render from `get`, in render.
 */

import { Answers } from "./answers.ts";
import type { ReplaceOptions } from "./changes.ts";
import { type Environment, type FirstEnvironment, firstEnvironment } from "./environment.ts";
import { AvatariumError } from "./errors.ts";
import { freshness } from "./freshness.ts";
import type { Layer, LayerFactory } from "./layers.ts";
import { type Entry, Memory, type Watcher } from "./memory.ts";
import { type PictureState, parseUserId, type Source, type Target, type UserId, workingSize } from "./model.ts";
import { Epochs } from "./revisions.ts";
import { type Sample, Samples } from "./samples.ts";
import type { Supply } from "./supply.ts";
import { decodePack, type Pack } from "./wire.ts";

/** When the supply could not be loaded, it is tried again after this time, in milliseconds. */
const reloadAfterMs = 10_000;

/** What {@link createAvatarium} takes. */
export interface AvatariumOptions {
  /** Where the service is mounted, such as `/api`; default `""`, the root of this page's origin. */
  readonly baseUrl?: string;
  /** The signed-in person; stores are partitioned by it. Default `null`: nobody. */
  readonly account?: string | null;
  /** Layers below memory, the quickest first; default none. */
  readonly layers?: readonly LayerFactory[];
  /** Parts of the page to replace, for tests. */
  readonly environment?: Partial<Environment>;
}

/** How much a watcher needs. */
export interface WatchOptions {
  /** Width of the box in device pixels; default 128. */
  readonly size?: number | undefined;
  /** Visible ones are loaded first; default `"visible"`. */
  readonly priority?: "visible" | "soon" | undefined;
}

/** What happened since the client was made. */
export interface Counters {
  /** Requests to the service; bytes of pictures are not among them. */
  readonly apiCalls: number;
  readonly apiFailures: number;
  /** Pictures that the page asked for, from whichever cache they came. */
  readonly pictureLoads: number;
  readonly pictureFailures: number;
  /** Answers that were dropped because something newer was known. */
  readonly lateAnswers: number;
  /** Decoded bytes that are kept in memory. */
  readonly decodedBytes: number;
}

/** Everything that is known of one picture, and why it is what it is. */
export interface Explanation {
  readonly state: PictureState;
  readonly freshness: "unknown" | "fresh" | "stale" | "expired";
  /** Since the origin last spoke of this person; `null`: never. */
  readonly ageSeconds: number | null;
  readonly watchers: number;
  /** The last look-ups, oldest first. */
  readonly samples: readonly Sample[];
}

/** Profile pictures of one page, for one signed-in person. */
export interface AvatariumClient {
  /** What may be shown now, from memory, without any request; the same object until something changes. */
  get(target: Target): PictureState;
  /** Calls back on every change of {@link AvatariumClient.get | get} and asks for what is missing; returns the way to stop. */
  watch(target: Target, listener: () => void, options?: WatchOptions): () => void;
  /** Brings pictures into memory, after those that somebody watches. */
  prefetch(userIds: Iterable<string>): void;
  /** Uploads a picture; it is shown at once and rolled back when the service refuses. */
  replace(userId: string, file: Blob, options?: ReplaceOptions): Promise<PictureState>;
  /** Goes back to the default picture; shown at once and rolled back when the service refuses. */
  remove(userId: string): Promise<PictureState>;
  /** What is known of this person (or of everybody) may be wrong: ask again, show the old one meanwhile. */
  invalidate(userId?: string): void;
  /** Forgets everything in every layer of this account; what is still watched is asked for anew. */
  clear(): Promise<void>;
  explain(target: Target): Explanation;
  /** An element that shows this address of `target` could not draw it: resolved once more, then the default picture. */
  reportBroken(target: Target, url: string): void;
  /** Hits of the layer divided by the look-ups that reached it, 0 to 1; `null` when none did. */
  hitRatio(layer: Source): number | null;
  /** Calls back with each look-up; returns the way to stop. */
  onSample(listener: (sample: Sample) => void): () => void;
  /** The last 1,000 look-ups, oldest first. */
  samples(): readonly Sample[];
  readonly counters: Counters;
  /** Ends all work. Nothing is asked and nobody is called after that. */
  close(): void;
}

/** Makes the client of this page. */
export function createAvatarium(options: AvatariumOptions = {}): AvatariumClient {
  return new Client(options);
}

class Client implements AvatariumClient {
  readonly #given: Partial<Environment>;
  readonly #environment: FirstEnvironment;
  /** Where the service is: absolute, with a "/" at its end. */
  readonly #base: string;
  readonly #memory = new Memory();
  readonly #epochs = new Epochs();
  readonly #answers: Answers;
  readonly #layers: readonly Layer[];
  readonly #samples: Samples;
  #supply: Supply | null = null;
  #loading: Promise<Supply> | null = null;
  /** When loading it failed, in Unix milliseconds; 0: it did not. */
  #failedAt = 0;
  #isClosed = false;

  constructor({ baseUrl = "", account = null, layers = [], environment = {} }: AvatariumOptions) {
    this.#given = environment;
    this.#environment = { ...firstEnvironment(), ...environment };
    this.#base = new URL(`${baseUrl.replace(/\/+$/, "")}/`, this.#environment.pageUrl()).href;
    this.#layers = layers.map((make) => make(account, this.#environment));
    this.#samples = new Samples(["memory", ...this.#layers.map(({ source }) => source), "http", "origin"]);
    this.#answers = new Answers(this.#memory, this.#epochs, {
      changed: (entry) => this.#supply?.changed(entry),
      contacted: (mapping, age) => {
        for (const layer of this.#layers) layer.keep(mapping, age);
      },
      renewed: (epoch) => {
        for (const layer of this.#layers) layer.keepOnly(epoch);
        this.#memory.forget();
        this.#needAll();
      },
    });
    const now = this.#environment.now();
    for (const layer of this.#layers) {
      for (const stored of layer.readNow()) this.#answers.stored(stored, layer.source, now);
    }
    this.#takeFirstPack();
    // Failing is no state of its own: what is watched shows its default picture, and the next watcher tries again.
    this.#load().catch(() => {});
  }

  get(target: Target): PictureState {
    return this.#memory.entry(target).state;
  }

  watch(target: Target, listener: () => void, options: WatchOptions = {}): () => void {
    if (this.#isClosed) return () => {};
    const { size = workingSize, priority = "visible" } = options;
    const entry = this.#memory.entry(target);
    const now = this.#environment.now();
    const watcher: Watcher = { listener, size, isVisible: priority === "visible", since: now };
    entry.watchers.add(watcher);
    this.#memory.touch(target);
    if (entry.held.length > 0 && entry.isCurrent) this.#samples.answer(entry, now);
    this.#need(entry);
    return () => {
      if (entry.watchers.delete(watcher)) this.#supply?.left(entry);
    };
  }

  prefetch(userIds: Iterable<string>): void {
    for (const userId of userIds) {
      const entry = this.#memory.entry(userId);
      if (entry.userId === null || this.#isClosed) continue;
      entry.isSought = true;
      this.#need(entry);
    }
  }

  async replace(userId: string, file: Blob, options: ReplaceOptions = {}): Promise<PictureState> {
    const id = checked(userId);
    return (await this.#load()).replace(id, file, options);
  }

  async remove(userId: string): Promise<PictureState> {
    const id = checked(userId);
    return (await this.#load()).remove(id);
  }

  invalidate(userId?: string): void {
    const entries = userId === undefined ? [...this.#memory.all()] : [this.#memory.entry(userId)];
    for (const entry of entries) {
      if (entry.known && entry.userId !== null) {
        entry.set({ known: { ...entry.known, age: { ...entry.known.age, freshUntil: 0 } } });
      }
      this.#supply?.forgive(entry);
      this.#need(entry);
    }
  }

  async clear(): Promise<void> {
    // Answers that are on their way belong to what is being forgotten.
    this.#epochs.forget();
    this.#supply?.abort();
    this.#memory.forget();
    this.#samples.clear();
    await Promise.all(this.#layers.map((layer) => layer.clear()));
    this.#needAll();
  }

  explain(target: Target): Explanation {
    const { state, known, watchers } = this.#memory.entry(target);
    const now = this.#environment.now();
    const id = typeof target === "string" ? target : target.imageId;
    return {
      state,
      freshness: known ? freshness(known.age, now) : "unknown",
      ageSeconds: known ? (now - known.age.contactAt) / 1000 : null,
      watchers: watchers.size,
      samples: this.samples().filter(({ userId }) => userId === id),
    };
  }

  reportBroken(target: Target, url: string): void {
    this.#supply?.lost(this.#memory.entry(target), url);
  }

  hitRatio(layer: Source): number | null {
    return this.#samples.hitRatio(layer);
  }

  onSample(listener: (sample: Sample) => void): () => void {
    return this.#samples.listen(listener);
  }

  samples(): readonly Sample[] {
    return this.#samples.all;
  }

  get counters(): Counters {
    const asked = this.#supply?.counters ?? { apiCalls: 0, apiFailures: 0, pictureLoads: 0, pictureFailures: 0 };
    return { ...asked, lateAnswers: this.#answers.late, decodedBytes: this.#memory.bytes };
  }

  close(): void {
    this.#isClosed = true;
    for (const entry of this.#memory.all()) entry.watchers.clear();
    this.#supply?.close();
    for (const layer of this.#layers) layer.close();
  }

  /** Sets out for what this entry lacks, if anybody wants it; once the supply is there. */
  #need(entry: Entry): void {
    if (this.#supply) this.#supply.need(entry);
    else this.#load().catch(() => {});
  }

  #needAll(): void {
    for (const entry of this.#memory.all()) this.#supply?.need(entry);
  }

  /** The supply, loaded once. Rejects when its code can't be had, which is as far away as the service. */
  #load(): Promise<Supply> {
    const isToBeRepeated = this.#failedAt > 0 && this.#environment.now() > this.#failedAt + reloadAfterMs;
    if (this.#loading && !isToBeRepeated) return this.#loading;
    this.#failedAt = 0;
    this.#loading = import("./supply.ts")
      .then(({ Supply }) => {
        const supply = new Supply({
          environment: { ...this.#environment, ...this.#given },
          base: this.#base,
          memory: this.#memory,
          epochs: this.#epochs,
          answers: this.#answers,
          samples: this.#samples,
          layers: this.#layers,
        });
        this.#supply = supply;
        if (this.#isClosed) supply.close();
        this.#needAll();
        return supply;
      })
      .catch((cause: unknown) => {
        this.#failedAt = this.#environment.now();
        throw new AvatariumError("unreachable", { cause });
      });
    return this.#loading;
  }

  /** The pack inside the page saves the first question. Without it, or when it is not readable, that one is asked. */
  #takeFirstPack(): void {
    const first = this.#environment.firstPack();
    if (first === null) return;
    let pack: Pack;
    try {
      pack = decodePack(JSON.parse(first.text), this.#base);
    } catch {
      return;
    }
    const askedAt = first.madeAfter ?? Math.min(this.#environment.now(), pack.now * 1000);
    this.#answers.pack({ value: pack, contact: { askedAt, originNow: pack.now } }, this.#epochs.generation);
    if (first.madeAfter === null) this.invalidate();
  }
}

function checked(userId: string): UserId {
  const id = parseUserId(userId);
  if (id === null) throw new AvatariumError("malformed-user-id");
  return id;
}
