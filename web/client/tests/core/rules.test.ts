import { describe, expect, it } from "vitest";
import { Addresses, rung } from "../../src/core/addresses.ts";
import { defaultPicture } from "../../src/core/default.ts";
import { AvatariumError } from "../../src/core/errors.ts";
import { ageOf, freshness, renewed } from "../../src/core/freshness.ts";
import { backoffMs, Gate } from "../../src/core/gate.ts";
import { type Picture, parseEpoch, parseImageId, parseUserId } from "../../src/core/model.ts";
import { Epochs } from "../../src/core/revisions.ts";
import { Samples } from "../../src/core/samples.ts";
import { decodeMapping, decodePack } from "../../src/core/wire.ts";
import { decodeImage } from "../../src/core/wire-later.ts";
import { FakeService, fakeId } from "../../src/testing/index.ts";

const minute = 60_000;
const service = new FakeService(() => 1_764_036_000_000).populate("ada");
const base = "https://example.org/api/";

function picture(change: Partial<Picture> = {}): Picture {
  return { ...decodeMapping(service.mapping("ada"), base), ...change };
}

describe("ids", () => {
  it.each(["ada", "a b", "ünïcødé", "x".repeat(128), "😀".repeat(128), "a.b", "...", "%2F", "constructor"])(
    "of a person can be %s",
    (value) => {
      expect(parseUserId(value)).toBe(value);
    },
  );

  it.each(["", ".", "..", "a/b", "a\\b", "\u0007", "\u0085", "x".repeat(129), "😀".repeat(129), "\ud83d"])(
    "of a person can't be %j",
    (value) => {
      expect(parseUserId(value)).toBeNull();
    },
  );

  it("of a person have at most 512 bytes", () => {
    expect(parseUserId("😀".repeat(128))).not.toBeNull();
    expect(parseUserId(`${"👩‍👩‍👧".repeat(16)}`)).not.toBeNull();
    expect(new TextEncoder().encode("😀".repeat(128)).length).toBe(512);
  });

  it("of pictures and lives are 26 letters and digits", () => {
    expect(parseImageId("k3vyq6m2a7d4xw5f2hjc7nbtpe")).not.toBeNull();
    expect(parseEpoch("aaaaaaaaaaaaaaaaaaaaaaaaaa")).not.toBeNull();
    expect(parseImageId("default_pfp.png")).toBeNull();
    expect(parseImageId("k3vyq6m2a7d4xw5f2hjc7nbtp1")).toBeNull();
  });
});

describe("freshness", () => {
  const now = 1_000_000_000;
  const contact = { askedAt: now, originNow: 5_000_000 };

  it("counts from when the question left, on this machine's clock", () => {
    const age = ageOf(picture({ freshForSeconds: 1800 }), contact);
    expect(freshness(age, now + 1_799_999)).toBe("fresh");
    expect(freshness(age, now + 1_800_000)).toBe("stale");
    expect(freshness(age, now + 7 * 24 * 60 * minute)).toBe("expired");
  });

  it("turns the origin's instants into ours, however wrong our clock is", () => {
    const age = ageOf(picture({ expiresAt: 5_000_000 + 3600 }), contact);
    expect(age.unusableFrom).toBe(now + 60 * minute);
  });

  it("ends ten minutes before the address does", () => {
    const age = ageOf(picture({ freshForSeconds: 3600, expiresAt: 5_000_000 + 3600 }), contact);
    expect(freshness(age, now + 50 * minute - 1)).toBe("fresh");
    expect(freshness(age, now + 50 * minute)).toBe("stale");
    expect(freshness(age, now + 60 * minute)).toBe("expired");
  });

  it("takes an address whose end can't be placed for ended", () => {
    const age = ageOf(picture({ expiresAt: 5_003_600 }), { askedAt: now, originNow: null });
    expect(freshness(age, now)).toBe("expired");
  });

  it("does not trust a clock that was set back", () => {
    expect(freshness(ageOf(picture(), contact), now - 1)).toBe("stale");
  });

  it("is renewed by contact, but the address keeps its own end", () => {
    const signed = picture({ expiresAt: 5_003_600 });
    const age = ageOf(signed, contact);
    const later = renewed(age, signed, { askedAt: now + 20 * minute, originNow: 5_001_200 });
    expect(later).toEqual({
      contactAt: now + 20 * minute,
      freshUntil: now + 50 * minute,
      unusableFrom: now + 60 * minute,
    });
    expect(renewed(age, picture(), { askedAt: now + 1, originNow: 5 }).unusableFrom).toBe(
      now + 1 + 7 * 24 * 60 * minute,
    );
  });
});

