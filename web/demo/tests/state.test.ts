import { describe, expect, it } from "vitest";
import { mayChange, readDemoState, type Viewer } from "../src/state.ts";

function page(state: unknown): Pick<Document, "getElementById"> {
  const element = { textContent: JSON.stringify(state) } as HTMLElement;
  return { getElementById: (id) => (id === "demo-state" ? element : null) };
}

const ada = { user_id: "ada", name: "Ada", administrator: true };

describe("readDemoState", () => {
  it("reads who looks, who may sign in and the people", () => {
    const state = readDemoState(
      page({
        viewer: ada,
        sign_in: [{ ...ada, title: "Analyst" }],
        people: [{ user_id: "ada", name: "Ada", title: "Analyst", city: "London", presence: "in a call" }],
      }),
    );
    expect(state).toEqual({
      viewer: { userId: "ada", name: "Ada", administrator: true },
      signIn: [{ userId: "ada", name: "Ada", administrator: true, title: "Analyst" }],
      people: [{ userId: "ada", name: "Ada", title: "Analyst", city: "London", presence: "in a call" }],
    });
  });

  it("knows no viewer before somebody has signed in", () => {
    expect(readDemoState(page({ viewer: null, sign_in: [], people: [] }))?.viewer).toBeNull();
  });

  it("is nothing on a page that the demo did not serve", () => {
    expect(readDemoState({ getElementById: () => null })).toBeNull();
  });
});

describe("mayChange", () => {
  it("is for oneself, and for an administrator everybody", () => {
    const person: Viewer = { userId: "alan", name: "Alan", administrator: false };
    const administrator: Viewer = { userId: "ada", name: "Ada", administrator: true };
    expect([
      mayChange(person, "alan"),
      mayChange(person, "ada"),
      mayChange(administrator, "ada"),
      mayChange(administrator, "alan"),
    ]).toEqual([true, false, true, true]);
  });
});
