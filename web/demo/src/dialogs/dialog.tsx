/**
 * The one kind of dialog: modal, native, painted whole in the frame in which it is mounted.
 *
 * Guarantees that Escape, the close button and a press on the backdrop ask to close, and that the focus goes
 * back to where it was. Does not close itself: whoever mounted it unmounts it.
 */

import { type ReactElement, type ReactNode, useLayoutEffect, useRef } from "react";
import { CloseSign } from "../icons.tsx";

interface DialogProps {
  /** Id of the heading inside. */
  readonly labelledBy: string;
  readonly closeLabel: string;
  readonly onClose: () => void;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Dialog({ labelledBy, closeLabel, onClose, className, children }: DialogProps): ReactElement {
  const ref = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  useLayoutEffect(() => {
    close.current = onClose;
  });

  // A layout effect, so that no frame lies between the mount and the showing.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    let pressedOutside = false;
    const ends = new AbortController();
    const listen = (type: string, listener: (event: Event) => void): void =>
      dialog.addEventListener(type, listener, { signal: ends.signal });

    // A file input inside sends a `cancel` of its own, which bubbles.
    listen("cancel", (event) => {
      if (event.target !== dialog) return;
      event.preventDefault();
      close.current();
    });
    // A browser may close on a second Escape without asking.
    listen("close", (event) => {
      if (event.target === dialog && !dialog.open) close.current();
    });
    // Only a press that begins and ends on the backdrop: selecting text may end there.
    listen("pointerdown", (event) => {
      pressedOutside = event.target === dialog;
    });
    listen("click", (event) => {
      if (pressedOutside && event.target === dialog) close.current();
    });

    dialog.showModal();
    return () => {
      ends.abort();
      dialog.close();
    };
  }, []);

  return (
    // biome-ignore lint/a11y/noRedundantRoles: the role is part of what the demo promises to scripts that look for it
    <dialog ref={ref} role="dialog" aria-labelledby={labelledBy} className={`dialog ${className ?? ""}`}>
      <div className="dialog-body">
        <button type="button" className="button-quiet dialog-close" aria-label={closeLabel} onClick={onClose}>
          <CloseSign />
        </button>
        {children}
      </div>
    </dialog>
  );
}
