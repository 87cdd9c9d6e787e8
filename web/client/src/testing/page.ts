/**
 * A page without a browser: its clock, frames, network and pictures are moved by hand.
 *
 * Requests and pictures wait until a test lets them go, so every order of events can be played. Nothing sleeps.
 */

import type {
  Cancel,
  CropBox,
  Environment,
  FirstPack,
  LoadedImage,
  LoadImageOptions,
  Preview,
  Source,
  Upload,
} from "../core/index.ts";

/** A request that waits for its answer. */
export interface HeldRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Decoded JSON; the file itself for an upload. */
  readonly body: unknown;
  /** The client gave up. */
  readonly isAborted: boolean;
  answer(body: unknown, status?: number, headers?: Record<string, string>): Promise<void>;
  /** No answer: the network is down. */
  fail(): Promise<void>;
  /** So much of an upload has left, 0 to 1. */
  progress(share: number): void;
}

/** A picture that waits for its bytes. */
export interface HeldImage {
  readonly url: string;
  readonly isLow: boolean;
  readonly isAborted: boolean;
  /** Width in pixels; default: what the address says. */
  arrive(from?: Source): Promise<void>;
  fail(): Promise<void>;
}

/** Answers requests and pictures by itself; what it leaves (`undefined`) waits for the test. */
export interface Autopilot {
  request?(request: HeldRequest): void;
  image?(image: HeldImage): void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Number of turns that let every promise of the client come to rest. */
const turns = 50;

/** The environment of a test. */
export class FakePage implements Environment {
  /** Unix milliseconds. */
  time = 1_764_036_000_000;
  /** What `random` answers. */
  chance = 0.5;
  hidden = false;
  first: FirstPack | null = null;
  autopilot: Autopilot = {};
  /** Rejects previews while set: the file is not a picture. */
  isPreviewBroken = false;
  /** All requests and pictures so far, oldest first. */
  readonly requests: HeldRequest[] = [];
  readonly images: HeldImage[] = [];
  /** Object URLs of previews that were made and not given back. */
  readonly objectUrls: Set<string> = new Set();
  /** What each preview was made of, by object URL. */
  readonly previewed: Map<string, Blob> = new Map();
  readonly #timers = new Set<Timer>();
  readonly #frames = new Set<() => void>();
  readonly #paints = new Set<() => void>();
  readonly #wakers = new Set<() => void>();
  #clients = 0;
  #supplies = 0;

  // What a test moves.

  /** Lets all promises come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  }

  /** Waits until a client has loaded what the first frame does not need. Once for each client, in their order. */
  async loaded(): Promise<void> {
    this.#clients += 1;
    await this.until(() => this.#supplies >= this.#clients);
    await this.settle();
  }

  /** Waits for something that takes real turns of the event loop, such as loading code. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 200_000; turn += 1) {
      if (condition()) return;
      await new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      });
    }
    throw new Error("It did not come about.");
  }

  /** One frame: what waits for it, then what waits for its paint. */
  async frame(): Promise<void> {
    await this.settle();
    run(this.#frames);
    await this.settle();
    run(this.#paints);
    await this.settle();
  }

  /** Moves the clock, and runs what is due on the way in order. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await this.frame();
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.at - other.at);
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await this.frame();
    }
    this.time = end;
    await this.settle();
  }

  /** The page is seen again, or the network came back. */
  async wake(): Promise<void> {
    this.hidden = false;
    for (const waker of this.#wakers) waker();
    await this.frame();
  }

  /** Requests that still wait. */
  get openRequests(): HeldRequest[] {
    return this.requests.filter((request) => isOpen.has(request) && !request.isAborted);
  }

  /** Pictures that still wait. */
  get openImages(): HeldImage[] {
    return this.images.filter((image) => isOpen.has(image) && !image.isAborted);
  }

  // The environment.

  now = (): number => this.time;
  random = (): number => this.chance;
  pageUrl = (): string => "https://example.org/people/";
  isHidden = (): boolean => this.hidden;
  firstPack = (): FirstPack | null => this.first;

  beforeFrame = (callback: () => void): Cancel => add(this.#frames, callback);
  afterPaint = (callback: () => void): Cancel => add(this.#paints, callback);
  onWake = (callback: () => void): Cancel => {
    this.#supplies += 1;
    return add(this.#wakers, callback);
  };

  delay = (callback: () => void, milliseconds: number): Cancel =>
    add(this.#timers, { at: this.time + milliseconds, callback });

  fetch = (url: string, init: RequestInit): Promise<Response> => {
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    return this.#hold(init.method ?? "GET", url, body, init.signal ?? undefined, undefined);
  };

  upload = ({ url, body, signal, onProgress }: Upload): Promise<Response> =>
    this.#hold("PUT", url, body, signal, onProgress);

  loadImage = (url: string, { signal, isLow }: LoadImageOptions): Promise<LoadedImage> =>
    new Promise((resolve, reject) => {
      const width = Number(/\/(\d+)\.\w+(\?.*)?$/.exec(url)?.[1] ?? 128);
      const image: HeldImage = {
        url,
        isLow,
        get isAborted() {
          return signal.aborted;
        },
        arrive: (source = "origin") => {
          isOpen.delete(image);
          resolve({ handle: url, width, height: width, source, bytes: source === "origin" ? width * 20 : 0 });
          return this.settle();
        },
        fail: () => {
          isOpen.delete(image);
          reject(new Error("The picture can't be had."));
          return this.settle();
        },
      };
      signal.addEventListener("abort", () => reject(signal.reason));
      isOpen.add(image);
      this.images.push(image);
      this.autopilot.image?.(image);
    });

  preview = async (file: Blob, _crop: CropBox | undefined): Promise<Preview> => {
    if (this.isPreviewBroken) throw new Error("Not a picture.");
    const url = `blob:preview-${this.previewed.size + 1}`;
    this.previewed.set(url, file);
    this.objectUrls.add(url);
    const release = (): void => {
      this.objectUrls.delete(url);
    };
    return { url, release, handle: url, width: 512, height: 512, source: "memory", bytes: 0 };
  };

  #hold(
    method: string,
    url: string,
    body: unknown,
    signal: AbortSignal | undefined,
    onProgress: ((share: number) => void) | undefined,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url);
      const request: HeldRequest = {
        method,
        path: pathname + search,
        body,
        get isAborted() {
          return signal?.aborted ?? false;
        },
        answer: (answer, status = 200, headers = {}) => {
          isOpen.delete(request);
          const text = typeof answer === "string" ? answer : JSON.stringify(answer);
          resolve(new Response(text, { status, headers: { Date: new Date(this.time).toUTCString(), ...headers } }));
          return this.settle();
        },
        fail: () => {
          isOpen.delete(request);
          reject(new TypeError("Failed to fetch"));
          return this.settle();
        },
        progress: (share) => onProgress?.(share),
      };
      signal?.addEventListener("abort", () => reject(signal.reason));
      isOpen.add(request);
      this.requests.push(request);
      this.autopilot.request?.(request);
    });
  }
}

/** Requests and pictures that nobody has let go of yet. */
const isOpen = new WeakSet<object>();

function add<T>(set: Set<T>, item: T): Cancel {
  // Each registration counts for itself, even of the same callback.
  set.add(item);
  return () => set.delete(item);
}

function run(callbacks: Set<() => void>): void {
  const due = [...callbacks];
  callbacks.clear();
  for (const callback of due) callback();
}
