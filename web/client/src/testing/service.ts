/**
 * The service in a few lines: people, their revisions, one epoch. Speaks the wire of contract/golden.
 */

import type { Autopilot, HeldRequest } from "./page.ts";

/** What the fake service keeps of one person. */
interface Person {
  readonly imageId: string | null;
  readonly revision: number;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** A well-formed id of 26 characters for a name; another one for each name. */
export function fakeId(name: string): string {
  let id = "";
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    id += (alphabet[Math.floor(code / 32) % 32] ?? "") + (alphabet[code % 32] ?? "");
  }
  return id.slice(-26).padEnd(26, "a");
}

/** A service that a {@link FakePage} can be flown by. */
export class FakeService implements Autopilot {
  epoch: string = fakeId("e1");
  /** `null`: single mappings say the addresses. */
  renditionUrl: string | null = "/pictures/{image_id}/{size}.{format}";
  freshForSeconds = 1800;
  /** Seconds until addresses end; `null`: never. */
  signedForSeconds: number | null = null;
  /** Answers all requests with this problem while set. */
  problem: { readonly status: number; readonly code: string } | null = null;
  readonly #people = new Map<string, Person>();
  readonly #now: () => number;
  #lives = 1;
  #uploads = 0;

  /** `now` in Unix milliseconds is the origin's clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Gives people a picture each, named for them. */
  populate(...userIds: string[]): this {
    for (const userId of userIds) this.set(userId, fakeId(userId));
    return this;
  }

  /** Gives a person a picture, or none, and the next revision. */
  set(userId: string, imageId: string | null): this {
    const revision = (this.#people.get(userId)?.revision ?? 0) + 1;
    this.#people.set(userId, { imageId, revision });
    return this;
  }

  /** A new life: other epoch, nobody in it. */
  reset(): this {
    this.#lives += 1;
    this.epoch = fakeId(`e${this.#lives}`);
    this.#people.clear();
    return this;
  }

  mapping(userId: string, isSingle = false): Record<string, unknown> {
    const { imageId, revision } = this.#people.get(userId) ?? { imageId: null, revision: 0 };
    const signature = this.signedForSeconds === null ? "" : `?signed=${this.#now()}`;
    const path = imageId === null ? "/pictures/default/k/128.svg" : `/pictures/${imageId}/128.webp${signature}`;
    return {
      success: true,
      user_id: userId,
      image_id: imageId,
      revision,
      epoch: this.epoch,
      url: path,
      digest: imageId === null ? null : "0".repeat(64),
      sizes: [64, 128, 256, 512],
      formats: imageId === null ? ["svg"] : ["webp", "jpg"],
      animated: false,
      thumbhash: null,
      color: null,
      fresh_for_seconds: this.freshForSeconds,
      expires_at: this.signedForSeconds === null ? null : this.#now() / 1000 + this.signedForSeconds,
      ...(isSingle && imageId !== null
        ? {
            urls: Object.fromEntries(
              [64, 128, 256, 512].map((size) => [`${size}.webp`, `/pictures/${imageId}/${size}.webp${signature}`]),
            ),
          }
        : {}),
    };
  }

  pack(
    userIds: readonly string[],
    known: Readonly<Record<string, number>> = {},
    epoch: string | null = null,
  ): Record<string, unknown> {
    const isUnchanged = (userId: string): boolean =>
      epoch === this.epoch && known[userId] === (this.#people.get(userId)?.revision ?? 0);
    const told = userIds.filter((userId) => !isUnchanged(userId));
    return {
      now: this.#now() / 1000,
      contract: 1,
      epoch: this.epoch,
      flags: { client_cache: true },
      rendition_url: this.renditionUrl,
      pictures: Object.fromEntries(told.map((userId) => [userId, this.mapping(userId)])),
      unknown: [],
    };
  }

  /** What this service answers, as it is at this moment. */
  answerTo({ method, path, body }: HeldRequest): { readonly body: unknown; readonly status: number } {
    const { problem } = this;
    if (problem) {
      const { status, code } = problem;
      return { status, body: { type: `urn:avatarium:problem:${code}`, title: code, status, detail: code, code } };
    }
    if (path === "/images/pack") {
      const {
        user_ids: userIds,
        known,
        epoch,
      } = body as {
        user_ids: string[];
        known?: Record<string, number>;
        epoch?: string;
      };
      return { status: 200, body: this.pack(userIds, known, epoch ?? null) };
    }
    const user = /^\/images\/user\/([^/?]+)/.exec(path)?.[1];
    if (user === undefined) {
      const imageId = path.split("/").at(-1);
      return { status: 200, body: { success: true, image_id: imageId, url: `/pictures/${imageId}/128.webp` } };
    }
    const userId = decodeURIComponent(user);
    if (method === "PUT") {
      this.#uploads += 1;
      this.set(userId, fakeId(`${this.#uploads}${userId}`));
    }
    if (method === "DELETE") this.set(userId, null);
    return { status: 200, body: this.mapping(userId, true) };
  }

  /** Answers a request now. */
  request(request: HeldRequest): void {
    const { body, status } = this.answerTo(request);
    void request.answer(body, status);
  }
}
