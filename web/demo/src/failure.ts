/**
 * What went wrong with an upload, in words that say what to do.
 */

import { AvatariumError } from "avatarium";
import { strings } from "./strings.ts";

/** What a file seems to be, by the type that the browser gave it: "a text file". */
export function describeKind(type: string): string {
  return strings.kinds.find(([start]) => type.startsWith(start))?.[1] ?? strings.kindUnknown;
}

/** One or two sentences for a person. `fileType` is the MIME type of what was sent, if anything was. */
export function describeFailure(error: unknown, fileType: string): string {
  if (!(error instanceof AvatariumError)) return strings.failureOther;
  const words = strings.failures[error.code];
  if (words) return words(describeKind(fileType));
  return error.status === undefined ? strings.failureUnreachable : strings.failureOther;
}
