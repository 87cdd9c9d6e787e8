import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultPicture } from "../../src/core/default.ts";
import { AvatariumError } from "../../src/core/errors.ts";
import { decodeMapping, decodePack } from "../../src/core/wire.ts";
import { decodeProblem, decodeUsersInfo } from "../../src/core/wire-later.ts";

interface Golden {
  readonly kind: string;
  readonly messages: readonly { readonly name: string; readonly valid: boolean; readonly body: unknown }[];
}

const folder = join(import.meta.dirname, "../../../../contract/golden");
const base = "https://example.org/";

/** How a message of each kind is read. Throws when it is refused. */
const readers: Record<string, (body: unknown) => unknown> = {
  mapping: (body) => decodeMapping(body, base),
  pack: (body) => decodePack(body, base),
  problem: (body) => decodeProblem(body),
  "users-info": (body) => decodeUsersInfo(body),
  "default-picture": (body) => {
    const { user_id: userId, name, ...drawn } = body as { user_id: string; name: string | null };
    expect(defaultPicture(userId, name ?? undefined)).toEqual(drawn);
  },
};

describe("golden messages", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

  it("are there", () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
  });

  for (const file of files) {
    const { kind, messages } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Golden;
    const read = readers[kind];

    it(`of ${file} are of a kind that is read here`, () => {
      expect(Object.keys(readers)).toContain(kind);
    });

    for (const { name, valid, body } of messages) {
      it(`${valid ? "accepts" : "refuses"} ${kind}: ${name}`, () => {
        if (valid) {
          expect(() => read?.(body)).not.toThrow();
        } else {
          expect(() => read?.(body)).toThrow(AvatariumError);
        }
      });
    }
  }
});
