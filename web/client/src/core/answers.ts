/**
 * Takes in what the origin (or a layer below) says of people, and drops what comes too late.
 *
 * Every mapping passes here, whichever way it came: the pack in the page, a batch, a single mapping, the answer to an
 * upload, a stored record. So laws 2 and 3 are decided in one place: a mapping goes to the person that it names, never
 * takes a revision back, and an epoch that is over is not believed.
 */

import type { Answer } from "./api.ts";
import { type Age, ageOf, type Contact, freshness } from "./freshness.ts";
import type { StoredPicture } from "./layers.ts";
import type { Entry, Held, Known, Memory } from "./memory.ts";
import type { Epoch, Mapping, Source, UserId } from "./model.ts";
import { type Epochs, isOlder } from "./revisions.ts";
import type { Pack } from "./wire.ts";

/** Whom the answers tell. */
export interface AnswersHost {
  /** Something of this entry changed: its picture may have to be brought up to date. */
  changed(entry: Entry): void;
  /** Contact with the origin about this person; write it behind. */
  contacted(mapping: Mapping, age: Age): void;
  /** A new life of the directory: everything that was known is gone. */
  renewed(epoch: Epoch): void;
}

/** Applies answers to memory. */
export class Answers {
  readonly #memory: Memory;
  readonly #epochs: Epochs;
  readonly #host: AnswersHost;
  /** Answers, or mappings in them, that were dropped because something newer was known. */
  late = 0;
  /** Address of renditions, from the latest pack; `null`: single mappings say them. */
  renditionUrl: string | null = null;

  constructor(memory: Memory, epochs: Epochs, host: AnswersHost) {
    this.#memory = memory;
    this.#epochs = epochs;
    this.#host = host;
  }

  /** Applies the mappings of a pack; `false` when it came too late. */
  pack({ value: pack, contact }: Answer<Pack>, generation: number): boolean {
    if (!this.#admit(pack.epoch, generation)) return false;
    this.renditionUrl = pack.renditionUrl;
    for (const mapping of pack.mappings) this.#accept(mapping, contact, pack.unknown.has(mapping.userId));
    return true;
  }

  /** Applies one mapping; `false` when it came too late. */
  mapping({ value, contact }: Answer<Mapping>, generation: number): boolean {
    return this.#admit(value.epoch, generation) && this.#accept(value, contact, false);
  }

  /** Applies a stored record, with the age that it has; what was heard of its person is never overruled. */
  stored({ mapping, age, painted }: StoredPicture, source: Source, now: number): void {
    const state = freshness(age, now);
    if (state === "expired") return;
    const { current } = this.#epochs;
    if (current !== null && current !== mapping.epoch) return;
    this.#epochs.admit(mapping.epoch, this.#epochs.generation);
    const entry = this.#memory.entry(mapping.userId);
    const { known, held } = entry;
    if (state === "fresh") entry.isDue = false;
    const isSame = known?.revision === mapping.revision;
    if (known && !isSame && known.revision > mapping.revision) return;
    if (isSame && (painted === null || held.length > 0)) return;
    this.#put(mapping.userId, isSame ? known : knownOf(mapping, age), painted, source);
  }

  /** What is known of an entry was confirmed (`mapping`), or is all that can be known. */
  confirm(entry: Entry, known: Known, mapping: Mapping | null): void {
    entry.isDue = false;
    entry.set({ known, error: null, held: heldOf(entry, known) });
    if (mapping) this.#host.contacted(mapping, known.age);
    this.#host.changed(entry);
  }

  #admit(epoch: Epoch, generation: number): boolean {
    const verdict = this.#epochs.admit(epoch, generation);
    if (verdict === "late") this.late += 1;
    if (verdict === "renewed") this.#host.renewed(epoch);
    return verdict !== "late";
  }

  #accept(mapping: Mapping, contact: Contact, isUnknown: boolean): boolean {
    const entry = this.#memory.entry(mapping.userId);
    const { known } = entry;
    if (isOlder(mapping, known)) {
      this.late += 1;
      return false;
    }
    // The same again, asked for earlier: what we have is the younger copy.
    if (known?.revision === mapping.revision && known.age.contactAt > contact.askedAt) return true;
    const age = ageOf(mapping, contact);
    const inline = mapping.inline === null ? null : { url: mapping.inline, size: 64 };
    entry.mustAskWhole = false;
    entry.isDue = false;
    this.#put(mapping.userId, knownOf(mapping, age), inline, "origin");
    if (!isUnknown) this.#host.contacted(mapping, age);
    return true;
  }

  #put(userId: UserId, known: Known, painted: StoredPicture["painted"], source: Source): void {
    const entry = this.#memory.entry(userId);
    const { revision, picture } = known;
    const { imageId } = picture;
    let held = heldOf(entry, known);
    if (painted && imageId && !held.some(({ rendition }) => rendition.imageId === imageId)) {
      if (painted.url.startsWith("data:")) {
        const rendition = { ...painted, imageId, revision, source };
        held = [{ rendition, handle: null, bytes: painted.size ** 2 * 4, endsAt: Number.POSITIVE_INFINITY }];
      } else {
        // Has to be decoded before anybody sees it.
        entry.local = { ...painted, imageId, source };
      }
    }
    entry.set({ known, held, error: null });
    this.#host.changed(entry);
  }
}

function knownOf(mapping: Mapping, age: Age): Known {
  return { picture: mapping, revision: mapping.revision, epoch: mapping.epoch, age };
}

/**
 * What may go on being shown of an entry, now that this is known of it.
 *
 * Bytes belong to an image id for ever: what is decoded of it is right at this revision too. Another picture stays until
 * the new one is decoded; but someone who has none any more must not be seen with it for another frame.
 */
function heldOf(entry: Entry, { picture, revision }: Known): readonly Held[] {
  if (picture.imageId === null) return [];
  return entry.held.map((held) => {
    const { rendition } = held;
    const isRight = rendition.imageId !== picture.imageId || rendition.revision === revision;
    return isRight ? held : { ...held, rendition: { ...rendition, revision } };
  });
}
