/**
 * What the server writes into the page: who looks, who may sign in, and the people.
 *
 * Guarantees that the rest of the demo sees camelCase values of known shape. Does not fetch anything.
 */

type Presence = "online" | "in a call" | "away" | "offline";

export interface Person {
  readonly userId: string;
  readonly name: string;
  readonly title: string;
  readonly city: string;
  readonly presence: Presence;
}

export interface Viewer {
  readonly userId: string;
  readonly name: string;
  readonly administrator: boolean;
}

interface SignInChoice extends Viewer {
  readonly title: string;
}

export interface DemoState {
  readonly viewer: Viewer | null;
  readonly signIn: readonly SignInChoice[];
  readonly people: readonly Person[];
}

interface WireViewer {
  user_id: string;
  name: string;
  administrator: boolean;
}

interface WireState {
  viewer: WireViewer | null;
  sign_in: (WireViewer & { title: string })[];
  people: { user_id: string; name: string; title: string; city: string; presence: Presence }[];
}

function viewer(wire: WireViewer): Viewer {
  return { userId: wire.user_id, name: wire.name, administrator: wire.administrator };
}

/** The state that stands in the page, or `null` where the page was not served by the demo. */
export function readDemoState(document: Pick<Document, "getElementById">): DemoState | null {
  const text = document.getElementById("demo-state")?.textContent;
  if (!text) return null;
  const wire = JSON.parse(text) as WireState;
  return {
    viewer: wire.viewer && viewer(wire.viewer),
    signIn: wire.sign_in.map((choice) => ({ ...viewer(choice), title: choice.title })),
    people: wire.people.map(({ user_id: userId, ...person }) => ({ userId, ...person })),
  };
}

/** Whether the viewer may change this person's picture. The server decides; this only hides what it would refuse. */
export function mayChange(viewer: Viewer, userId: string): boolean {
  return viewer.administrator || viewer.userId === userId;
}
