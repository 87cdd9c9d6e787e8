// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { type ReactElement, type ReactNode, StrictMode, useState } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AvatariumProvider,
  ProfilePicture,
  type ProfilePictureProps,
  useProfilePicture,
} from "../../src/react/index.ts";
import { fakeId } from "../../src/testing/index.ts";
import { Stage } from "../core/stage.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.ready();
  stage.service.populate("ada", "alan");
  // happy-dom loads no pictures: what memory holds counts as complete.
  vi.spyOn(HTMLImageElement.prototype, "complete", "get").mockReturnValue(true);
  vi.spyOn(HTMLImageElement.prototype, "naturalWidth", "get").mockReturnValue(128);
});

afterEach(cleanup);

function within(children: ReactNode): ReactElement {
  return <AvatariumProvider client={stage.client}>{children}</AvatariumProvider>;
}

function box(): HTMLElement {
  const found = document.querySelector<HTMLElement>("[data-user-id]");
  if (!found) throw new Error("Nothing is rendered.");
  return found;
}

function image(): HTMLImageElement | null {
  return box().querySelector("img");
}

async function flow(): Promise<void> {
  await act(() => stage.flow());
}

/** Notes each of its renders. */
function Counted({ userId, note }: { readonly userId: string; readonly note: (userId: string) => void }): ReactElement {
  useProfilePicture(userId);
  note(userId);
  return <ProfilePicture userId={userId} />;
}

/** Renders again at each click. */
function Parent(): ReactElement {
  const [count, setCount] = useState(0);
  return (
    <>
      <button type="button" onClick={() => setCount(count + 1)}>
        {count}
      </button>
      <ProfilePicture userId="ada" name="Ada" />
    </>
  );
}

/** Hands out what the hook gives. */
function Look({ see }: { readonly see: (view: unknown) => void }): null {
  see(useProfilePicture("ada"));
  return null;
}

