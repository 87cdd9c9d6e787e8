/**
 * A world for the laws: people whose pictures change, a service that is asked and answers at different moments, and a
 * client between them. It knows whose each picture is and which revision it had, so it can judge what is shown.
 */

import { type AvatariumClient, createAvatarium, type PictureState } from "../../src/core/index.ts";
import { FakePage, FakeService, fakeId, type HeldRequest } from "../../src/testing/index.ts";

/** One thing that happens. */
export type Step =
  | { readonly do: "watch"; readonly person: string; readonly size: number }
  | { readonly do: "prefetch" | "invalidate" | "upload" | "remove"; readonly person: string }
  | { readonly do: "change"; readonly person: string; readonly isRemoved: boolean }
  | { readonly do: "leave" | "process" | "deliver" | "lose" | "arrive" | "break"; readonly place: number }
  | { readonly do: "pass"; readonly seconds: number }
  | { readonly do: "reset" | "clear" | "frame" };

/** The client, its page, its service, and a judge. */
export class World {
  readonly page: FakePage = new FakePage();
  readonly service: FakeService;
  readonly client: AvatariumClient;
  readonly #people: readonly string[];
  /** Whose a picture is, by image id. */
  readonly #owners = new Map<string, string>();
  /** Whose a chosen file is. */
  readonly #uploaders = new Map<Blob, string>();
  /** Which image id a person had, by epoch, person and revision. */
  readonly #history = new Map<string, string | null>();
  readonly #epochs: string[] = [];
  /** The newest that was shown of a person: life and revision. */
  readonly #shown = new Map<string, readonly [life: number, revision: number]>();
  readonly #stops: (() => void)[] = [];
  readonly #processed = new Map<HeldRequest, { readonly body: unknown; readonly status: number }>();
  #made = 0;

  private constructor(people: readonly string[]) {
    this.#people = people;
    this.service = new FakeService(this.page.now);
    this.client = createAvatarium({ environment: this.page });
    for (const person of people) this.#change(person, false);
  }

  static async begin(people: readonly string[]): Promise<World> {
    const world = new World(people);
    await world.page.loaded();
    return world;
  }

  /** Loads the code of changes, so that from now on it is there within a few turns. */
  async loadChanges(): Promise<void> {
    const outcome = this.client.remove("nobody");
    await this.page.until(() => this.page.openRequests.length > 0);
    for (const request of this.page.openRequests) this.service.request(request);
    await outcome;
  }

