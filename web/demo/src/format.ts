/**
 * Figures and instants as a person reads them.
 */

import { strings } from "./strings.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Bytes in kB (10^3 bytes) with one decimal under 100: `4.1`, `128`. */
export function kilobytes(bytes: number): string {
  const thousands = bytes / 1000;
  if (bytes === 0) return "0";
  return thousands < 99.95 ? thousands.toFixed(1) : Math.round(thousands).toLocaleString("en");
}

/** Bytes in the unit that suits them (10^3 and 10^6 bytes): `812 B`, `4.1 kB`, `3.2 MB`; a dash for none. */
export function byteCount(bytes: number): string {
  const units = strings.units;
  if (bytes === 0) return units.none;
  if (bytes < 1000) return units.bytes(String(bytes));
  return bytes < 999_500 ? units.kilobytes(kilobytes(bytes)) : units.megabytes((bytes / 1_000_000).toFixed(1));
}

/** Whole milliseconds, never `-0`. */
export function milliseconds(duration: number): string {
  return Math.max(0, Math.round(duration)).toLocaleString("en");
}

/** How long ago, in the largest whole unit: `just now`, `2 minutes ago`. */
export function ageInWords(seconds: number): string {
  if (seconds < MINUTE) return strings.ages.now;
  if (seconds < HOUR) return strings.ages.minutes(Math.floor(seconds / MINUTE));
  if (seconds < DAY) return strings.ages.hours(Math.floor(seconds / HOUR));
  return strings.ages.days(Math.floor(seconds / DAY));
}

/** Clock time in 24 hours: `09:12`. */
export function clockTime(instant: Date): string {
  const two = (figure: number): string => String(figure).padStart(2, "0");
  return `${two(instant.getHours())}:${two(instant.getMinutes())}`;
}

/** The first word of a name. */
export function firstName(name: string): string {
  return name.trim().split(/\s+/u)[0] ?? name;
}
