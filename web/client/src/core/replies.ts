/**
 * Takes in the answer to a question: what it says, and what it says by leaving people out.
 *
 * Someone whose revision we named and who is not mentioned has not changed; someone whom the directory does not have
 * has no picture; anybody else was not answered.
 */

import type { Answers } from "./answers.ts";
import type { Answer } from "./api.ts";
import { AvatariumError } from "./errors.ts";
import { ageOf, renewed } from "./freshness.ts";
import type { Question } from "./loader.ts";
import type { Entry, Known, Memory } from "./memory.ts";
import type { ImageId, Picture, UserId } from "./model.ts";
import type { Pack } from "./wire.ts";

/** A person that the directory does not have is asked about again after this many seconds. */
const unknownFreshForSeconds = 600;
/** Nobody is asked about a picture by its id; it is shown for as long as any copy may be, in seconds: 7 days. */
const byIdFreshForSeconds = 7 * 24 * 3600;

const noPicture: Picture = {
  imageId: null,
  url: "",
  digest: null,
  sizes: [],
  formats: [],
  thumbhash: null,
  color: null,
  freshForSeconds: unknownFreshForSeconds,
  expiresAt: null,
  inline: null,
  urls: null,
};

/** Applies the answer to `question`. */
export function takeReply(answers: Answers, memory: Memory, question: Question, answer: Answer<Pack>): void {
  if (!answers.pack(answer, question.generation)) return;
  const { value: pack, contact } = answer;
  const mentioned = new Set<string>(pack.mappings.map(({ userId }) => userId));
  for (const userId of question.userIds) {
    if (mentioned.has(userId)) continue;
    const entry = memory.entry(userId);
    const { known } = entry;
    if (pack.unknown.has(userId)) {
      const age = ageOf(noPicture, contact);
      answers.confirm(entry, { picture: noPicture, revision: known?.revision ?? 0, epoch: pack.epoch, age }, null);
    } else if (known && known.revision === question.known[userId] && contact.askedAt >= known.age.contactAt) {
      confirmUnchanged(answers, entry, userId, { ...known, epoch: pack.epoch }, answer);
    } else if (known === null) {
      leftOut(entry);
    }
  }
}

function confirmUnchanged(
  answers: Answers,
  entry: Entry,
  userId: UserId,
  known: Known & { readonly epoch: Pack["epoch"] },
  { contact }: Answer<Pack>,
): void {
  const { picture, revision, epoch } = known;
  const age = renewed(known.age, picture, contact);
  answers.confirm(entry, { ...known, age }, { ...picture, userId, revision, epoch });
}

function leftOut(entry: Entry): void {
  entry.isDue = false;
  entry.set({ error: new AvatariumError("unreadable-answer", { detail: "A person was left out of an answer." }) });
}

/** What is known of a picture that was asked for by its id: everything but its address. */
export function pictureById(imageId: ImageId, now: number): Known {
  const picture = {
    ...noPicture,
    imageId,
    sizes: [64, 128, 256, 512],
    formats: ["webp"],
    freshForSeconds: byIdFreshForSeconds,
  };
  return { picture, revision: 0, epoch: null, age: ageOf(picture, { askedAt: now, originNow: null }) };
}
