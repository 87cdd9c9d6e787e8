/**
 * Changing a picture: choose or drop a file, see it, upload it; or remove the one there is.
 *
 * Whether a file is a picture is for the server to say; this dialog shows its answer in plain words and stays
 * open with the file still chosen.
 */

import { useAvatarium } from "avatarium/react";
import { type FormEvent, type ReactElement, useEffect, useId, useRef, useState } from "react";
import { describeFailure } from "../failure.ts";
import { Picture } from "../picture.tsx";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import { Dialog } from "./dialog.tsx";
import { DropZone } from "./drop-zone.tsx";
import { Preview } from "./preview.tsx";

interface EditProfileModalProps {
  readonly person: Person;
  readonly isViewer: boolean;
  /** Closed without a change. */
  readonly onClose: () => void;
  /** The service has answered, whatever it said. */
  readonly onAnswer: () => void;
  /** Changed or removed; `words` say so. */
  readonly onDone: (words: string) => void;
}

export function EditProfileModal({ person, isViewer, onClose, onAnswer, onDone }: EditProfileModalProps): ReactElement {
  const { userId, name } = person;
  const client = useAvatarium();
  const [file, setFile] = useState<File | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  /** Share of the upload that has left, 0 to 1; `null` while nothing is under way. */
  const [progress, setProgress] = useState<number | null>(null);
  const work = useRef<AbortController | null>(null);
  const titleId = useId();
  const busy = progress !== null;

  useEffect(() => () => work.current?.abort(), []);

  async function run(change: (signal: AbortSignal) => Promise<unknown>, words: string): Promise<void> {
    const controller = new AbortController();
    work.current = controller;
    setFailure(null);
    setProgress(0);
    try {
      await change(controller.signal);
      onDone(words);
    } catch (error) {
      setProgress(null);
      if (!controller.signal.aborted) setFailure(describeFailure(error, file?.type ?? ""));
    } finally {
      onAnswer();
    }
  }

  function upload(event: FormEvent): void {
    event.preventDefault();
    if (!file || busy) return;
    void run((signal) => client.replace(userId, file, { signal, onProgress: setProgress }), strings.edit.changed(name));
  }

  function choose(chosen: File): void {
    setFailure(null);
    setFile(chosen);
  }

  return (
    <Dialog labelledBy={titleId} closeLabel={strings.profile.close} onClose={onClose} className="edit">
      <h2 id={titleId} className="title">
        {strings.edit.title}
      </h2>
      {!isViewer && <p className="dialog-lead">{strings.edit.of(name)}</p>}
      <form className="edit-form" aria-busy={busy} onSubmit={upload}>
        <div className="edit-choice">
          {file ? (
            <Preview key={file.name + file.size + file.lastModified} file={file} />
          ) : (
            <Picture userId={userId} name={name} size={128} spoken />
          )}
          <DropZone file={file} disabled={busy} onChoose={choose} />
        </div>
        {busy ? (
          <progress className="progress" aria-label={strings.edit.progress} value={progress} max={1} />
        ) : (
          <p className="caption">{strings.edit.formats}</p>
        )}
        {failure && (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        <div className="dialog-actions">
          <button type="submit" className="button-accent" disabled={!file || busy}>
            {busy ? strings.edit.uploading : strings.edit.upload}
          </button>
          <button type="button" className="button" onClick={() => (busy ? work.current?.abort() : onClose())}>
            {strings.edit.cancel}
          </button>
          {!busy && client.get(userId).imageId !== null && (
            <button
              type="button"
              className="button-quiet dialog-aside"
              onClick={() => void run(() => client.remove(userId), strings.edit.removed(name))}
            >
              {strings.edit.remove}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
