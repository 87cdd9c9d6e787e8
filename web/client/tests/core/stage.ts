/** What most tests of the client begin with: a page, a service, and a client between them. */

import { type AvatariumClient, type AvatariumOptions, createAvatarium } from "../../src/core/index.ts";
// Loaded here, so that the client's own loading of them is a matter of turns and not of reading files.
import "../../src/core/changes.ts";
import "../../src/core/supply.ts";
import { FakePage, FakeService, type HeldImage, type HeldRequest } from "../../src/testing/index.ts";

/** A client on a page that is moved by hand. */
export class Stage {
  readonly page: FakePage = new FakePage();
  readonly service: FakeService = new FakeService(this.page.now);
  client: AvatariumClient;

  private constructor(options: AvatariumOptions) {
    this.client = createAvatarium({ environment: this.page, ...options });
  }

  /** With a client that is ready to ask. */
  static async ready(options: AvatariumOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.page.loaded();
    return stage;
  }

  /** Opens another client on the same page, as a reload would. */
  async reopen(options: AvatariumOptions = {}): Promise<void> {
    this.client = createAvatarium({ environment: this.page, ...options });
    await this.page.loaded();
  }

  /** The only request that waits. */
  get request(): HeldRequest {
    return only(this.page.openRequests);
  }

  /** The only picture that waits. */
  get image(): HeldImage {
    return only(this.page.openImages);
  }

  /** Lets the next frame begin and the service answer all that waits. */
  async answer(): Promise<void> {
    await this.page.frame();
    for (const request of this.page.openRequests) this.service.request(request);
    await this.page.settle();
  }

  /** Lets everything happen that can without the clock moving on. */
  async flow(): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await this.answer();
      for (const image of this.page.openImages) await image.arrive();
    }
  }

  /** Answers and pictures come by themselves from now on. */
  fly(): void {
    this.page.autopilot = {
      request: (request) => this.service.request(request),
      image: (image) => {
        void image.arrive();
      },
    };
  }

  /** Addresses that may be painted now. */
  urls(target: string | { readonly imageId: string }): string[] {
    return this.client.get(target).renditions.map(({ url }) => url);
  }

  /** Ids in the question number `place`; negative from the end. */
  asked(place: number): string[] {
    const body = this.page.requests.at(place)?.body as { user_ids?: string[] } | undefined;
    return body?.user_ids ?? [];
  }
}

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`${items.length} wait, not one.`);
  return item;
}
