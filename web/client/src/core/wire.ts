/**
 * Reads what the service says: guards and decoding of every message.
 *
 * Tolerant of fields that are not ours (a newer service may say more), strict on ours: a message that says one of them
 * wrongly is refused whole, as `unreadable-answer`. Field names of the wire stand here and in wire-later.ts (what the first
 * frame never reads), and nowhere else; the golden messages in contract/golden are tested against both and the service.
 */

import { AvatariumError } from "./errors.ts";
import { type Epoch, type ImageId, type Mapping, parseEpoch, parseImageId, parseUserId, type UserId } from "./model.ts";

/** The answer to a question about many people. */
export interface Pack {
  /** The origin's clock in Unix seconds. */
  readonly now: number;
  readonly epoch: Epoch;
  /** Address of a rendition with `{image_id}`, `{size}` and `{format}`; `null`: single mappings say the addresses. */
  readonly renditionUrl: string | null;
  readonly mappings: readonly Mapping[];
  /** Ids that the directory does not have, whichever way they are answered. */
  readonly unknown: ReadonlySet<string>;
  readonly flags: Readonly<Record<string, boolean>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Decodes a mapping; addresses are resolved against `base`, so those that start with "/" are of the service's origin. */
export function decodeMapping(body: unknown, base: string): Mapping {
  const fields = object(body, "mapping");
  const imageId = nullable(fields, "image_id", decodeImageId);
  const digest = nullable(fields, "digest", matching(/^[0-9a-f]{64}$/));
  if (fields["success"] !== true) refuse("success");
  if ((imageId === null) !== (digest === null)) refuse("digest");
  bool(fields, "animated");
  return {
    userId: decodeUserId(fields["user_id"]),
    imageId,
    revision: revision(fields),
    epoch: epoch(fields),
    url: decodeUrl(fields["url"], base),
    digest,
    sizes: list(fields["sizes"], "sizes", (value) => positive(value, "sizes")),
    formats: list(fields["formats"], "formats", matching(/^[a-z0-9]+$/)),
    thumbhash: nullable(fields, "thumbhash", matching(/^[A-Za-z0-9+/]+=*$/)),
    color: nullable(fields, "color", matching(/^#[0-9a-f]{6}$/)),
    freshForSeconds: positive(fields["fresh_for_seconds"], "fresh_for_seconds"),
    expiresAt: nullable(fields, "expires_at", (value) => (finite(value) ? value : refuse("expires_at"))),
    inline: fields["inline"] === undefined ? null : matching(/^data:image\//)(fields["inline"]),
    urls:
      fields["urls"] === undefined
        ? null
        : Object.fromEntries(
            Object.entries(object(fields["urls"], "urls")).map(([name, value]) => [name, decodeUrl(value, base)]),
          ),
  };
}

/** Decodes the answer to `POST /images/pack`, `/images/changes`, or the one inside the page. */
export function decodePack(body: unknown, base: string): Pack {
  const fields = object(body, "pack");
  const packEpoch = epoch(fields);
  positive(fields["contract"], "contract");
  const flags = object(fields["flags"], "flags");
  const mappings = Object.entries(object(fields["pictures"], "pictures")).map(([userId, value]) => {
    const mapping = decodeMapping(value, base);
    // A mapping that stands under another person's id is the one mistake that must never pass (law 2).
    return mapping.userId === userId && mapping.epoch === packEpoch ? mapping : refuse("pictures");
  });
  return {
    now: finite(fields["now"]) && fields["now"] > 0 ? fields["now"] : refuse("now"),
    epoch: packEpoch,
    renditionUrl: nullable(fields, "rendition_url", template),
    mappings,
    unknown: new Set(list(fields["unknown"], "unknown", decodeUserId)),
    flags: Object.fromEntries(Object.keys(flags).map((name) => [name, bool(flags, name)])),
  };
}

export function refuse(what: string): never {
  throw new AvatariumError("unreadable-answer", { detail: `The service's answer is not readable: ${what}.` });
}

export function object(value: unknown, what: string): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : refuse(what);
}

function list<T>(value: unknown, what: string, item: (value: unknown) => T): T[] {
  return Array.isArray(value) ? value.map(item) : refuse(what);
}

/** `null` where the field says so; a field that is missing is not `null`. */
export function nullable<T>(fields: Fields, name: string, decode: (value: unknown) => T): T | null {
  return fields[name] === null ? null : decode(fields[name]);
}

export function matching(pattern: RegExp): (value: unknown) => string {
  return (value) => (typeof value === "string" && pattern.test(value) ? value : refuse(pattern.source));
}

function finite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function natural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function positive(value: unknown, what: string): number {
  return natural(value) && value > 0 ? value : refuse(what);
}

function bool(fields: Fields, name: string): boolean {
  const value = fields[name];
  return typeof value === "boolean" ? value : refuse(name);
}

export function decodeUserId(value: unknown): UserId {
  return (typeof value === "string" && parseUserId(value)) || refuse("user_id");
}

export function decodeImageId(value: unknown): ImageId {
  return (typeof value === "string" && parseImageId(value)) || refuse("image_id");
}

export function epoch(fields: Fields): Epoch {
  const value = fields["epoch"];
  return (typeof value === "string" && parseEpoch(value)) || refuse("epoch");
}

export function revision(fields: Fields): number {
  return natural(fields["revision"]) ? fields["revision"] : refuse("revision");
}

/** An address, made absolute. */
export function decodeUrl(value: unknown, base: string): string {
  return new URL(url(value), base).href;
}

/** Of this origin, or of http: another scheme (`javascript:`) is nothing a picture comes from. */
const url = matching(/^(\/(?!\/)|https?:\/\/)/);

function template(value: unknown): string {
  const text = url(value);
  return ["{image_id}", "{size}", "{format}"].every((place) => text.includes(place)) ? text : refuse("rendition_url");
}
