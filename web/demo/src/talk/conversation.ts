/**
 * What was said, where: one group and a thread with each person. Kept for as long as the page lives.
 *
 * Pure: every change returns a new value. Lines of people who are not here are left out.
 */

import { strings } from "../strings.ts";

/** The group's thread; every other thread carries the other person's user id. */
export const GROUP = "";

export interface Line {
  readonly id: number;
  readonly userId: string;
  readonly time: string;
  readonly text: string;
}

export interface Conversation {
  readonly nextId: number;
  readonly threads: ReadonlyMap<string, readonly Line[]>;
  /** How many lines of a thread wait to be read. */
  readonly waiting: ReadonlyMap<string, number>;
}

/** Lines that one person said in a row. */
export interface Turn {
  readonly userId: string;
  readonly time: string;
  readonly lines: readonly Line[];
}

const NOTHING: Conversation = { nextId: 1, threads: new Map(), waiting: new Map() };

/** The conversation as it stands when the page opens. */
export function begin(isHere: (userId: string) => boolean): Conversation {
  let conversation = NOTHING;
  for (const [userId, time, text] of strings.launchWeek) {
    if (isHere(userId)) conversation = say(conversation, GROUP, userId, time, text);
  }
  const waiting = new Map<string, number>();
  for (const [userId, time, text] of strings.waiting) {
    if (!isHere(userId)) continue;
    conversation = say(conversation, userId, userId, time, text);
    waiting.set(userId, (waiting.get(userId) ?? 0) + 1);
  }
  return { ...conversation, waiting };
}

/** The conversation with one more line at the end of a thread. */
export function say(
  conversation: Conversation,
  thread: string,
  userId: string,
  time: string,
  text: string,
): Conversation {
  const line: Line = { id: conversation.nextId, userId, time, text };
  const threads = new Map(conversation.threads);
  threads.set(thread, [...(threads.get(thread) ?? []), line]);
  return { ...conversation, nextId: conversation.nextId + 1, threads };
}

/** The conversation with nothing left to read in a thread. */
export function markRead(conversation: Conversation, thread: string): Conversation {
  if (!conversation.waiting.has(thread)) return conversation;
  const waiting = new Map(conversation.waiting);
  waiting.delete(thread);
  return { ...conversation, waiting };
}

/** A pause of this many minutes begins a new turn. */
const PAUSE_MINUTES = 5;

/** Lines as turns: a turn ends when somebody else speaks or after a pause. */
export function turns(lines: readonly Line[]): readonly Turn[] {
  const all: { userId: string; time: string; lines: Line[] }[] = [];
  for (const line of lines) {
    const last = all.at(-1);
    const passed = last ? minuteOfDay(line.time) - minuteOfDay(last.time) : 0;
    if (last?.userId === line.userId && passed >= 0 && passed < PAUSE_MINUTES) last.lines.push(line);
    else all.push({ userId: line.userId, time: line.time, lines: [line] });
  }
  return all;
}

/** Of a clock time such as `09:12`. */
function minuteOfDay(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
