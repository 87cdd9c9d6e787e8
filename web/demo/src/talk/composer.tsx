import { type FormEvent, type ReactElement, useRef } from "react";
import { strings } from "../strings.ts";

interface ComposerProps {
  readonly label: string;
  readonly onSend: (text: string) => void;
}

/** The field that adds a message of one's own. An empty one is not sent. */
export function Composer({ label, onSend }: ComposerProps): ReactElement {
  const field = useRef<HTMLInputElement>(null);

  function send(event: FormEvent): void {
    event.preventDefault();
    const text = field.current?.value.trim() ?? "";
    if (field.current && text !== "") {
      field.current.value = "";
      onSend(text);
    }
    field.current?.focus();
  }

  return (
    <form className="composer" onSubmit={send}>
      <input
        ref={field}
        id="composer"
        className="field"
        type="text"
        autoComplete="off"
        enterKeyHint="send"
        aria-label={label}
        placeholder={label}
      />
      <button type="submit" className="button-accent">
        {strings.talk.send}
      </button>
    </form>
  );
}
