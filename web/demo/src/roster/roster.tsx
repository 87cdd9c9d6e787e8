/**
 * The people: search, count, and one button a person that opens the profile.
 *
 * The list is one tab stop; arrow keys, Home and End move inside it.
 */

import { type KeyboardEvent, memo, type ReactElement, useDeferredValue, useMemo, useRef, useState } from "react";
import { CloseSign } from "../icons.tsx";
import { findPeople, indexPeople } from "../search.ts";
import type { Person } from "../state.ts";
import { strings } from "../strings.ts";
import { RosterRow } from "./row.tsx";

interface RosterProps {
  readonly people: readonly Person[];
  readonly viewerId: string;
  /** The person whose profile or talk is open. */
  readonly currentId: string | null;
  /** Messages that wait to be read, by person. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly onOpen: (userId: string) => void;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

export const Roster = memo(function Roster({
  people,
  viewerId,
  currentId,
  waiting,
  onOpen,
}: RosterProps): ReactElement {
  const [query, setQuery] = useState("");
  const [tabStop, setTabStop] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);

  const index = useMemo(() => indexPeople(people), [people]);
  const wanted = useDeferredValue(query);
  const found = useMemo(() => findPeople(index, wanted), [index, wanted]);
  const searching = wanted.trim() !== "";
  const stop = found.some((person) => person.userId === tabStop) ? tabStop : found[0]?.userId;

  function move(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows: HTMLElement[] = [...(list.current?.querySelectorAll("button") ?? [])];
    const from = document.activeElement instanceof HTMLElement ? rows.indexOf(document.activeElement) : -1;
    const to = Math.min(Math.max(from + step, 0), rows.length - 1);
    event.preventDefault();
    if (event.key === "ArrowUp" && from === 0) field.current?.focus();
    else rows[to]?.focus();
  }

  function clear(): void {
    setQuery("");
    field.current?.focus();
  }

  function fromField(event: KeyboardEvent): void {
    if (event.key === "Escape" && query !== "") {
      event.preventDefault();
      setQuery("");
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      list.current?.querySelector<HTMLButtonElement>("button[tabindex='0']")?.focus();
    }
  }

  return (
    <section className="roster" aria-labelledby="roster-title">
      <h2 id="roster-title" className="unseen">
        {strings.roster.title}
      </h2>
      <search className="roster-search">
        <input
          ref={field}
          className="field"
          type="search"
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="search"
          aria-label={strings.roster.find(people.length)}
          placeholder={strings.roster.find(people.length)}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={fromField}
        />
        {query !== "" && (
          <button type="button" className="roster-clear" aria-label={strings.roster.clear} onClick={clear}>
            <CloseSign />
          </button>
        )}
        <p className="roster-count" role="status">
          {searching && strings.roster.found(found.length, people.length)}
        </p>
      </search>
      {found.length > 0 && (
        <ul ref={list} className="roster-list" onKeyDown={move}>
          {found.map((person) => (
            <RosterRow
              key={person.userId}
              person={person}
              isViewer={person.userId === viewerId}
              isCurrent={person.userId === currentId}
              isTabStop={person.userId === stop}
              detailed={searching}
              waiting={waiting.get(person.userId) ?? 0}
              onOpen={onOpen}
              onReach={setTabStop}
            />
          ))}
        </ul>
      )}
      {found.length === 0 && (
        <div className="roster-nobody">
          <p>{searching ? strings.roster.nobody(wanted.trim()) : strings.roster.empty}</p>
          {searching && (
            <>
              <p className="soft">{strings.roster.nobodyHint}</p>
              <button type="button" className="button" onClick={clear}>
                {strings.roster.clear}
              </button>
            </>
          )}
        </div>
      )}
    </section>
  );
});
