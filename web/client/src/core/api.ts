/**
 * Every request to the service, bytes of pictures apart: sends, waits no longer than it should, decodes, counts.
 *
 * Rejects with an {@link AvatariumError}, or with the signal's reason when the caller gave up.
 */

import type { Addresses } from "./addresses.ts";
import type { Environment } from "./environment.ts";
import { AvatariumError } from "./errors.ts";
import type { Contact } from "./freshness.ts";
import type { CropBox, Epoch, ImageId, Mapping, UserId } from "./model.ts";
import { decodeMapping, decodePack, type Pack } from "./wire.ts";
import { decodeImage, decodeProblem } from "./wire-later.ts";

/** A service that has not answered after this time, in milliseconds, counts as failed. */
const answerWaitMs = 8000;

/** What an answer says, and when it was said. */
export interface Answer<T> {
  readonly value: T;
  readonly contact: Contact;
}

/** The service, as far as the browser speaks to it. */
export class Api {
  readonly #environment: Environment;
  readonly #addresses: Addresses;
  calls = 0;
  failures = 0;

  constructor(environment: Environment, addresses: Addresses) {
    this.#environment = environment;
    this.#addresses = addresses;
  }

  /** What is newer than `known`, for at most 1,000 people. */
  async pack(
    userIds: readonly UserId[],
    known: Readonly<Record<string, number>>,
    epoch: Epoch | null,
    signal: AbortSignal,
  ): Promise<Answer<Pack>> {
    const body = JSON.stringify({ user_ids: userIds, ...(epoch === null ? {} : { known, epoch }) });
    const { value, contact } = await this.#ask(
      this.#addresses.pack,
      { method: "POST", headers: { "Content-Type": "application/json" }, body },
      signal,
      (answer) => decodePack(answer, this.#addresses.base),
    );
    return { value, contact: { ...contact, originNow: value.now } };
  }

  /** One person's mapping, with the addresses of all renditions. */
  mapping(userId: UserId, signal?: AbortSignal): Promise<Answer<Mapping>> {
    // Past the HTTP cache: its copy would bring an old "now" along.
    return this.#ask(this.#addresses.user(userId), { cache: "no-cache" }, signal, this.#mapping);
  }

  /** The address of a picture by its id. */
  image(imageId: ImageId, signal?: AbortSignal): Promise<Answer<string>> {
    return this.#ask(this.#addresses.image(imageId), {}, signal, (body) => decodeImage(body, this.#addresses.base));
  }

  remove(userId: UserId, signal?: AbortSignal): Promise<Answer<Mapping>> {
    return this.#ask(this.#addresses.user(userId), { method: "DELETE" }, signal, this.#mapping);
  }

  /** Uploads a picture. Takes as long as it takes. */
  replace(
    userId: UserId,
    body: Blob,
    crop: CropBox | undefined,
    signal: AbortSignal | undefined,
    onProgress: ((share: number) => void) | undefined,
  ): Promise<Answer<Mapping>> {
    const query = crop ? `?crop=${crop.x},${crop.y},${crop.width},${crop.height}` : "";
    const url = this.#addresses.user(userId) + query;
    return this.#read(() => this.#environment.upload({ url, body, signal, onProgress }), signal, this.#mapping);
  }

  readonly #mapping = (body: unknown): Mapping => decodeMapping(body, this.#addresses.base);

  async #ask<T>(
    url: string,
    init: RequestInit,
    signal: AbortSignal | undefined,
    decode: (body: unknown) => T,
  ): Promise<Answer<T>> {
    const controller = new AbortController();
    const giveUp = (): void => controller.abort(signal?.reason);
    const cancelDelay = this.#environment.delay(() => controller.abort(new AvatariumError("timed-out")), answerWaitMs);
    signal?.addEventListener("abort", giveUp);
    try {
      signal?.throwIfAborted();
      const send = (): Promise<Response> => this.#environment.fetch(url, { ...init, signal: controller.signal });
      return await this.#read(send, controller.signal, decode);
    } finally {
      cancelDelay();
      signal?.removeEventListener("abort", giveUp);
    }
  }

  async #read<T>(
    send: () => Promise<Response>,
    signal: AbortSignal | undefined,
    decode: (body: unknown) => T,
  ): Promise<Answer<T>> {
    const askedAt = this.#environment.now();
    this.calls += 1;
    try {
      const response = await send();
      if (!response.ok) throw await problemOf(response);
      const value = decode(await response.json());
      return { value, contact: { askedAt, originNow: originNow(response.headers) } };
    } catch (error) {
      const isOurs = error instanceof AvatariumError;
      if (signal?.aborted && !(signal.reason instanceof AvatariumError)) throw signal.reason;
      this.failures += 1;
      if (signal?.aborted) throw signal.reason;
      if (isOurs) throw error;
      // A body that is not JSON is an answer; everything else that fetch rejects with is the lack of one.
      const code = error instanceof SyntaxError ? "unreadable-answer" : "unreachable";
      throw new AvatariumError(code, { cause: error });
    }
  }
}

/** The origin's clock in Unix seconds, where the answer lets us read it. */
function originNow(headers: Headers): number | null {
  // biome-ignore lint/style/noRestrictedGlobals: reads what a header says; asks no clock.
  const date = Date.parse(headers.get("Date") ?? "");
  // The header cuts the fraction off: rounded up, so that an address is never taken for younger than it is.
  return Number.isNaN(date) ? null : date / 1000 + 1 + Number(headers.get("Age") ?? 0);
}

async function problemOf(response: Response): Promise<AvatariumError> {
  const { status } = response;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfterMs = Number.isNaN(seconds) ? undefined : seconds * 1000;
  try {
    return decodeProblem(await response.json(), retryAfterMs);
  } catch {
    // Something between us and the service answered, in its own words.
    const options = retryAfterMs === undefined ? { status } : { status, retryAfterMs };
    return new AvatariumError("unreadable-answer", { ...options, detail: `Status ${status} without a problem.` });
  }
}
