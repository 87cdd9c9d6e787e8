/**
 * A person's profile. The dialog and its picture are in the document in the same commit, so in the same frame.
 */

import { useAvatarium, useProfilePicture } from "avatarium/react";
import { type ReactElement, useId, useLayoutEffect, useRef, useState } from "react";
import { ageInWords, milliseconds } from "../format.ts";
import { Picture } from "../picture.tsx";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import { Dialog } from "./dialog.tsx";

interface UserProfileModalProps {
  readonly person: Person;
  readonly isViewer: boolean;
  readonly mayChange: boolean;
  readonly onClose: () => void;
  readonly onMessage: (userId: string) => void;
  readonly onChange: (userId: string) => void;
}

export function UserProfileModal({
  person,
  isViewer,
  mayChange,
  onClose,
  onMessage,
  onChange,
}: UserProfileModalProps): ReactElement {
  const { userId, name, title, city, presence } = person;
  const titleId = useId();
  return (
    <Dialog labelledBy={titleId} closeLabel={strings.profile.close} onClose={onClose} className="profile">
      <Picture userId={userId} name={name} size={128} spoken />
      <h2 id={titleId} className="title">
        {name}
      </h2>
      <p className="dialog-lead">{[title, city, strings.presence[presence]].join(" · ")}</p>
      <PictureFacts userId={userId} />
      {(!isViewer || mayChange) && (
        <div className="dialog-actions">
          {!isViewer && (
            <button type="button" className="button-accent" onClick={() => onMessage(userId)}>
              {strings.profile.message}
            </button>
          )}
          {mayChange && (
            <button type="button" className={isViewer ? "button-accent" : "button"} onClick={() => onChange(userId)}>
              {strings.profile.change}
            </button>
          )}
        </div>
      )}
    </Dialog>
  );
}

/** What the client knows of the picture, and which layer answered this very opening. */
function PictureFacts({ userId }: { readonly userId: string }): ReactElement {
  const client = useAvatarium();
  const { imageId, revision, source } = useProfilePicture(userId);
  const facts = useRef<HTMLDListElement>(null);
  const [isOwnFrame, setIsOwnFrame] = useState(false);

  // Looks at what is about to be painted, before it is.
  useLayoutEffect(() => {
    const image = facts.current?.closest("dialog")?.querySelector("img");
    setIsOwnFrame(image?.complete === true && image.naturalWidth > 0);
  }, []);

  const { ageSeconds, samples } = client.explain(userId);
  const words = strings.profile;
  const picture = imageId === null ? words.none(revision ?? 0) : words.revision(revision ?? 0);
  const duration = samples.at(-1)?.milliseconds ?? 0;
  return (
    <dl ref={facts} className="profile-facts">
      <dt>{words.picture}</dt>
      <dd>{ageSeconds === null ? picture : `${picture}, ${words.checked(ageInWords(ageSeconds))}`}</dd>
      <dt>{words.answeredBy}</dt>
      <dd>
        <b className="source-name" data-kind={source}>
          {strings.sources[source]}
        </b>{" "}
        {isOwnFrame || source === "default" ? words.ownFrame : words.milliseconds(milliseconds(duration))}
      </dd>
    </dl>
  );
}
