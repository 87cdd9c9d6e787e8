/**
 * What the lens shows, worked out of the client's samples.
 *
 * Each person counts once, by the layer that answered last; who has no picture any more counts as such. Bytes are
 * those of every load. Pure.
 */

import type { Sample, Source } from "avatarium";

/** The layers from the nearest to the farthest. */
export const LAYERS: readonly Source[] = ["memory", "storage", "blob", "worker", "http", "origin"];

/** Rows in the table; older ones are in the bar only. */
const ROWS = 24;

export interface LensFigures {
  /** People whose picture is shown. */
  readonly shown: number;
  /** People who have none, so that their initials are drawn. */
  readonly initials: number;
  readonly apiCalls: number;
  readonly bytes: number;
  /** People by layer, in the order of the layers. */
  readonly bySource: readonly (readonly [source: Source, people: number])[];
  /** The latest look-up of each person with a picture, the newest first. */
  readonly latest: readonly Sample[];
}

/** The figures of these samples, which are oldest first. */
export function figures(
  samples: readonly Sample[],
  apiCalls: number,
  hasPicture: (userId: string) => boolean,
): LensFigures {
  // A map keeps the place of a key that is set again: taken out first, the newest comes last.
  const last = new Map<string, Sample>();
  let bytes = 0;
  for (const sample of samples) {
    bytes += sample.bytes;
    last.delete(sample.userId);
    last.set(sample.userId, sample);
  }
  const shown = [...last.values()].filter(({ source, userId }) => source !== "default" && hasPicture(userId));
  const bySource = new Map<Source, number>(LAYERS.map((layer) => [layer, 0]));
  for (const { source } of shown) bySource.set(source, (bySource.get(source) ?? 0) + 1);
  return {
    shown: shown.length,
    initials: last.size - shown.length,
    apiCalls,
    bytes,
    bySource: [...bySource],
    latest: shown.reverse().slice(0, ROWS),
  };
}
