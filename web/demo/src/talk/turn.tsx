import { memo, type ReactElement } from "react";
import { Picture } from "../picture.tsx";
import { strings } from "../strings.ts";
import type { Turn as Said } from "./conversation.ts";

interface TurnProps {
  readonly turn: Said;
  readonly name: string;
  readonly onOpen: (userId: string) => void;
}

/** What one person said in a row. The picture is the tab stop; the name opens the same profile for a pointer. */
export const Turn = memo(function Turn({ turn, name, onOpen }: TurnProps): ReactElement {
  return (
    <li className="turn">
      <button
        type="button"
        className="turn-picture"
        data-user-id={turn.userId}
        aria-haspopup="dialog"
        onClick={() => onOpen(turn.userId)}
      >
        <Picture userId={turn.userId} name={name} size={40} />
        <span className="unseen">{strings.talk.profileOf(name)}</span>
      </button>
      <p className="turn-head">
        <button
          type="button"
          className="turn-name"
          data-user-id={turn.userId}
          aria-haspopup="dialog"
          tabIndex={-1}
          onClick={() => onOpen(turn.userId)}
        >
          {name}
        </button>
        <time className="turn-time" dateTime={turn.time}>
          {turn.time}
        </time>
      </p>
      {turn.lines.map((line) => (
        <p key={line.id} className="turn-line">
          {line.text}
        </p>
      ))}
    </li>
  );
});
