/**
 * The page of somebody who is signed in: people, talk, lens, and the dialogs over them.
 */

import { type ReactElement, useCallback, useMemo, useRef, useState } from "react";
import { AccountMenu } from "./account-menu.tsx";
import { EditProfileModal } from "./dialogs/edit-profile-modal.tsx";
import { UserProfileModal } from "./dialogs/user-profile-modal.tsx";
import { clockTime } from "./format.ts";
import { Lens } from "./lens/lens.tsx";
import type { Lens as LensStore } from "./lens/store.ts";
import { type Place, Places } from "./places.tsx";
import { Roster } from "./roster/roster.tsx";
import type { Session } from "./session.ts";
import { mayChange, type Person, type Viewer } from "./state.ts";
import { strings } from "./strings.ts";
import { begin, GROUP, type Line, markRead, say } from "./talk/conversation.ts";
import { Talk } from "./talk/talk.tsx";
import { TopBar } from "./top-bar.tsx";

interface WorkspaceProps {
  readonly viewer: Viewer;
  readonly people: readonly Person[];
  readonly session: Session;
  readonly lens: LensStore;
  readonly now: () => Date;
}

/** The dialog over the page. An edit that began in a profile goes back to it when nothing was changed. */
type Open = { readonly kind: "profile" | "edit" | "edit from profile"; readonly userId: string } | null;

const NO_LINES: readonly Line[] = [];

export function Workspace({ viewer, people, session, lens, now }: WorkspaceProps): ReactElement {
  const byId = useMemo(() => new Map(people.map((person) => [person.userId, person])), [people]);
  const [open, setOpen] = useState<Open>(null);
  const [place, setPlace] = useState<Place>("people");
  const [isLensOpen, setIsLensOpen] = useState(false);
  const [thread, setThread] = useState(GROUP);
  const [conversation, setConversation] = useState(() => begin((userId) => byId.has(userId)));
  const [news, setNews] = useState("");
  const lensButton = useRef<HTMLButtonElement>(null);

  const openProfile = useCallback((userId: string) => setOpen({ kind: "profile", userId }), []);
  const close = useCallback(() => setOpen(null), []);
  const closeLens = useCallback(() => {
    setIsLensOpen(false);
    lensButton.current?.focus();
  }, []);

  const speak = useCallback((userId: string) => {
    setOpen(null);
    setThread(userId);
    setPlace("talk");
    setConversation((before) => markRead(before, userId));
    // After the dialog has given the focus back.
    requestAnimationFrame(() => document.getElementById("composer")?.focus());
  }, []);

  const send = useCallback(
    (text: string) => setConversation((before) => say(before, thread, viewer.userId, clockTime(now()), text)),
    [thread, viewer.userId, now],
  );

  const person = open && byId.get(open.userId);
  return (
    <div className="app" data-place={place} data-lens={isLensOpen ? "open" : undefined}>
      <a className="skip" href="#talk">
        {strings.skip}
      </a>
      <TopBar isLensOpen={isLensOpen} lensButton={lensButton} onLens={() => setIsLensOpen(!isLensOpen)}>
        <AccountMenu
          viewer={viewer}
          session={session}
          onProfile={() => openProfile(viewer.userId)}
          onChange={() => setOpen({ kind: "edit", userId: viewer.userId })}
        />
      </TopBar>
      <main className="app-regions">
        <Roster
          people={people}
          viewerId={viewer.userId}
          currentId={open === null ? thread : open.userId}
          waiting={conversation.waiting}
          onOpen={openProfile}
        />
        <Talk
          people={byId}
          partner={byId.get(thread) ?? null}
          lines={conversation.threads.get(thread) ?? NO_LINES}
          onSend={send}
          onOpen={openProfile}
          onBack={useCallback(() => setThread(GROUP), [])}
        />
        <Lens lens={lens} people={byId} isOpen={isLensOpen} onClose={closeLens} />
      </main>
      <Places place={place} onGo={setPlace} />
      {person && open.kind === "profile" && (
        <UserProfileModal
          key={person.userId}
          person={person}
          isViewer={person.userId === viewer.userId}
          mayChange={mayChange(viewer, person.userId)}
          onClose={close}
          onMessage={speak}
          onChange={(userId) => setOpen({ kind: "edit from profile", userId })}
        />
      )}
      {person && (open.kind === "edit" || open.kind === "edit from profile") && (
        <EditProfileModal
          key={person.userId}
          person={person}
          isViewer={person.userId === viewer.userId}
          onClose={() => (open.kind === "edit" ? close() : openProfile(person.userId))}
          onAnswer={lens.refresh}
          onDone={(words) => {
            close();
            setNews(words);
          }}
        />
      )}
      <p className="unseen" role="status">
        {news}
      </p>
    </div>
  );
}
