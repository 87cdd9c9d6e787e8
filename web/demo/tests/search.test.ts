import { describe, expect, it } from "vitest";
import { findPeople, fold, indexPeople } from "../src/search.ts";
import type { Person } from "../src/state.ts";

function person(name: string, title = "Platform", city = "Lagos"): Person {
  return { userId: name, name, title, city, presence: "online" };
}

const people = [
  person("Oscar Nyström", "Browser engineering", "Uppsala"),
  person("Elif Yıldız", "Accessibility", "İzmir"),
  person("Łukasz Żak", "Product", "Kraków"),
  person("Mei-Ling Zhao", "Data science", "Singapore"),
  person("Гульнара Бекова", "Product", "Алматы"),
];

function found(query: string): string[] {
  return findPeople(indexPeople(people), query).map(({ name }) => name);
}

describe("fold", () => {
  it("drops case and accents, also of letters that have no base letter", () => {
    expect(["Nyström", "İZMİR", "yıldız", "Łukasz", "Straße", "Þórsdóttir"].map(fold)).toEqual([
      "nystrom",
      "izmir",
      "yildiz",
      "lukasz",
      "strasse",
      "thorsdottir",
    ]);
  });
});

describe("findPeople", () => {
  it("finds everybody, in order, for a query without letters", () => {
    expect(found(" · ")).toEqual(people.map(({ name }) => name));
  });

  it("finds a name without its accents and with them", () => {
    expect([found("nystrom"), found("NYSTRÖM")]).toEqual([["Oscar Nyström"], ["Oscar Nyström"]]);
  });

  it("wants every word of the query to begin a word of the person", () => {
    expect([found("zhao mei"), found("osc upps"), found("hao"), found("mei uppsala")]).toEqual([
      ["Mei-Ling Zhao"],
      ["Oscar Nyström"],
      [],
      [],
    ]);
  });

  it("looks at titles and cities and at every script", () => {
    expect([found("product"), found("izm"), found("гуль")]).toEqual([
      ["Łukasz Żak", "Гульнара Бекова"],
      ["Elif Yıldız"],
      ["Гульнара Бекова"],
    ]);
  });

  it("takes signs of a query for what they are", () => {
    expect([found("(.*"), found("mei-ling")]).toEqual([people.map(({ name }) => name), ["Mei-Ling Zhao"]]);
  });
});
