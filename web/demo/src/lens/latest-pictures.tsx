import type { Sample } from "avatarium";
import type { ReactElement } from "react";
import { byteCount, milliseconds } from "../format.ts";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import { LensPicture } from "./lens-picture.tsx";
import type { Lens } from "./store.ts";

interface LatestPicturesProps {
  readonly lens: Lens;
  readonly latest: readonly Sample[];
  readonly people: ReadonlyMap<string, Person>;
}

/** One row a person, the newest look-up first. */
export function LatestPictures({ lens, latest, people }: LatestPicturesProps): ReactElement {
  if (latest.length === 0) return <p className="lens-latest secondary">{strings.lens.nothing}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with keys
    <section className="lens-latest" aria-label={strings.lens.table} tabIndex={0}>
      <table className="lens-table">
        <thead>
          <tr>
            <th scope="col">{strings.lens.person}</th>
            <th scope="col">{strings.lens.source}</th>
            <th scope="col">{strings.lens.milliseconds}</th>
            <th scope="col">{strings.lens.bytes}</th>
          </tr>
        </thead>
        <tbody>
          {latest.map((sample) => (
            <tr key={sample.userId}>
              <td>
                <span className="lens-person">
                  <LensPicture lens={lens} userId={sample.userId} />
                  <span>{people.get(sample.userId)?.name ?? sample.userId}</span>
                </span>
              </td>
              <td className="source-name" data-kind={sample.source}>
                {strings.sources[sample.source]}
              </td>
              <td>{milliseconds(sample.milliseconds)}</td>
              <td>{byteCount(sample.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
