import { memo, type ReactElement } from "react";
import { Picture } from "../picture.tsx";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";

interface RosterRowProps {
  readonly person: Person;
  readonly isViewer: boolean;
  readonly isCurrent: boolean;
  readonly isTabStop: boolean;
  /** Shows what the search looks at instead of the presence. */
  readonly detailed: boolean;
  readonly waiting: number;
  readonly onOpen: (userId: string) => void;
  readonly onReach: (userId: string) => void;
}

/** One person of the roster. */
export const RosterRow = memo(function RosterRow({
  person,
  isViewer,
  isCurrent,
  isTabStop,
  detailed,
  waiting,
  onOpen,
  onReach,
}: RosterRowProps): ReactElement {
  const { userId, name, title, city, presence } = person;
  const line = detailed ? [title, city] : [strings.presence[presence], ...(isViewer ? [strings.roster.you] : [])];
  return (
    <li>
      <button
        type="button"
        className="roster-row"
        data-user-id={userId}
        aria-haspopup="dialog"
        aria-current={isCurrent || undefined}
        tabIndex={isTabStop ? 0 : -1}
        onClick={() => onOpen(userId)}
        onFocus={() => onReach(userId)}
      >
        <Picture userId={userId} name={name} size={36} />
        <span className="roster-name">{name}</span>
        <span className="roster-line">{line.join(" · ")}</span>
        {waiting > 0 && (
          <span className="badge">
            <span aria-hidden="true">{waiting}</span>
            <span className="unseen">{strings.roster.waiting(waiting)}</span>
          </span>
        )}
      </button>
    </li>
  );
});
