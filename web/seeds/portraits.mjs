// Draws one SVG portrait for every drawn person of people.tsv: node portraits.mjs FOLDER
//
// The same people.tsv gives the same files: everything that varies is dealt from a seeded deck, so
// that no look repeats before all were used, and neighbours in the list differ in colour.
// Expressions are calm by choice: only the parts named in this file are ever drawn.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lorelei, notionists, openPeeps } from "@dicebear/collection";
import { createAvatar } from "@dicebear/core";

const SEED = 20_251_125;
const SIDE_PIXELS = 640;

/** Soft paper colours, in an order in which any four that follow each other differ in hue. */
const PAPERS = [
  "e8d5c4",
  "cfdcd5",
  "d8d5e8",
  "ebdfb8",
  "cddbe8",
  "e5d2df",
  "d9dfc0",
  "efd0c0",
  "c6dcda",
  "e6e0d2",
  "d2d7ee",
  "efd3d3",
  "e9dca6",
  "c9dfcc",
];

/** Skin, from 1 (lightest) to 6 (darkest); black lines stay readable on each. */
const SKIN = { 1: "fbe6d6", 2: "f4d3b8", 3: "e3b48d", 4: "c68f66", 5: "9c6a48", 6: "825539" };

/** Hair by skin tone; black stands several times because most hair is dark. */
const HAIR = {
  1: ["000000", "8a4b24", "c98d45", "4a3123", "dcb66c", "b2552b", "000000", "6b4a35"],
  2: ["000000", "3b2a22", "000000", "5a3a28"],
  3: ["000000", "000000", "3b2a22"],
  4: ["000000"],
  5: ["000000"],
  6: ["000000"],
};

const CLOTHES = ["d98b6a", "7f9c8b", "8a93bd", "e3c06a", "7fa3bf", "b88aa8", "c9694a", "5f8a83", "ffffff", "ffffff"];

const variants = (numbers) => numbers.map((number) => `variant${number}`);

/** Hair of Notionists that suits a look. */
const NOTIONISTS_HAIR = {
  f: variants([
    "02",
    "08",
    "10",
    "11",
    "23",
    "28",
    "29",
    "36",
    "37",
    "39",
    "41",
    "43",
    "47",
    "48",
    "57",
    "58",
    "59",
    "04",
  ]),
  fCurly: variants(["11", "20", "48", "59", "30", "47", "43", "29"]),
  m: variants([
    "01",
    "03",
    "05",
    "06",
    "12",
    "13",
    "15",
    "16",
    "17",
    "18",
    "19",
    "24",
    "25",
    "27",
    "31",
    "34",
    "35",
    "38",
    "44",
    "52",
    "54",
    "55",
    "56",
  ]),
  mCurly: variants(["22", "33", "40", "49", "07", "09", "21", "05"]),
  hijab: variants(["62", "63"]),
  turban: variants(["61"]),
};

const LORELEI_HAIR = {
  f: variants(["10", "13", "15", "18", "24", "26", "31", "32", "33", "35", "36", "38", "42", "46", "48", "23", "19"]),
  m: variants(["01", "02", "03", "04", "06", "08", "09", "12", "22", "28", "39", "43", "47"]),
};

const OPEN_PEEPS_HEAD = {
  f: ["bangs", "bangs2", "medium1", "medium2", "medium3", "mediumBangs", "mediumBangs3", "long", "longBangs", "bun"],
  fCurly: ["afro", "bantuKnots", "buns", "cornrows", "cornrows2", "dreads1", "longCurly", "bun2"],
  fElder: ["grayBun", "grayMedium"],
  m: ["short1", "short2", "short4", "short5", "pomp", "shaved1", "shaved2", "hatBeanie", "short3"],
  mCurly: ["flatTop", "twists", "twists2", "dreads2", "shaved2", "short1", "noHair1"],
  mElder: ["grayShort", "noHair3"],
  hijab: ["hijab"],
  turban: ["turban"],
};

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Deals the cards in shuffled order and shuffles again when all are dealt. */
class Deck {
  #cards;
  #random;
  #left = [];

  constructor(cards, random) {
    this.#cards = cards;
    this.#random = random;
  }

