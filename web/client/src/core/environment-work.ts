/**
 * The part of the page's environment that works on it after the first frame: network, timers, frames, pictures.
 */

import type { Cancel, Environment, FirstEnvironment, LoadedImage } from "./environment.ts";

/** A frame that does not come within this time, in milliseconds, is not waited for: hidden pages paint none. */
const frameWaitMs = 100;
/** `decode()` has been seen never to settle (trap 29). */
const decodeWaitMs = 1000;
/** A picture that takes longer than this, in milliseconds, counts as failed. */
const loadWaitMs = 15_000;

/** Transfers that are remembered until somebody asks how they went. */
const notedTransfers = 1000;

/** The page that this code runs in: all that works on it after the first frame. */
export function workEnvironment(): Omit<Environment, keyof FirstEnvironment> {
  const transfers = watchTransfers();
  const page = globalThis.document as Document | undefined;

  function delay(callback: () => void, milliseconds: number): Cancel {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  }

  function beforeFrame(callback: () => void): Cancel {
    let frame = 0;
    const cancel = (): void => {
      cancelDelay();
      globalThis.cancelAnimationFrame?.(frame);
    };
    const once = (): void => {
      cancel();
      callback();
    };
    const cancelDelay = delay(once, frameWaitMs);
    frame = globalThis.requestAnimationFrame?.(once) ?? 0;
    return cancel;
  }

  return {
    random: () => Math.random(),
    fetch: (url, init) => globalThis.fetch(url, init),
    beforeFrame,
    afterPaint(callback) {
      let cancel = beforeFrame(() => {
        cancel = delay(callback, 0);
      });
      return () => cancel();
    },
    delay,
    isHidden: () => page?.hidden ?? false,
    onWake(callback) {
      const wake = (): void => {
        if (!page?.hidden) callback();
      };
      const targets = [
        [page, "visibilitychange"],
        [globalThis, "online"],
        [globalThis, "pageshow"],
      ] as const;
      for (const [target, name] of targets) target?.addEventListener?.(name, wake);
      return () => {
        for (const [target, name] of targets) target?.removeEventListener?.(name, wake);
      };
    },
    async loadImage(url, { signal, isLow }) {
      const image = new Image();
      // The attributes come before the address: they are part of what the browser looks the picture up by.
      image.crossOrigin = "anonymous";
      image.decoding = "sync";
      if (isLow) image.fetchPriority = "low";
      try {
        await new Promise<void>((resolve, reject) => {
          const cancelDelay = delay(() => reject(new Error("The picture took too long.")), loadWaitMs);
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          image.onload = () => {
            cancelDelay();
            resolve();
          };
          image.onerror = () => {
            cancelDelay();
            reject(new Error("The picture can't be had."));
          };
          image.src = url;
        });
      } catch (error) {
        // Ends a download that nobody waits for any more.
        image.removeAttribute("src");
        throw error;
      }
      await Promise.race([
        image.decode(),
        new Promise<void>((resolve) => {
          delay(resolve, decodeWaitMs);
        }),
      ]);
      const { naturalWidth: width, naturalHeight: height } = image;
      return { handle: image, width, height, ...transfers(url) };
    },
    preview: async (file, crop) => (await import("./environment-change.ts")).preview(file, crop),
    upload: async (upload) => (await import("./environment-change.ts")).upload(upload),
  };
}

/** Tells how a picture came here, as far as the browser lets us know (ResourceTiming). */
function watchTransfers(): (url: string) => Pick<LoadedImage, "source" | "bytes"> {
  const latest = new Map<string, PerformanceResourceTiming>();
  function note(entries: PerformanceEntryList): void {
    for (const entry of entries as PerformanceResourceTiming[]) {
      if (entry.initiatorType === "img") latest.set(entry.name, entry);
    }
  }
  // An observer, because the browser's own list ends at 250 entries.
  const observer = globalThis.PerformanceObserver && new PerformanceObserver((list) => note(list.getEntries()));
  observer?.observe({ type: "resource" });
  return (url) => {
    note(observer?.takeRecords() ?? []);
    const entry = latest.get(url);
    latest.delete(url);
    // The page's own pictures pass here too, and nobody asks for those.
    if (latest.size > notedTransfers) latest.clear();
    const bytes = entry?.transferSize ?? 0;
    if (entry?.workerStart) return { source: "worker", bytes };
    // Without `Timing-Allow-Origin` all sizes are 0, which tells nothing.
    return { source: entry?.decodedBodySize && bytes === 0 ? "http" : "origin", bytes };
  };
}
