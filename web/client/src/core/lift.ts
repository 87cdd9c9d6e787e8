/**
 * Lifts people out of the slower layers below memory, before the network is asked.
 */

import type { Environment } from "./environment.ts";
import type { Layer, StoredPicture } from "./layers.ts";
import type { UserId } from "./model.ts";

/** A layer that has not answered after this time, in milliseconds, is not waited for. */
const layerWaitMs = 100;

/** Whom the lifting tells. */
export interface LiftHost {
  found(stored: StoredPicture, layer: Layer): void;
  /** Everything was asked that is worth asking. What is still missing is the network's. */
  done(userIds: readonly UserId[]): void;
}

/** Lifts all that are asked for in one task together. */
export class Lift {
  readonly #environment: Pick<Environment, "delay">;
  readonly #layers: readonly Layer[];
  readonly #host: LiftHost;
  #forming: Set<UserId> | null = null;

  constructor(environment: Pick<Environment, "delay">, layers: readonly Layer[], host: LiftHost) {
    this.#environment = environment;
    this.#layers = layers;
    this.#host = host;
  }

  /** Whether any layer has this person. */
  has(userId: UserId): boolean {
    return this.#layers.some((layer) => layer.has(userId));
  }

  add(userId: UserId): void {
    if (this.#forming === null) {
      this.#forming = new Set();
      void Promise.resolve().then(() => this.#run());
    }
    this.#forming.add(userId);
  }

  async #run(): Promise<void> {
    const userIds = [...(this.#forming ?? [])];
    this.#forming = null;
    let cancel = (): void => {};
    const tooLate = new Promise<void>((resolve) => {
      cancel = this.#environment.delay(resolve, layerWaitMs);
    });
    // A layer that answers late is heard all the same; only nobody waits for it.
    const all = Promise.all(this.#layers.map((layer) => this.#load(layer, userIds)));
    await Promise.race([all, tooLate]);
    cancel();
    this.#host.done(userIds);
  }

  async #load(layer: Layer, userIds: readonly UserId[]): Promise<void> {
    const there = userIds.filter((userId) => layer.has(userId));
    if (there.length === 0) return;
    for (const stored of await layer.load(there)) this.#host.found(stored, layer);
  }
}
