import { type ReactElement, useEffect, useState } from "react";
import { PictureSign } from "../icons.tsx";
import { strings } from "../strings.ts";

/** The chosen file, cut square as everyone will see it; a sign in its place when the browser can't show it. */
export function Preview({ file }: { readonly file: File }): ReactElement {
  const [url, setUrl] = useState<string | null>(null);
  const [unreadable, setUnreadable] = useState(false);

  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);

  if (unreadable) {
    return (
      <span className="preview preview-none">
        <PictureSign />
        {strings.edit.noPreview}
      </span>
    );
  }
  return (
    <span className="preview">
      {url && <img src={url} alt={strings.edit.preview} onError={() => setUnreadable(true)} />}
    </span>
  );
}