  async take(step: Step): Promise<void> {
    const { page, client } = this;
    switch (step.do) {
      case "watch":
        this.#stops.push(client.watch(step.person, () => {}, { size: step.size }));
        break;
      case "leave":
        this.#stops.splice(step.place % Math.max(1, this.#stops.length), 1)[0]?.();
        break;
      case "prefetch":
        client.prefetch([step.person]);
        break;
      case "invalidate":
        client.invalidate(step.person);
        await page.frame();
        break;
      case "clear":
        await client.clear();
        break;
      case "change":
        this.#change(step.person, step.isRemoved);
        break;
      case "reset":
        this.service.reset();
        for (const person of this.#people) this.#change(person, false);
        break;
      case "upload": {
        const file = new Blob([step.person]);
        this.#uploaders.set(file, step.person);
        client.replace(step.person, file).catch(() => {});
        break;
      }
      case "remove":
        client.remove(step.person).catch(() => {});
        break;
      case "frame":
        await page.frame();
        break;
      case "process":
        this.#process(
          pick(
            page.openRequests.filter((request) => !this.#processed.has(request)),
            step.place,
          ),
        );
        break;
      case "deliver":
        await this.#deliver(pick(page.openRequests, step.place));
        break;
      case "lose":
        await pick(page.openRequests, step.place)?.fail();
        break;
      case "arrive":
        await pick(page.openImages, step.place)?.arrive();
        break;
      case "break":
        await pick(page.openImages, step.place)?.fail();
        break;
      case "pass":
        await page.pass(step.seconds * 1000);
        break;
    }
    await page.settle();
  }

  /** Everything that is on its way arrives, whatever order it was in; and what is watched is asked about once more. */
  async rest(): Promise<void> {
    for (const person of this.#people) this.#stops.push(this.client.watch(person, () => {}));
    for (let round = 0; round < 8; round += 1) {
      if (round === 3) this.client.invalidate();
      await this.page.pass(10_000);
      for (const request of this.page.openRequests) await this.#deliver(request);
      for (const image of this.page.openImages) await image.arrive();
    }
  }

  /** What is shown is the person's own, and not older than what was shown before. */
  check(): void {
    for (const person of this.#people) {
      const state = this.client.get(person);
      this.#checkOwner(person, state);
      this.#checkOrder(person, state);
    }
  }

  /** What is shown is what the service has. */
  checkTruth(): void {
    for (const person of this.#people) {
      const state = this.client.get(person);
      const truth = this.service.mapping(person);
      const told = { imageId: state.imageId, revision: state.revision, epoch: state.epoch };
      const expected = { imageId: truth["image_id"], revision: truth["revision"], epoch: truth["epoch"] };
      const shown = state.renditions.map(({ imageId }) => imageId).filter((imageId) => imageId !== truth["image_id"]);
      if (JSON.stringify(told) !== JSON.stringify(expected) || shown.length > 0 || state.isOptimistic) {
        throw new Error(`${person} ended as ${JSON.stringify(state)}, not as ${JSON.stringify(expected)}`);
      }
      if (truth["image_id"] !== null && state.renditions.length === 0)
        throw new Error(`${person} ended without a picture`);
    }
  }

  #checkOwner(person: string, { userId, renditions, epoch }: PictureState): void {
    if (userId !== person) throw new Error(`${person} is called ${userId}`);
    for (const { url, imageId, revision } of renditions) {
      const owner = imageId === null ? this.#uploaderOf(url) : this.#owners.get(imageId);
      if (owner !== person) throw new Error(`${person} is shown with ${url}, which is ${owner}'s`);
      if (imageId === null) continue;
      if (!url.includes(imageId)) throw new Error(`${url} is not of ${imageId}`);
      const had = this.#history.get(`${epoch} ${person} ${revision}`);
      if (had !== imageId) throw new Error(`${person} had ${had} at revision ${revision}, not ${imageId}`);
    }
  }

  #uploaderOf(url: string): string | undefined {
    const file = this.page.previewed.get(url);
    return file && this.#uploaders.get(file);
  }

  #checkOrder(person: string, { epoch, revision, renditions, isOptimistic }: PictureState): void {
    // What is shown before it is confirmed has no revision; it may be taken back.
    if (epoch === null || revision === null || isOptimistic) return;
    const life = this.#epochs.indexOf(epoch);
    const [lastLife, lastRevision] = this.#shown.get(person) ?? [-1, -1];
    const newest = Math.min(
      revision,
      ...renditions.filter(({ imageId }) => imageId !== null).map((one) => one.revision),
    );
    if (life < lastLife || (life === lastLife && newest < lastRevision)) {
      throw new Error(`${person} went back from ${lastLife}/${lastRevision} to ${life}/${newest}`);
    }
    this.#shown.set(person, [life, newest]);
  }

  #change(person: string, isRemoved: boolean): void {
    this.#made += 1;
    const imageId = isRemoved ? null : fakeId(`${person}${this.#made}`);
    this.service.set(person, imageId);
    this.#remember(person);
  }

  /** The service answers now; the answer is on its way for as long as it takes. */
  #process(request: HeldRequest | undefined): void {
    if (!request || this.#processed.has(request)) return;
    this.#processed.set(request, this.service.answerTo(request));
    for (const person of this.#people) this.#remember(person);
  }

  async #deliver(request: HeldRequest | undefined): Promise<void> {
    if (!request) return;
    this.#process(request);
    const { body, status } = this.#processed.get(request) ?? { body: null, status: 500 };
    await request.answer(body, status);
  }

  #remember(person: string): void {
    const {
      image_id: imageId,
      revision,
      epoch,
    } = this.service.mapping(person) as {
      image_id: string | null;
      revision: number;
      epoch: string;
    };
    if (imageId !== null) this.#owners.set(imageId, person);
    if (this.#epochs.at(-1) !== epoch) this.#epochs.push(epoch);
    this.#history.set(`${epoch} ${person} ${revision}`, imageId);
  }
}

/** One of several, whichever number is drawn. */
function pick<T>(items: readonly T[], place: number): T | undefined {
  return items[place % Math.max(1, items.length)];
}