describe("lives of a directory", () => {
  const [a, b] = [fakeId("a"), fakeId("b")].map((id) => parseEpoch(id)) as [never, never];

  it("begin with the first answer", () => {
    const epochs = new Epochs();
    expect(epochs.admit(a, epochs.generation)).toBe("current");
    expect(epochs.current).toBe(a);
  });

  it("are renewed by an answer to a question that left in the one before", () => {
    const epochs = new Epochs();
    epochs.admit(a, 0);
    expect(epochs.admit(b, epochs.generation)).toBe("renewed");
  });

  it("are not taken back by an answer to an earlier question", () => {
    const epochs = new Epochs();
    epochs.admit(b, 0);
    expect(epochs.admit(a, 0)).toBe("late");
    expect(epochs.admit(b, 0)).toBe("current");
  });

  it("may return when a later question says so", () => {
    const epochs = new Epochs();
    epochs.admit(a, 0);
    epochs.admit(b, epochs.generation);
    expect(epochs.admit(a, epochs.generation)).toBe("renewed");
  });

  it("are forgotten with everything else", () => {
    const epochs = new Epochs();
    epochs.admit(a, 0);
    epochs.forget();
    expect(epochs.admit(a, 1)).toBe("late");
    expect(epochs.admit(a, 2)).toBe("current");
  });
});

describe("the gate", () => {
  it.each([
    [1, 1000, 2000],
    [2, 2000, 4000],
    [3, 4000, 8000],
    [4, 8000, 9500],
    [40, 8000, 9500],
  ])("waits after %d failures for %d to %d ms", (failures, least, most) => {
    expect(backoffMs(failures, () => 0)).toBe(least);
    expect(backoffMs(failures, () => 1)).toBe(most);
  });

  it("lets one probe through at a time, and opens when that comes back well", () => {
    let now = 0;
    const gate = new Gate({ now: () => now, random: () => 0 });
    expect(gate.waitMs()).toBe(0);
    gate.enter();
    gate.failed();
    expect(gate.waitMs()).toBe(1000);
    now = 1000;
    expect(gate.waitMs()).toBe(0);
    gate.enter();
    expect(gate.waitMs()).toBe(Number.POSITIVE_INFINITY);
    gate.abandoned();
    expect(gate.waitMs()).toBe(1000);
    gate.hurry();
    gate.enter();
    expect(gate.succeeded()).toBe(true);
    expect(gate.waitMs()).toBe(0);
    expect(gate.succeeded()).toBe(false);
  });

  it("stays open for as many failures as it tolerates", () => {
    const gate = new Gate({ now: () => 0, random: () => 0 }, 2);
    for (let failure = 0; failure < 2; failure += 1) gate.failed();
    expect(gate.isClosed).toBe(false);
    gate.abandoned();
    gate.failed();
    expect(gate.waitMs()).toBe(1000);
  });
});

