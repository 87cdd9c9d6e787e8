/**
 * Signing in and out. After either the page is another one, so it is loaded anew.
 */

export interface Session {
  /** Rejects when the server did not accept it; otherwise the page reloads. */
  signIn(userId: string): Promise<void>;
  signOut(): Promise<void>;
}

/** A session over `fetch`; `reload` is called once the cookie has changed. */
export function createSession(fetch: typeof globalThis.fetch, reload: () => void): Session {
  async function send(init: RequestInit): Promise<void> {
    const answer = await fetch("/demo/session", { credentials: "same-origin", ...init });
    if (!answer.ok) throw new Error(`/demo/session answered ${answer.status}`);
    reload();
  }
  return {
    signIn: (userId) =>
      send({
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ user_id: userId }),
      }),
    signOut: () => send({ method: "DELETE" }),
  };
}
