// @vitest-environment happy-dom
import { act, cleanup, render } from "@testing-library/react";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AvatariumProvider, ProfilePicture } from "../../src/react/index.ts";
import { fakeId } from "../../src/testing/index.ts";
import { Stage } from "../core/stage.ts";

/** `LAW_RUNS=10000` for the acceptance. */
const numRuns = Math.ceil(Number(process.env["LAW_RUNS"] ?? 1000) / 10);
const people = ["ada", "alan", "grace"];

const step = fc.oneof(
  fc.record({ do: fc.constant("become" as const), person: fc.constantFrom(...people) }),
  fc.record({ do: fc.constant("change" as const), person: fc.constantFrom(...people) }),
  fc.record({
    do: fc.constantFrom("answer" as const, "arrive" as const, "fail" as const, "frame" as const),
    place: fc.nat(7),
  }),
);

describe("a component whose person changes", () => {
  it("never renders another's picture, nor an older one, whatever the order of answers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50, size: "max" }), async (steps) => {
        const { page, service, client } = await Stage.ready();
        const owners = new Map(people.map((person) => [fakeId(person), person]));
        const newest = new Map<string, number>();
        service.populate(...people);
        const show = (userId: string): React.ReactElement => (
          <AvatariumProvider client={client}>
            <ProfilePicture userId={userId} />
          </AvatariumProvider>
        );
        let current = "ada";
        const { container, rerender } = render(show(current));
        for (const one of steps) {
          await act(async () => {
            if (one.do === "become") {
              current = one.person;
              rerender(show(current));
            } else if (one.do === "change") {
              const imageId = fakeId(`${one.person}${owners.size}`);
              owners.set(imageId, one.person);
              service.set(one.person, imageId);
              client.invalidate(one.person);
            } else if (one.do === "frame") {
              await page.frame();
            } else if (one.do === "answer") {
              const request = page.openRequests[one.place % Math.max(1, page.openRequests.length)];
              if (request) service.request(request);
            } else {
              const image = page.openImages[one.place % Math.max(1, page.openImages.length)];
              await (one.do === "arrive" ? image?.arrive() : image?.fail());
            }
            await page.settle();
          });
          const box = container.querySelector<HTMLElement>("[data-user-id]");
          const source = box?.querySelector("img")?.getAttribute("src");
          expect(box?.dataset["userId"]).toBe(current);
          if (!source) continue;
          expect(owners.get(source.split("/").at(-2) ?? "")).toBe(current);
          const revision = Number(box?.dataset["revision"]);
          expect(revision).toBeGreaterThanOrEqual(newest.get(current) ?? 0);
          newest.set(current, revision);
        }
        client.close();
        cleanup();
      }),
      { numRuns, seed: 20_261_125 },
    );
  }, 600_000);
});
