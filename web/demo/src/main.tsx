/**
 * The one place that makes the demo's objects and joins them.
 */

import { createAvatarium } from "avatarium";
import { AvatariumProvider } from "avatarium/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createLens } from "./lens/store.ts";
import { createSession } from "./session.ts";
import { SignIn } from "./sign-in/sign-in.tsx";
import { readDemoState } from "./state.ts";
import { strings } from "./strings.ts";
import "./styles/index.css";
import { Workspace } from "./workspace.tsx";

const now = (): Date => new Date();
const root = document.getElementById("root");
const state = readDemoState(document);

if (root && state) {
  const client = createAvatarium({ account: state.viewer?.userId ?? null });
  const session = createSession(globalThis.fetch.bind(globalThis), () => globalThis.location.reload());
  createRoot(root).render(
    <StrictMode>
      <AvatariumProvider client={client}>
        {state.viewer ? (
          <Workspace
            viewer={state.viewer}
            people={state.people}
            session={session}
            lens={createLens(client, requestAnimationFrame)}
            now={now}
          />
        ) : (
          <SignIn state={state} session={session} />
        )}
      </AvatariumProvider>
    </StrictMode>,
  );
} else if (root) {
  root.textContent = strings.noState;
}