describe("<ProfilePicture>", () => {
  it("shows the default picture from the first render, without any request for it", async () => {
    render(within(<ProfilePicture userId="ada" name="Ada Lovelace" />));
    expect(box().textContent).toBe("AL");
    expect(image()).toBeNull();
    expect(box().dataset).toMatchObject({ userId: "ada", source: "default" });
    expect(box().dataset["revision"]).toBeUndefined();
    await act(() => stage.page.frame());
    expect(stage.page.requests.map(({ path }) => path)).toEqual(["/images/pack"]);
  });

  it("shows the picture once it is decoded, above the default picture", async () => {
    render(within(<ProfilePicture userId="ada" name="Ada Lovelace" />));
    await act(() => stage.answer());
    expect(image()).toBeNull();
    await flow();
    expect(image()?.getAttribute("src")).toBe(`https://example.org/pictures/${fakeId("ada")}/128.webp`);
    expect(image()?.getAttribute("crossorigin")).toBe("anonymous");
    expect(image()?.getAttribute("decoding")).toBe("sync");
    expect(box().dataset).toMatchObject({ userId: "ada", revision: "1", source: "origin" });
    expect(box().textContent).toBe("AL");
  });

  it("shows a picture that is in memory in its very first render", async () => {
    stage.client.prefetch(["ada"]);
    await stage.flow();
    render(within(<ProfilePicture userId="ada" name="Ada" />));
    expect(image()?.getAttribute("src")).toContain(fakeId("ada"));
    expect(box().dataset["source"]).toBe("memory");
  });

  it("does not call it memory when the browser had let go of the picture", async () => {
    stage.client.prefetch(["ada"]);
    await stage.flow();
    vi.spyOn(HTMLImageElement.prototype, "complete", "get").mockReturnValue(false);
    render(within(<ProfilePicture userId="ada" name="Ada" />));
    expect(box().dataset["source"]).toBe("origin");
  });

  it("clears at once when the person changes, in the same render", async () => {
    stage.client.prefetch(["ada"]);
    await stage.flow();
    const { rerender } = render(within(<ProfilePicture userId="ada" name="Ada" />));
    await flow();
    rerender(within(<ProfilePicture userId="alan" name="Turing" />));
    expect(image()).toBeNull();
    expect(box().dataset).toMatchObject({ userId: "alan", source: "default" });
    await flow();
    expect(image()?.getAttribute("src")).toContain(fakeId("alan"));
    expect(box().dataset["source"]).toBe("origin");
  });

  it("never gives the element of one person to another", async () => {
    stage.client.prefetch(["ada", "alan"]);
    await stage.flow();
    const { rerender } = render(within(<ProfilePicture userId="ada" name="Ada" />));
    const first = image();
    rerender(within(<ProfilePicture userId="alan" name="Turing" />));
    expect(image()).not.toBe(first);
    expect(box().dataset).toMatchObject({ userId: "alan", source: "memory" });
  });

  it("keeps the element and the old picture of the same person until the new one is decoded", async () => {
    render(within(<ProfilePicture userId="ada" name="Ada" />));
    await flow();
    const first = image();
    stage.service.set("ada", fakeId("newer"));
    act(() => stage.client.invalidate("ada"));
    await act(() => stage.answer());
    expect(image()?.getAttribute("src")).toContain(fakeId("ada"));
    expect(box().dataset["revision"]).toBe("1");
    await flow();
    expect(image()).toBe(first);
    expect(image()?.getAttribute("src")).toContain(fakeId("newer"));
    expect(box().dataset["revision"]).toBe("2");
  });

  it("shows a picture by its id rather than the person's own", async () => {
    render(within(<ProfilePicture userId="ada" imageId={fakeId("alan")} name="Ada" />));
    await flow();
    expect(image()?.getAttribute("src")).toContain(fakeId("alan"));
    expect(box().dataset["userId"]).toBe("ada");
  });

  it.each([null, undefined, ""])("shows the person's own for the image id %j", async (imageId) => {
    render(within(<ProfilePicture userId="ada" imageId={imageId} name="Ada" />));
    await flow();
    expect(image()?.getAttribute("src")).toContain(fakeId("ada"));
  });

  it("resolves once more when the element can't draw the picture, and shows the default picture meanwhile", async () => {
    render(within(<ProfilePicture userId="ada" name="Ada" />));
    await flow();
    act(() => {
      image()?.dispatchEvent(new Event("error"));
    });
    expect(image()).toBeNull();
    await flow();
    expect(image()).not.toBeNull();
    expect(stage.page.requests).toHaveLength(2);
  });

  it.each([
    [48, "48px"],
    ["100px", "100px"],
    ["6rem", "6rem"],
  ])("takes its size as %j, before and after the picture is there", async (size, expected) => {
    render(within(<ProfilePicture userId="ada" name="Ada" size={size} />));
    expect(box().style).toMatchObject({ width: expected, height: expected });
    await flow();
    expect(box().style).toMatchObject({ width: expected, height: expected });
  });

  it("asks for as many pixels as the screen has", async () => {
    vi.stubGlobal("devicePixelRatio", 2);
    render(within(<ProfilePicture userId="ada" name="Ada" size={128} />));
    await flow();
    expect(stage.page.images.map(({ url }) => url.split("/").at(-1))).toEqual(["128.webp", "256.webp"]);
    expect(image()?.getAttribute("src")).toContain("/256.webp");
    vi.unstubAllGlobals();
  });

  it("measures a length that is not in pixels", async () => {
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue({ width: 300 } as DOMRect);
    render(within(<ProfilePicture userId="ada" name="Ada" size="20em" />));
    await flow();
    expect(image()?.getAttribute("src")).toContain("/512.webp");
  });

  it("takes class and style of the application", () => {
    render(within(<ProfilePicture userId="ada" className="round" style={{ borderRadius: 0, margin: 4 }} />));
    expect(box().className).toBe("round");
    expect(box().style).toMatchObject({ borderRadius: "0px", margin: "4px" });
  });
});

