/**
 * The only files that touch time, network, randomness and the document: this one, environment-work.ts and
 * environment-change.ts.
 *
 * Everything else receives an {@link Environment}, so tests never sleep, and a page (or a server that renders) without
 * one of these things still works. Here is what the first frame needs; the other two are loaded with what needs them.
 */

import type { CropBox, Source } from "./model.ts";

/** Takes back what was scheduled; harmless when it has happened already. */
export type Cancel = () => void;

/** A picture that was decoded, and what it cost. */
export interface LoadedImage {
  /** Keeps the decoded picture alive for as long as it is referenced. */
  readonly handle: unknown;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly source: Source;
  /** Bytes that came over the network, as far as the browser tells. */
  readonly bytes: number;
}

/** A file that was chosen, decoded and made small. */
export interface Preview extends LoadedImage {
  /** Object URL; never stored, dead after {@link release}. */
  readonly url: string;
  release(): void;
}

/** The pack that came inside the page. */
export interface FirstPack {
  readonly text: string;
  /** Unix milliseconds here, at or before its making; `null` when the page came out of a cache and may be of any age. */
  readonly madeAfter: number | null;
}

/** A file on its way up. */
export interface Upload {
  readonly url: string;
  readonly body: Blob;
  readonly signal: AbortSignal | undefined;
  /** Share that has left, 0 to 1. */
  readonly onProgress: ((share: number) => void) | undefined;
}

/** How a picture is loaded. */
export interface LoadImageOptions {
  readonly signal: AbortSignal;
  /** Nobody looks at it yet. */
  readonly isLow: boolean;
}

/** What the first frame needs of the page. */
export interface FirstEnvironment {
  /** Unix milliseconds on this machine's clock. */
  now(): number;
  /** What relative addresses are resolved against. */
  pageUrl(): string;
  firstPack(): FirstPack | null;
}

/** What the client needs of the page it lives in. */
export interface Environment extends FirstEnvironment {
  /** At least 0, less than 1. */
  random(): number;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Calls once, before the next frame; soon also in a page that paints none. */
  beforeFrame(callback: () => void): Cancel;
  /** Calls once, when what is there now has been painted. */
  afterPaint(callback: () => void): Cancel;
  delay(callback: () => void, milliseconds: number): Cancel;
  /** Nobody sees this page. */
  isHidden(): boolean;
  /** Calls whenever the page is seen again or the network came back. */
  onWake(callback: () => void): Cancel;
  /** Resolves when the picture can be painted in the same frame; rejects when it can't be had. */
  loadImage(url: string, options: LoadImageOptions): Promise<LoadedImage>;
  /** Rejects when the browser can't draw the file. */
  preview(file: Blob, crop: CropBox | undefined): Promise<Preview>;
  /** Resolves with whatever the service answered; rejects when it didn't. */
  upload(upload: Upload): Promise<Response>;
}

/** The page that this code runs in, as far as the first frame needs it. */
export function firstEnvironment(): FirstEnvironment {
  const page = globalThis.document as Document | undefined;
  return {
    now: () => Date.now(),
    pageUrl: () => page?.baseURI ?? "http://localhost/",
    firstPack() {
      const text = page?.getElementById("avatarium-pack")?.textContent;
      if (!text) return null;
      const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      // A page that crossed the network was made after it was asked for; one out of a cache may be of any age.
      return { text, madeAfter: visit?.transferSize ? performance.timeOrigin + visit.requestStart : null };
    },
  };
}
