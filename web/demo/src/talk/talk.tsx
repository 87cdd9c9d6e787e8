/**
 * The talk: one thread of messages and the field that adds to it.
 */

import { memo, type ReactElement, useLayoutEffect, useMemo, useRef } from "react";
import { BackSign } from "../icons.tsx";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import { Composer } from "./composer.tsx";
import { type Line, turns } from "./conversation.ts";
import { Turn } from "./turn.tsx";

interface TalkProps {
  readonly people: ReadonlyMap<string, Person>;
  /** The person spoken with, or `null` in the group. */
  readonly partner: Person | null;
  readonly lines: readonly Line[];
  readonly onSend: (text: string) => void;
  readonly onOpen: (userId: string) => void;
  readonly onBack: () => void;
}

export const Talk = memo(function Talk({ people, partner, lines, onSend, onOpen, onBack }: TalkProps): ReactElement {
  const log = useRef<HTMLDivElement>(null);
  const title = partner?.name ?? strings.talk.group;
  const said = useMemo(() => turns(lines), [lines]);
  const speakers = useMemo(() => new Set(lines.map((line) => line.userId)).size, [lines]);

  // The log is laid out from its end (talk.css), so that the end is at 0 and is where it opens.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line or thread shows the end again
  useLayoutEffect(() => {
    log.current?.scrollTo(0, 0);
  }, [lines]);

  return (
    <section className="talk" id="talk" aria-labelledby="talk-title" tabIndex={-1}>
      <header className="talk-head">
        {partner && (
          <button type="button" className="button-quiet" aria-label={strings.talk.back} onClick={onBack}>
            <BackSign />
          </button>
        )}
        <div>
          <h2 id="talk-title" className="title">
            {title}
          </h2>
          <p className="secondary">
            {partner
              ? `${partner.title} · ${partner.city} · ${strings.presence[partner.presence]}`
              : strings.talk.groupDetail(speakers)}
          </p>
        </div>
      </header>
      <div ref={log} className="talk-log" role="log" aria-label={strings.talk.messages(title)}>
        {said.length > 0 && (
          <ol className="talk-turns">
            {said.map((turn) => (
              <Turn
                key={turn.lines[0]?.id}
                turn={turn}
                name={people.get(turn.userId)?.name ?? turn.userId}
                onOpen={onOpen}
              />
            ))}
          </ol>
        )}
        {said.length === 0 && <p className="soft">{strings.talk.sayHello(title)}</p>}
      </div>
      <Composer label={strings.talk.write(title)} onSend={onSend} />
    </section>
  );
});