describe("addresses", () => {
  const addresses = new Addresses(base);

  it("are below the service's own", () => {
    expect(addresses.pack).toBe("https://example.org/api/images/pack");
    expect(addresses.image(parseImageId(fakeId("x")) as never)).toBe(`https://example.org/api/images/${fakeId("x")}`);
  });

  it("of a rendition are those that the mapping names", () => {
    const named = picture({ urls: { "256.webp": "https://cdn.example/x" } });
    expect(addresses.rendition(named, 256, null)).toBe("https://cdn.example/x");
    expect(addresses.rendition(named, 512, null)).toBeNull();
    expect(addresses.rendition(picture({ imageId: null }), 128, "/{image_id}/{size}.{format}")).toBeNull();
  });

  it("of a rendition are made from the template, on the service's origin or another", () => {
    const id = fakeId("ada");
    expect(addresses.rendition(picture(), 256, "/pictures/{image_id}/{size}.{format}")).toBe(
      `https://example.org/pictures/${id}/256.webp`,
    );
    expect(
      addresses.rendition(picture({ formats: ["jpg"] }), 64, "https://cdn.example/{image_id}-{size}.{format}"),
    ).toBe(`https://cdn.example/${id}-64.jpg`);
  });

  it("are of the smallest rung that fills the box", () => {
    expect([1, 64, 65, 128, 129, 600].map((pixels) => rung([64, 128, 256, 512], pixels))).toEqual([
      64, 64, 128, 128, 256, 512,
    ]);
    expect(rung([], 64)).toBe(128);
  });
});

describe("messages", () => {
  const good = service.mapping("ada", true);

  it("of the wire have absolute addresses afterwards", () => {
    const mapping = decodeMapping(good, base);
    expect(mapping.url).toBe(`https://example.org/pictures/${fakeId("ada")}/128.webp`);
    expect(mapping.urls?.["512.webp"]).toBe(`https://example.org/pictures/${fakeId("ada")}/512.webp`);
  });

  it.each([
    ["success", false],
    ["user_id", "a/b"],
    ["image_id", "default_pfp.png"],
    ["digest", null],
    ["url", "javascript:alert(1)"],
    ["url", "//elsewhere.example/x"],
    ["sizes", ["64"]],
    ["sizes", { 0: 64 }],
    ["formats", ["<b>"]],
    ["animated", "no"],
    ["color", "red"],
    ["thumbhash", 1],
    ["inline", "https://elsewhere.example/x"],
    ["urls", ["x"]],
    ["expires_at", Number.NaN],
  ])("are refused when %s is %j", (name, value) => {
    expect(() => decodeMapping({ ...good, [name]: value }, base)).toThrow(AvatariumError);
  });

  it.each([
    ["flags", { a: "yes" }],
    ["contract", 0],
    ["rendition_url", "/pictures/{image_id}"],
    ["now", "soon"],
    ["unknown", ["a/b"]],
    ["pictures", { alan: service.mapping("ada") }],
    ["pictures", { ada: { ...service.mapping("ada"), epoch: fakeId("other") } }],
  ])("for many are refused when %s is %j", (name, value) => {
    expect(() => decodePack({ ...service.pack(["ada"]), [name]: value }, base)).toThrow(AvatariumError);
  });

  it("about one picture say its address", () => {
    expect(decodeImage({ success: true, url: "/x" }, base)).toBe("https://example.org/x");
    expect(() => decodeImage({ success: false, url: "/x" }, base)).toThrow(AvatariumError);
  });
});

describe("the default picture", () => {
  it("has white on it at a contrast of at least 4.5:1, whatever the hue", () => {
    const colours = Array.from({ length: 2000 }, (_, number) => defaultPicture(`p${number}`));
    expect(new Set(colours.map(({ hue }) => hue)).size).toBeGreaterThan(300);
    expect(Math.min(...colours.map(({ background }) => contrastWithWhite(background)))).toBeGreaterThanOrEqual(4.5);
  });
});

describe("samples", () => {
  it("are kept to the last 1,000", () => {
    const samples = new Samples(["memory"]);
    const sample = { userId: "ada", source: "memory", milliseconds: 0, bytes: 0, size: 128, success: true } as const;
    for (let number = 0; number < 1100; number += 1) samples.add({ ...sample, milliseconds: number });
    expect(samples.all).toHaveLength(1000);
    expect(samples.all[0]?.milliseconds).toBe(100);
  });
});

function contrastWithWhite(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