describe("what a screen reader hears", () => {
  it("is the name, once, whether or not there is a picture", async () => {
    render(within(<ProfilePicture userId="ada" name="Ada Lovelace" />));
    expect(screen.getAllByRole("img", { name: "Ada Lovelace" })).toHaveLength(1);
    await flow();
    expect(screen.getAllByRole("img", { name: "Ada Lovelace" })).toEqual([image()]);
  });

  it.each<[string, Partial<ProfilePictureProps>]>([
    ["decorative", { decorative: true, name: "Ada" }],
    ["nameless", {}],
  ])("is nothing for a %s picture", async (_name, props) => {
    render(within(<ProfilePicture userId="ada" {...props} />));
    expect(screen.queryByRole("img")).toBeNull();
    await flow();
    expect(image()?.getAttribute("alt")).toBe("");
  });
});

describe("the default picture", () => {
  it("bears the emoji when one is given", () => {
    render(within(<ProfilePicture userId="ada" name="Ada" emoji="👤" />));
    expect(box().textContent).toBe("👤");
  });

  it("is drawn from the id where there is no name", () => {
    render(within(<ProfilePicture userId="ada" />));
    expect(box().textContent).toBe("A");
  });

  it("is head and shoulders where there is nothing to say", () => {
    render(within(<ProfilePicture userId="__" />));
    expect(box().querySelector("circle")).not.toBeNull();
    expect(box().querySelector("text")).toBeNull();
  });
});

describe("rendering", () => {
  it("is done by one component of a thousand when one person changes", async () => {
    const renders: string[] = [];
    const note = (userId: string): void => {
      renders.push(userId);
    };
    const many = Array.from({ length: 1000 }, (_, number) => `p${number}`);
    stage.service.populate(...many);
    stage.fly();
    render(within(many.map((userId) => <Counted key={userId} userId={userId} note={note} />)));
    await act(async () => {
      for (let round = 0; round < 4; round += 1) await stage.page.frame();
    });
    renders.length = 0;
    stage.service.set("p7", fakeId("new picture"));
    stage.client.invalidate("p7");
    await act(async () => {
      for (let round = 0; round < 4; round += 1) await stage.page.frame();
    });
    expect(new Set(renders)).toEqual(new Set(["p7"]));
  });

  it("is not done when the parent renders with the same properties", async () => {
    const look = vi.spyOn(stage.client, "get");
    render(within(<Parent />));
    await flow();
    look.mockClear();
    act(() => screen.getByRole("button").click());
    expect(screen.getByRole("button").textContent).toBe("1");
    expect(look).not.toHaveBeenCalled();
  });

  it("is clean in strict mode", async () => {
    const complaint = vi.spyOn(console, "error");
    render(<StrictMode>{within(<ProfilePicture userId="ada" name="Ada" />)}</StrictMode>);
    await flow();
    expect(image()).not.toBeNull();
    expect(stage.page.requests).toHaveLength(1);
    expect(complaint).not.toHaveBeenCalled();
  });

  it("ends its watch when it goes", async () => {
    const { unmount } = render(within(<ProfilePicture userId="ada" name="Ada" />));
    await flow();
    unmount();
    expect(stage.client.explain("ada").watchers).toBe(0);
  });

  it("gives the default picture on a server", () => {
    const html = renderToString(within(<ProfilePicture userId="ada" name="Ada Lovelace" />));
    expect(html).toContain("AL");
    expect(html).not.toContain("<img");
  });

  it("moves to another client with its provider", async () => {
    const { rerender } = render(within(<ProfilePicture userId="ada" name="Ada" />));
    await flow();
    await stage.reopen();
    rerender(within(<ProfilePicture userId="ada" name="Ada" />));
    expect(image()).toBeNull();
    await flow();
    expect(image()).not.toBeNull();
  });

  it("needs a provider, and says so", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => render(<ProfilePicture userId="ada" />)).toThrow("<AvatariumProvider client> is missing");
  });
});

describe("useProfilePicture", () => {
  it("tells whether there is a picture, what is shown, and whence", async () => {
    const see = vi.fn();
    render(within(<Look see={see} />));
    await flow();
    expect(see.mock.lastCall?.[0]).toMatchObject({
      imageId: fakeId("ada"),
      revision: 1,
      source: "origin",
      rendition: { size: 128, revision: 1 },
    });
  });
});
