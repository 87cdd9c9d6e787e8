/**
 * The one error of the browser side.
 *
 *     AvatariumError
 *       code of the server   what the service answered (problem+json), word for word
 *       unreachable          no answer: offline, DNS, CORS, connection lost
 *       timed-out            no answer in time
 *       unreadable-answer    an answer that is not what the contract says
 *       undecodable-picture  the bytes arrived and the browser could not draw them
 *       closed               the client was closed or cleared meanwhile
 *
 * `watch` and `get` deliver states and never throw. `replace` and `remove` reject with this error, or with the
 * signal's own reason when the caller aborted: giving up is not an error.
 */

/** Codes that the service answers with. */
type ServerErrorCode =
  | "malformed-user-id"
  | "malformed-image-id"
  | "malformed-request"
  | "malformed-crop"
  | "empty-upload"
  | "sign-in-required"
  | "not-allowed"
  | "cross-site-write"
  | "unknown-user"
  | "unknown-image"
  | "unknown-rendition"
  | "unknown-path"
  | "method-not-allowed"
  | "lost-race"
  | "precondition-failed"
  | "too-many-ids"
  | "upload-too-large"
  | "too-many-pixels"
  | "too-many-frames"
  | "not-an-image"
  | "undecodable-image"
  | "aspect-beyond-limit"
  | "too-many-requests"
  | "unavailable";

/** Codes that arise in the browser. */
type ClientErrorCode = "unreachable" | "timed-out" | "unreadable-answer" | "undecodable-picture" | "closed";

/** Every code; open at the end, because a newer service may answer with one that this package does not know. */
export type AvatariumErrorCode = ServerErrorCode | ClientErrorCode | (string & Record<never, never>);

/** What an {@link AvatariumError} says besides its code. */
export interface AvatariumErrorOptions {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** One sentence for a log; not for a person. */
  readonly detail?: string;
  /** Milliseconds that the service asked us to wait, where it did. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Why something about a picture could not be done. */
export class AvatariumError extends Error {
  override readonly name = "AvatariumError";
  readonly code: AvatariumErrorCode;
  /** HTTP status; `undefined` where no answer arrived. */
  readonly status: number | undefined;
  /** One sentence for a log; not for a person. */
  readonly detail: string;
  /** Milliseconds that the service asked us to wait, where it did. */
  readonly retryAfterMs: number | undefined;

  constructor(code: AvatariumErrorCode, options: AvatariumErrorOptions = {}) {
    const detail = options.detail ?? code;
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs;
  }
}
