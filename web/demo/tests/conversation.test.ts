import { describe, expect, it } from "vitest";
import { begin, GROUP, markRead, say, turns } from "../src/talk/conversation.ts";

const everybody = (): boolean => true;
const nobody = (): boolean => false;

describe("begin", () => {
  it("leaves out what was said by people who are not here", () => {
    const { threads, waiting } = begin(nobody);
    expect([threads.size, waiting.size]).toEqual([0, 0]);
  });

  it("counts as waiting what stands in the threads with people, and nothing of the group", () => {
    const { threads, waiting } = begin(everybody);
    expect(waiting.has(GROUP)).toBe(false);
    for (const [thread, lines] of waiting) expect(threads.get(thread)).toHaveLength(lines);
  });
});

describe("say", () => {
  it("adds a line at the end of one thread and leaves the conversation before it as it was", () => {
    const before = begin(everybody);
    const after = say(before, GROUP, "ada", "10:00", "Hello");
    expect(after.threads.get(GROUP)?.at(-1)).toMatchObject({ userId: "ada", time: "10:00", text: "Hello" });
    expect(before.threads.get(GROUP)?.at(-1)?.text).not.toBe("Hello");
  });

  it("never uses the id of a line twice", () => {
    let conversation = begin(everybody);
    for (const thread of [GROUP, "ada", GROUP]) conversation = say(conversation, thread, "ada", "10:00", "Hello");
    const ids = [...conversation.threads.values()].flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("markRead", () => {
  it("leaves nothing waiting in that thread, and the others as they are", () => {
    const before = begin(everybody);
    const [first, ...others] = [...before.waiting.keys()];
    const after = markRead(before, first ?? "");
    expect([...after.waiting.keys()]).toEqual(others);
    expect(markRead(after, first ?? "")).toBe(after);
  });
});

describe("turns", () => {
  it("ends one when somebody else speaks or five minutes have passed", () => {
    const said = [
      ["ada", "09:00"],
      ["ada", "09:04"],
      ["ada", "09:05"],
      ["alan", "09:05"],
      ["ada", "09:06"],
    ].map(([userId = "", time = ""], id) => ({ id, userId, time, text: "…" }));
    expect(turns(said).map(({ userId, time, lines }) => [userId, time, lines.length])).toEqual([
      ["ada", "09:00", 2],
      ["ada", "09:05", 1],
      ["alan", "09:05", 1],
      ["ada", "09:06", 1],
    ]);
  });
});
