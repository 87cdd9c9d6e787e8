import { type FocusEvent, type KeyboardEvent, type ReactElement, useEffect, useId, useRef, useState } from "react";
import { firstName } from "./format.ts";
import { DownSign } from "./icons.tsx";
import { Picture } from "./picture.tsx";
import type { Session } from "./session.ts";
import type { Viewer } from "./state.ts";
import { strings } from "./strings.ts";

interface AccountMenuProps {
  readonly viewer: Viewer;
  readonly session: Session;
  readonly onProfile: () => void;
  readonly onChange: () => void;
}

/**
 * Who is signed in, and a small disclosure with what they can do.
 *
 * It closes on Escape, on a press elsewhere and when the focus leaves it.
 */
export function AccountMenu({ viewer, session, onProfile, onChange }: AccountMenuProps): ReactElement {
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const menuId = useId();

  useEffect(() => {
    if (!open) return;
    const ends = new AbortController();
    const press = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", press, { signal: ends.signal });
    return () => ends.abort();
  }, [open]);

  function choose(action: () => void): void {
    // The focus goes back first, so that a dialog opened now returns it to the button and not to a closed menu.
    opener.current?.focus();
    setOpen(false);
    action();
  }

  function leaveByKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      choose(() => undefined);
    }
  }

  function leave(event: FocusEvent): void {
    // Safari gives a pressed button no focus: then there is nothing to compare with, and the press decides.
    if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) setOpen(false);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: watches keys and focus of the buttons inside
    <div ref={root} className="account" onKeyDown={leaveByKey} onBlur={leave}>
      <button
        ref={opener}
        type="button"
        className="account-open"
        aria-expanded={open}
        aria-controls={menuId}
        onClick={() => setOpen(!open)}
      >
        <Picture userId={viewer.userId} name={viewer.name} size={28} />
        <span aria-hidden="true">{firstName(viewer.name)}</span>
        <span className="unseen">{strings.account.of(viewer.name)}</span>
        <DownSign />
      </button>
      <div id={menuId} className="account-menu" hidden={!open}>
        <p className="account-who">
          {viewer.name}
          {viewer.administrator && <span className="secondary">{strings.account.administrator}</span>}
        </p>
        <button type="button" className="account-item" data-user-id={viewer.userId} onClick={() => choose(onProfile)}>
          {strings.account.profile}
        </button>
        <button type="button" className="account-item" onClick={() => choose(onChange)}>
          {strings.account.change}
        </button>
        <button
          type="button"
          className="account-item"
          onClick={() => void session.signOut().catch(() => setFailed(true))}
        >
          {strings.account.signOut}
        </button>
        {failed && (
          <p className="failure" role="alert">
            {strings.account.failed}
          </p>
        )}
      </div>
    </div>
  );
}
