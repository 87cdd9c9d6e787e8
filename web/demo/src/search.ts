/**
 * Finding people by name, title or city, however the letters are accented.
 *
 * Every word of the query must begin a word of the person. Order is kept.
 */

import type { Person } from "./state.ts";

/** Letters that Unicode does not take apart into a base letter and a mark. */
const WHOLE_LETTERS: Readonly<Record<string, string>> = {
  ı: "i",
  ł: "l",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ß: "ss",
  æ: "ae",
  œ: "oe",
};

/** Lower case without accents: "Nyström" and "nystrom" are the same. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[ıłøđðþßæœ]/g, (letter) => WHOLE_LETTERS[letter] ?? letter);
}

function words(text: string): string[] {
  return fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** People with their searchable words worked out once. */
export interface PeopleIndex {
  readonly people: readonly Person[];
  readonly words: readonly (readonly string[])[];
}

export function indexPeople(people: readonly Person[]): PeopleIndex {
  return {
    people,
    words: people.map((person) => words(`${person.name} ${person.title} ${person.city}`)),
  };
}

/** The people that match, in their own order; all of them when the query holds no letter or figure. */
export function findPeople(index: PeopleIndex, query: string): readonly Person[] {
  const wanted = words(query);
  if (wanted.length === 0) return index.people;
  return index.people.filter((_, position) => {
    const own = index.words[position] ?? [];
    return wanted.every((start) => own.some((word) => word.startsWith(start)));
  });
}
