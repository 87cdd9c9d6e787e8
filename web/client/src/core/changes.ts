/**
 * Replacing and removing a picture: shown at once, confirmed by the service, rolled back when it refuses.
 *
 * Loaded with the first change, so that the first frame does not pay for it. What is shown meanwhile is never stored
 * and never leaves this document (trap 20).
 */

import type { Answer, Api } from "./api.ts";
import type { Environment, Preview } from "./environment.ts";
import type { Entry, Overlay } from "./memory.ts";
import type { CropBox, Mapping, PictureState, UserId } from "./model.ts";

/** What a change needs of the client. */
export interface ChangeHost {
  readonly environment: Environment;
  readonly api: Api;
  generation(): number;
  entry(userId: UserId): Entry;
  accept(answer: Answer<Mapping>, generation: number): void;
  /** Resolves when the current picture is decoded, or given up. */
  whenSettled(entry: Entry): Promise<void>;
}

/** How a picture is replaced. */
export interface ReplaceOptions {
  /** Aborting rolls the optimistic picture back and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Share of the file that has left, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** In pixels of the oriented picture. */
  readonly crop?: CropBox | undefined;
}

/** Uploads `file`; resolves with the state after it. */
export async function replacePicture(
  host: ChangeHost,
  userId: UserId,
  file: Blob,
  { signal, onProgress, crop }: ReplaceOptions,
): Promise<PictureState> {
  const entry = host.entry(userId);
  const generation = host.generation();
  let overlay: Overlay | null = null;
  let isOver = false;
  const preview = host.environment.preview(file, crop).then(
    (made) => {
      if (isOver) return made;
      overlay = { held: heldOf(made, entry) };
      entry.set({ overlay });
      return made;
    },
    // Whether it is a picture is for the service to say.
    () => null,
  );
  try {
    const answer = await host.api.replace(userId, file, crop, signal, onProgress);
    host.accept(answer, generation);
    // The optimistic picture stays until the real one can take its place in one step.
    if (overlay) {
      await host.whenSettled(entry);
      // It did not come in time: rather none than the one before.
      if (!entry.isCurrent) entry.set({ held: [] });
    }
  } finally {
    isOver = true;
    // A later change of the same person has its own; that one stays.
    if (overlay && entry.overlay === overlay) entry.set({ overlay: null });
    void preview.then((made) => made?.release());
  }
  return entry.state;
}

/** Goes back to the default picture; resolves with the state after it. */
export async function removePicture(host: ChangeHost, userId: UserId): Promise<PictureState> {
  const entry = host.entry(userId);
  const generation = host.generation();
  const overlay: Overlay = { held: null };
  entry.set({ overlay });
  try {
    host.accept(await host.api.remove(userId), generation);
  } finally {
    if (entry.overlay === overlay) entry.set({ overlay: null });
  }
  return entry.state;
}

function heldOf({ url, width, height, handle }: Preview, entry: Entry): Overlay["held"] {
  const revision = entry.known?.revision ?? 0;
  const rendition = { url, size: width, imageId: null, revision, source: "memory" } as const;
  return { rendition, handle, bytes: width * height * 4, endsAt: Number.POSITIVE_INFINITY };
}
