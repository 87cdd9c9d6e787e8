import { AvatariumError } from "avatarium";
import { describe, expect, it } from "vitest";
import { describeFailure, describeKind } from "../src/failure.ts";

describe("describeKind", () => {
  it("names what a file seems to be", () => {
    expect(["text/plain", "text/html", "application/pdf", "image/svg+xml", "image/tiff", ""].map(describeKind)).toEqual(
      [
        "a text file",
        "a web page",
        "a PDF",
        "an SVG drawing",
        "a kind of picture that can’t be used here",
        "not a picture",
      ],
    );
  });
});

describe("describeFailure", () => {
  it("says what the file is and what to choose instead", () => {
    expect(describeFailure(new AvatariumError("not-an-image", { status: 415 }), "text/plain")).toBe(
      "That file is a text file. Choose a JPEG, PNG, WebP, GIF or AVIF.",
    );
  });

  it("has words of its own for everything that an upload can be refused for", () => {
    const codes = [
      "undecodable-image",
      "aspect-beyond-limit",
      "upload-too-large",
      "too-many-pixels",
      "too-many-frames",
      "empty-upload",
      "sign-in-required",
      "not-allowed",
      "cross-site-write",
      "unknown-user",
      "lost-race",
      "precondition-failed",
      "too-many-requests",
      "unavailable",
    ];
    const words = codes.map((code) => describeFailure(new AvatariumError(code, { status: 400 }), "image/png"));
    const other = describeFailure(new AvatariumError("brand-new", { status: 418 }), "image/png");
    expect(new Set([...words, other]).size).toBe(codes.length + 1);
  });

  it("tells no answer from a refusal", () => {
    expect(describeFailure(new AvatariumError("unreachable"), "image/png")).toMatch(/could not be reached/);
    expect(describeFailure(new TypeError("surprise"), "image/png")).toMatch(/did not work/);
  });
});