  deal(refuse = () => false) {
    if (this.#left.length === 0) {
      this.#left = [...this.#cards];
      for (let last = this.#left.length - 1; last > 0; last -= 1) {
        const other = Math.floor(this.#random() * (last + 1));
        [this.#left[last], this.#left[other]] = [this.#left[other], this.#left[last]];
      }
    }
    const wanted = this.#left.findIndex((card) => !refuse(card));
    return this.#left.splice(Math.max(wanted, 0), 1)[0];
  }
}

/** One deck for each use and choice, made when it is first dealt from. */
class Table {
  #random;
  #decks = new Map();

  constructor(random) {
    this.#random = random;
  }

  deal(use, cards, refuse) {
    const key = `${use} ${cards.join(" ")}`;
    if (!this.#decks.has(key)) this.#decks.set(key, new Deck(cards, this.#random));
    return this.#decks.get(key).deal(refuse);
  }

  chance(share) {
    return this.#random() < share;
  }
}

/** Reads a look such as `f3`, `m4 turban` or `f1 elder`: who is drawn, and how dark the skin is. */
function readLook(text) {
  const [letters, ...words] = text.split(" ");
  const look = { woman: letters[0] === "f", tone: Number(letters[1]) };
  for (const word of words) {
    const [name, value = true] = word.split("=");
    look[name] = value;
  }
  return look;
}

function choose(choices, look) {
  if (look.hijab) return choices.hijab;
  if (look.turban) return choices.turban;
  const who = look.woman ? "f" : "m";
  if (look.elder && choices[`${who}Elder`]) return choices[`${who}Elder`];
  return (look.tone >= 5 && choices[`${who}Curly`]) || choices[who];
}

/** Distance of two colours in RGB, 0 to 441. */
function distance(one, other) {
  const channel = (colour, start) => Number.parseInt(colour.slice(start, start + 2), 16);
  return Math.hypot(...[0, 2, 4].map((start) => channel(one, start) - channel(other, start)));
}

/** Replaces a fill inside the group of an SVG that starts with this transform. */
function refill(svg, transform, from, to, onlyFirst = false) {
  const start = svg.indexOf(`transform="${transform}"`);
  if (start < 0) throw new Error(`no group at ${transform}: has the collection changed?`);
  const next = svg.indexOf('<g transform="translate', start);
  const end = next < 0 ? svg.length : next;
  const group = svg.slice(start, end);
  const filled = onlyFirst
    ? group.replace(`fill="${from}"`, `fill="${to}"`)
    : group.replaceAll(`fill="${from}"`, `fill="${to}"`);
  return svg.slice(0, start) + filled + svg.slice(end);
}

/** Notionists are black on white; skin, hair and clothes get their colours here. */
function drawNotionist(seed, look, paper, table) {
  const hair = look.hair ? `variant${look.hair}` : table.deal("notionists hair", choose(NOTIONISTS_HAIR, look));
  const bearded = !look.woman && !look.plain && (look.beard || table.chance(0.34));
  const glasses =
    look.glasses || (!look.plain && table.chance(0.22) && table.deal("glasses", ["03", "08", "11", "11", "08"]));
  const smiles = look.woman ? ["22", "23", "17", "03", "25", "14", "30"] : ["22", "23", "17", "03", "25", "30"];
  const beard = bearded && (look.beard || table.deal("beards", ["02", "12", "03", "05", "02", "09"]));
  const body =
    look.body ??
    table.deal(
      "bodies",
      [
        "01",
        "02",
        "03",
        "04",
        "07",
        "08",
        "09",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "19",
        "20",
        "21",
        "22",
        "23",
        "24",
        "25",
      ],
      look.woman ? (card) => card === "19" || card === "20" : undefined,
    );
  const tall = ["variant48", "variant61", "variant57", "variant59", "variant47", "variant40", "variant29"].includes(
    hair,
  );
  let svg = createAvatar(notionists, {
    seed,
    size: SIDE_PIXELS,
    scale: tall ? 138 : 146,
    translateY: 12,
    translateX: 1,
    backgroundColor: [paper],
    hair: [hair],
    body: [`variant${body}`],
    lips: variants(bearded ? ["22", "23", "22"] : look.lips ? [look.lips] : [table.deal("lips", smiles)]),
    eyes: variants([look.eyes ?? table.deal("eyes", ["05", "05", "05", "05", "05", "01"])]),
    brows: variants([
      table.deal(`brows ${look.woman}`, look.woman ? ["05", "10", "12", "09", "04"] : ["05", "07", "12", "04", "09"]),
    ]),
    nose: variants([table.deal("noses", ["01", "02", "04", "05", "06", "11", "13", "14", "16", "17", "18", "20"])]),
    beard: variants([beard || "02"]),
    beardProbability: bearded ? 100 : 0,
    glasses: variants([glasses || "11"]),
    glassesProbability: glasses ? 100 : 0,
    gestureProbability: 0,
    bodyIconProbability: 0,
  }).toString();
  const skin = `#${SKIN[look.tone]}`;
  const covered = look.hijab || look.turban;
  svg = refill(svg, "translate(531 487)", "#fff", skin);
  if (look.hijab || ["variant26", "variant32"].includes(hair)) svg = refill(svg, "translate(266 207)", "#fff", skin);
  if (look.turban)
    svg = refill(
      svg,
      "translate(266 207)",
      "#fff",
      `#${table.deal("turbans", ["c9694a", "e3c06a", "7fa3bf"], (card) => distance(card, paper) < 60)}`,
      true,
    );
  const colour = look.ink ?? table.deal(`hair ${look.tone}`, HAIR[look.tone]);
  if (!covered && colour !== "000000") {
    svg = refill(svg, "translate(266 207)", "#000", `#${colour}`);
    svg = refill(svg, "translate(653 805)", "#000", `#${colour}`);
  }
  const cloth = look.cloth ?? table.deal("clothes", CLOTHES, (card) => distance(card, paper) < 60);
  return refill(svg, "translate(178 1057)", "#fff", `#${cloth}`, true);
}

/** Lorelei draws the head alone: it is enlarged until the neck leaves the square. */
function drawLorelei(seed, look, paper, table) {
  const glasses = look.glasses ? true : table.chance(0.2);
  const hairColour = table.deal(`lorelei hair ${look.tone}`, HAIR[look.tone]);
  return createAvatar(lorelei, {
    seed,
    size: SIDE_PIXELS,
    scale: 118,
    translateY: 11,
    backgroundColor: [paper],
    skinColor: [SKIN[look.tone]],
    hairColor: [hairColour],
    hair: [table.deal("lorelei styles", choose(LORELEI_HAIR, look))],
    head: variants(["01", "02", "03"]),
    mouth: [table.deal("lorelei mouths", ["happy01", "happy02", "happy03", "happy04", "happy05", "happy06"])],
    eyes: variants([
      table.deal(
        `lorelei eyes ${look.woman}`,
        look.woman ? ["04", "11", "12", "14", "20", "23"] : ["06", "04", "14", "10", "20"],
      ),
    ]),
    eyebrows: variants([table.deal("lorelei brows", ["05", "07", "09", "02"])]),
    nose: variants(["01", "02", "05", "06"]),
    beardProbability: 0,
    earrings: variants(["02", "03"]),
    earringsProbability: look.woman ? 40 : 0,
    glasses: variants([table.deal("lorelei glasses", ["01", "03", "04"])]),
    glassesProbability: glasses ? 100 : 0,
    hairAccessoriesProbability: 0,
    frecklesProbability: look.tone === 1 ? 30 : 0,
  }).toString();
}

function drawOpenPeep(seed, look, paper, table) {
  const head = look.head ?? table.deal("peeps heads", choose(OPEN_PEEPS_HEAD, look));
  const bearded = !look.woman && !look.plain && (look.beard || table.chance(0.35));
  const glasses = !look.plain && table.chance(0.22);
  const scale =
    { bun: 90, bun2: 90, buns: 96, longCurly: 92, flatTop: 106, short1: 112, short2: 112, noHair1: 110, noHair3: 110 }[
      head
    ] ?? 104;
  const contrast = look.elder
    ? ["e3dfd8"]
    : head === "hatBeanie" || look.hijab || look.turban
      ? ["c9694a", "e3c06a", "7fa3bf"]
      : look.tone === 1
        ? ["c98d45", "a55728", "724133"]
        : ["4a312c"];
  return createAvatar(openPeeps, {
    seed,
    size: SIDE_PIXELS,
    scale,
    translateY: scale < 100 ? 6 : 4,
    translateX: -1,
    backgroundColor: [paper],
    skinColor: [SKIN[look.tone]],
    clothingColor: [look.cloth ?? table.deal("peeps clothes", CLOTHES, (card) => distance(card, paper) < 60)],
    headContrastColor: [table.deal("peeps contrasts", contrast)],
    head: [head],
    face: [look.face ?? table.deal("faces", ["smile", "calm", "smile", "smile", "cute"])],
    facialHair: [look.beard ?? table.deal("peeps beards", ["full", "goatee1", "chin", "moustache5", "full2"])],
    facialHairProbability: bearded ? 100 : 0,
    accessories: [table.deal("peeps glasses", ["glasses", "glasses2", "glasses3", "glasses5"])],
    accessoriesProbability: glasses ? 100 : 0,
    maskProbability: 0,
  }).toString();
}

const DRAW = { notionists: drawNotionist, lorelei: drawLorelei, "open-peeps": drawOpenPeep };

/** Rows of people.tsv as records named by its first line. */
function readPeople() {
  const [header, ...rows] = readFileSync(new URL("people.tsv", import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  const names = header.split("\t");
  return rows.map((row) => Object.fromEntries(row.split("\t").map((value, column) => [names[column], value])));
}

function main(folder) {
  if (!folder) throw new Error("name a folder: node portraits.mjs FOLDER");
  mkdirSync(folder, { recursive: true });
  const table = new Table(randomFrom(SEED));
  const recent = [];
  for (const person of readPeople()) {
    const draw = DRAW[person.source];
    if (!draw) continue;
    const look = readLook(person.look);
    const paper =
      look.paper ?? table.deal("papers", PAPERS, (card) => recent.some((used) => distance(card, used) < 24));
    recent.push(paper);
    if (recent.length > 3) recent.shift();
    const svg = draw(person.user_id, look, person.clear === "yes" ? "transparent" : paper, table);
    writeFileSync(join(folder, `${person.user_id}.svg`), svg);
  }
}

main(process.argv[2]);
