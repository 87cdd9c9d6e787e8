import { describe, expect, it } from "vitest";
import { ageInWords, byteCount, clockTime, firstName, kilobytes, milliseconds } from "../src/format.ts";

describe("figures", () => {
  it("show kilobytes with one decimal up to 100", () => {
    expect([0, 4096, 99_940, 99_960, 1_234_567].map(kilobytes)).toEqual(["0", "4.1", "99.9", "100", "1,235"]);
  });

  it("show bytes in the unit that suits them, and a dash for none", () => {
    expect([0, 10, 4096, 999_499, 999_500, 3_200_000].map(byteCount)).toEqual([
      "–",
      "10 B",
      "4.1 kB",
      "999 kB",
      "1.0 MB",
      "3.2 MB",
    ]);
  });

  it("show whole milliseconds and never less than none", () => {
    expect([0, 0.4, 45.6, 1234, -0.2].map(milliseconds)).toEqual(["0", "0", "46", "1,234", "0"]);
  });
});

describe("instants", () => {
  it("are told in the largest whole unit that has passed", () => {
    expect([0, 59, 60, 150, 3599, 3600, 86_399, 86_400, 200_000].map(ageInWords)).toEqual([
      "just now",
      "just now",
      "1 minute ago",
      "2 minutes ago",
      "59 minutes ago",
      "1 hour ago",
      "23 hours ago",
      "1 day ago",
      "2 days ago",
    ]);
  });

  it("are told by a clock of 24 hours", () => {
    expect(clockTime(new Date(2026, 0, 2, 9, 5))).toBe("09:05");
  });
});

describe("firstName", () => {
  it("is the first word of a name", () => {
    expect(["Samuel Adeyemi", "  Ngozi ", "Ana Beatriz Souza"].map(firstName)).toEqual(["Samuel", "Ngozi", "Ana"]);
  });
});
