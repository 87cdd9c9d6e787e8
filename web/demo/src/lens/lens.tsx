/**
 * The lens: for each picture, which layer answered, how long it took and what it cost.
 */

import { memo, type ReactElement, useEffect, useRef, useSyncExternalStore } from "react";
import { kilobytes } from "../format.ts";
import { CloseSign } from "../icons.tsx";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import type { LensFigures } from "./figures.ts";
import { LatestPictures } from "./latest-pictures.tsx";
import type { Lens as LensStore } from "./store.ts";

interface LensProps {
  readonly lens: LensStore;
  readonly people: ReadonlyMap<string, Person>;
  /** Whether it lies open as a drawer; says nothing where there is room for it. */
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export const Lens = memo(function Lens({ lens, people, isOpen, onClose }: LensProps): ReactElement {
  const now = useSyncExternalStore(lens.subscribe, lens.figures);
  const close = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (isOpen) close.current?.focus();
  }, [isOpen]);

  return (
    <section
      className="lens"
      id="lens"
      aria-labelledby="lens-title"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header className="lens-head">
        <h2 id="lens-title" className="lens-title">
          {strings.lens.title}
        </h2>
        <button
          ref={close}
          type="button"
          className="button-quiet lens-close"
          aria-label={strings.lens.close}
          onClick={onClose}
        >
          <CloseSign />
        </button>
      </header>
      <dl className="lens-figures">
        <Figure value={String(now.shown)} unit={strings.lens.shown} />
        <Figure value={String(now.apiCalls)} unit={strings.lens.calls(now.apiCalls)} />
        <Figure value={kilobytes(now.bytes)} unit={strings.lens.kilobytes} />
      </dl>
      <Bar now={now} />
      <dl className="lens-legend">
        {now.bySource.map(([source, pictures]) => (
          <div key={source} data-kind={source}>
            <dt>{strings.sources[source]}</dt>
            <dd>{pictures}</dd>
          </div>
        ))}
      </dl>
      {now.initials > 0 && <p className="caption">{strings.lens.initials(now.initials)}</p>}
      <LatestPictures lens={lens} latest={now.latest} people={people} />
    </section>
  );
});

function Figure({ value, unit }: { readonly value: string; readonly unit: string }): ReactElement {
  return (
    <div>
      <dt>{unit}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The same shares as the legend, for the eye. */
function Bar({ now }: { readonly now: LensFigures }): ReactElement {
  const parts = now.bySource.filter(([, pictures]) => pictures > 0);
  return (
    <div
      className="lens-bar"
      role="img"
      aria-label={strings.lens.bar(
        parts.map(([source, pictures]) => strings.lens.part(strings.sources[source], pictures)),
      )}
    >
      {parts.map(([source, pictures]) => (
        <span key={source} data-kind={source} style={{ flexGrow: pictures }} />
      ))}
    </div>
  );
}
