/**
 * Decides fresh, stale or expired, on the receiver's clock.
 *
 * The origin speaks in its own time and says what its now is; both become instants of this machine here, once, when
 * an answer is taken in. So a clock that is wrong by a day changes nothing (spec.md, "Time on the wire").
 */

import type { Picture } from "./model.ts";

/** When an answer was asked for, and what the origin's clock said in it. */
export interface Contact {
  /** Unix milliseconds here, when the request left: everything in the answer is at least as young. */
  readonly askedAt: number;
  /** Unix seconds on the origin's clock; `null` where the answer hides it. */
  readonly originNow: number | null;
}

/** The instants that travel with a record, in Unix milliseconds on this machine's clock. */
export interface Age {
  /** When the origin last spoke of this picture. Copying between layers does not renew it. */
  readonly contactAt: number;
  /** Until then it is used without a question. */
  readonly freshUntil: number;
  /** From then on it must not be used at all. */
  readonly unusableFrom: number;
}

/** `fresh`: use it. `stale`: use it and ask. `expired`: do not use it. */
export type Freshness = "fresh" | "stale" | "expired";

/** No copy is shown longer than this without contact, in milliseconds: 7 days (law 5). */
const keepForMs = 7 * 24 * 3600 * 1000;
/** An address is revalidated this long before its signature ends, in milliseconds. */
const renewBeforeMs = 10 * 60 * 1000;

/** The age of a picture that an answer brought. */
export function ageOf(picture: Pick<Picture, "freshForSeconds" | "expiresAt">, contact: Contact): Age {
  const { askedAt, originNow } = contact;
  const addressEnds =
    picture.expiresAt === null
      ? Number.POSITIVE_INFINITY
      : // An address whose end can't be placed on our clock counts as ended: better asked for again than broken.
        askedAt + (originNow === null ? 0 : (picture.expiresAt - originNow) * 1000);
  return {
    contactAt: askedAt,
    freshUntil: Math.min(askedAt + picture.freshForSeconds * 1000, addressEnds - renewBeforeMs),
    unusableFrom: Math.min(askedAt + keepForMs, addressEnds),
  };
}

/** The same picture after the origin said that nothing changed; the address keeps its own end. */
export function renewed(age: Age, picture: Picture, contact: Contact): Age {
  const whole = ageOf({ freshForSeconds: picture.freshForSeconds, expiresAt: null }, contact);
  if (picture.expiresAt === null) return whole;
  return {
    contactAt: whole.contactAt,
    freshUntil: Math.min(whole.freshUntil, age.unusableFrom - renewBeforeMs),
    unusableFrom: Math.min(whole.unusableFrom, age.unusableFrom),
  };
}

/** What may be done with a record of this age. `now` in Unix milliseconds on this machine's clock. */
export function freshness(age: Age, now: number): Freshness {
  if (now >= age.unusableFrom) return "expired";
  // A clock that was set back can't tell how old this is.
  return now >= age.freshUntil || now < age.contactAt ? "stale" : "fresh";
}
