import { type DragEvent, type ReactElement, useId, useState } from "react";
import { byteCount } from "../format.ts";
import { PictureSign } from "../icons.tsx";
import { strings } from "../strings.ts";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,image/avif";

interface DropZoneProps {
  readonly file: File | null;
  readonly disabled: boolean;
  readonly onChoose: (file: File) => void;
}

/** A file field that files can also be dropped on. The field itself takes the focus and the keys. */
export function DropZone({ file, disabled, onChoose }: DropZoneProps): ReactElement {
  const [over, setOver] = useState(false);
  const fieldId = useId();

  function take(files: FileList | null): void {
    const first = files?.[0];
    if (first && !disabled) onChoose(first);
  }

  function drag(event: DragEvent): void {
    event.preventDefault();
    setOver(event.type === "dragover");
  }

  function drop(event: DragEvent): void {
    drag(event);
    take(event.dataTransfer.files);
  }

  return (
    <label
      className="drop-zone"
      htmlFor={fieldId}
      data-over={over || undefined}
      onDragOver={drag}
      onDragLeave={drag}
      onDrop={drop}
    >
      <input
        id={fieldId}
        className="unseen"
        type="file"
        accept={ACCEPTED}
        disabled={disabled}
        onChange={(event) => take(event.currentTarget.files)}
      />
      <PictureSign />
      {file && (
        <span className="drop-zone-file">
          <bdi>{file.name}</bdi> <span className="soft">{byteCount(file.size)}</span>
        </span>
      )}
      <span>
        {!file && <span>{strings.edit.drop} </span>}
        <span className="link">{file ? strings.edit.chooseAnother : strings.edit.choose}</span>
      </span>
    </label>
  );
}
