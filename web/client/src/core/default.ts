/**
 * The default picture: initials on a colour, the same here and in the service.
 *
 * Deterministic and without any request. The hue comes from the user id, the initials from the name, or from the id
 * where there is no name. Vectors that both sides test: contract/golden/default-pictures.json.
 */

/** The inputs of one drawing. */
export interface DefaultPicture {
  /** Degrees, 0 to 359. */
  readonly hue: number;
  /** `#rrggbb`; white on it has a contrast of at least 4.5:1. */
  readonly background: string;
  /** At most two grapheme clusters; empty: the neutral sign, head and shoulders. */
  readonly initials: string;
}

/** The default picture of a person. */
export function defaultPicture(userId: string, name?: string): DefaultPicture {
  const degrees = hue(userId);
  return { hue: degrees, background: background(degrees), initials: initials(name ?? "") || initials(userId) };
}

/** Unicode's white space, and the four separators that Python counts too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators are control characters.
const space = /[\p{White_Space}\u001c-\u001f]+/u;
const pictograph = /^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
/** Starts a cluster that says something: a letter, a digit, an emoji; not punctuation. */
const speaking = /^[\p{L}\p{N}\p{M}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;

let segmenter: Intl.Segmenter | undefined;

function clusters(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The first cluster of the first word and of the last, upper case; of an emoji name the emoji alone (trap 47). */
function initials(text: string): string {
  const firsts = text
    .split(space)
    .map((word) => clusters(word).find((cluster) => speaking.test(cluster)))
    .filter((cluster) => cluster !== undefined);
  const first = upper(firsts[0]);
  return firsts.length < 2 || pictograph.test(first) ? first : first + upper(firsts.at(-1));
}

/** Upper case may be longer than what it was made of ("ß"): again one cluster. */
function upper(cluster = ""): string {
  return clusters(cluster.toUpperCase())[0] ?? "";
}

/** FNV-1a (32 bit) over the UTF-8 of the id, modulo 360. */
function hue(userId: string): number {
  let hashed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(userId)) hashed = Math.imul(hashed ^ byte, 0x01000193);
  return (hashed >>> 0) % 360;
}

/** `oklch(0.42 0.09 degrees)` as sRGB hex. Source: bottosson.github.io/posts/oklab; CSS Color 4, 8.5. */
function background(degrees: number): string {
  const angle = (degrees * Math.PI) / 180;
  const a = 0.09 * Math.cos(angle);
  const b = 0.09 * Math.sin(angle);
  const long = (0.42 + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (0.42 - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (0.42 - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return `#${channel(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short)}${channel(
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
  )}${channel(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short)}`;
}

/** One linear channel as two hex digits. Source: IEC 61966-2-1. */
function channel(linear: number): string {
  const clamped = Math.min(1, Math.max(0, linear));
  const encoded = clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055;
  return Math.floor(encoded * 255 + 0.5)
    .toString(16)
    .padStart(2, "0");
}
