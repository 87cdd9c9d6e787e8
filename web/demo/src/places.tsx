import type { ReactElement } from "react";
import { PeopleSign, SourcesSign, TalkSign } from "./icons.tsx";
import { strings } from "./strings.ts";

/** The region that fills a phone's page. */
export type Place = "people" | "talk" | "sources";

const PLACES: ReadonlyArray<readonly [place: Place, Sign: () => ReactElement]> = [
  ["people", PeopleSign],
  ["talk", TalkSign],
  ["sources", SourcesSign],
];

interface PlacesProps {
  readonly place: Place;
  readonly onGo: (place: Place) => void;
}

/** The tab bar of phones: one region at a time. */
export function Places({ place, onGo }: PlacesProps): ReactElement {
  return (
    <nav className="places" aria-label={strings.places.label}>
      {PLACES.map(([name, Sign]) => (
        <button
          key={name}
          type="button"
          className="place"
          aria-current={name === place ? "page" : undefined}
          onClick={() => onGo(name)}
        >
          <Sign />
          {strings.places[name]}
        </button>
      ))}
    </nav>
  );
}
