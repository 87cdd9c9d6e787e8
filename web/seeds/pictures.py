"""Make the demo's finished uploads, people.json and SOURCES.md from people.tsv.

Run it as README.md says, after portraits.mjs has drawn the portraits:

    python pictures.py FOLDER_OF_SVG FOLDER_OF_THE_DEMO

The same inputs and package versions give the same files. It removes pictures that people.tsv no
longer names. It fetches nothing: the photographs lie inside the installed packages.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyvips
import skimage.data
import sklearn.datasets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

HERE = Path(__file__).parent
PORTRAIT_SIDE_PIXELS = 640
LARGEST_TOTAL_BYTES = 5_000_000

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Source:
    """Where pictures come from, under which licence, and what a reader of SOURCES.md is told."""

    title: str
    author: str
    licence: str
    package: str
    note: str
    load: Callable[[], NDArray] | None = None


@dataclass(frozen=True)
class Grade:
    """A colour treatment: of saturation, hue and channels, or from shadows to lights on two tones."""

    saturation: float = 1.0
    turn_degrees: float = 0.0
    gains: Colour = (1.0, 1.0, 1.0)
    offsets: Colour = (0.0, 0.0, 0.0)
    tones: tuple[Colour, Colour] | None = None

    def apply(self, image: pyvips.Image) -> pyvips.Image:
        """The sRGB image after this treatment; a grey one stays grey unless it is toned."""
        if self.tones is not None:
            dark, light = self.tones
            grey = image.colourspace("b-w")[0].cast("float")
            gains = [(high - low) / 255 for low, high in zip(dark, light, strict=True)]
            return grey.bandjoin([grey, grey]).linear(gains, list(dark)).cast("uchar").copy(interpretation="srgb")
        if image.bands == 1:
            return image.linear(self.gains[0], self.offsets[0]).cast("uchar").copy(interpretation="b-w")
        lch = image.colourspace("lch").linear([1, self.saturation, 1], [0, 0, self.turn_degrees])
        return (
            lch.colourspace("srgb")
            .linear(list(self.gains), list(self.offsets))
            .cast("uchar")
            .copy(interpretation="srgb")
        )


@dataclass(frozen=True)
class Crop:
    """One photograph as somebody would have uploaded it; `box` is left, top, width, height in pixels."""

    source: str
    box: tuple[int, int, int, int]
    long_side_pixels: int
    grade: Grade = Grade()
    mirrored: bool = False
    orientation: int = 1
    profile: str | None = None

    def make(self) -> pyvips.Image:
        """The picture in its stored orientation, with the tags and the profile that it has to carry."""
        load = SOURCES[self.source].load
        if load is None:
            raise ValueError(f"{self.source} holds no photograph")
        image = pyvips.Image.new_from_array(load())
        image = image.copy(interpretation="b-w" if image.bands == 1 else "srgb")
        left, top, width, height = self.box
        image = image.crop(left, top, width, height)
        image = image.resize(self.long_side_pixels / max(width, height), kernel="lanczos3")
        if self.mirrored:
            image = image.fliphor()
        image = self.grade.apply(image)
        if self.profile is not None:
            image = image.icc_transform(self.profile, input_profile="srgb")
        # Stored turned, so that a reader who honours the tag sees it upright.
        image = {1: image.copy, 3: image.rot180, 6: image.rot270, 8: image.rot90}[self.orientation]()
        if self.orientation != 1:
            image = image.copy()
            image.set_type(pyvips.GValue.gint_type, "orientation", self.orientation)
        return image


DICEBEAR = "npm @dicebear/collection 9.4.3"
DRAWN_NOTE = "Drawn by portraits.mjs from chosen parts of the collection"
SKIMAGE = f"PyPI scikit-image {version('scikit-image')}"
SKLEARN = f"PyPI scikit-learn {version('scikit-learn')}"
CC0 = "CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/)"
PUBLIC_DOMAIN = "public domain"
CC_BY_2 = "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"

SOURCES: dict[str, Source] = {
    "notionists": Source(
        "Notionists, a collection of parts of portraits",
        "Zoish (https://heyzoish.gumroad.com/l/notionists)",
        CC0,
        DICEBEAR,
        f"{DRAWN_NOTE}; skin, hair and clothes were coloured by the script.",
    ),
    "lorelei": Source(
        "Lorelei, a collection of parts of portraits",
        "Lisa Wischofsky (https://www.figma.com/community/file/1198749693280469639)",
        CC0,
        DICEBEAR,
        f"{DRAWN_NOTE}.",
    ),
    "open-peeps": Source(
        "Open Peeps, a collection of parts of portraits",
        "Pablo Stanley (https://www.openpeeps.com/)",
        CC0,
        DICEBEAR,
        f"{DRAWN_NOTE}.",
    ),
    "astronaut": Source(
        "Official portrait of the astronaut Eileen Collins",
        "NASA (https://flic.kr/p/r9qvLn)",
        PUBLIC_DOMAIN,
        f"{SKIMAGE}, skimage.data.astronaut()",
        "Cropped. Neither NASA nor Eileen Collins has anything to do with this software.",
        skimage.data.astronaut,
    ),
    "camera": Source(
        "Camera man",
        "Lav Varshney",
        CC0,
        f"{SKIMAGE}, skimage.data.camera()",
        "Cropped, one of them mirrored and toned.",
        skimage.data.camera,
    ),
    "cat": Source(
        "Chelsea the cat",
        "Stéfan van der Walt",
        CC0,
        f"{SKIMAGE}, skimage.data.cat()",
        "Cropped, mirrored, colour-graded.",
        skimage.data.cat,
    ),
    "coffee": Source(
        "Coffee cup, by courtesy of Pikolo Espresso Bar",
        "Rachel Michetti",
        CC0,
        f"{SKIMAGE}, skimage.data.coffee()",
        "Cropped, mirrored, colour-graded.",
        skimage.data.coffee,
    ),
    "rocket": Source(
        "Falcon 9 with DSCOVR before its launch",
        "SpaceX (https://www.flickr.com/photos/spacexphotos/16511594820)",
        PUBLIC_DOMAIN,
        f"{SKIMAGE}, skimage.data.rocket()",
        "Cropped, mirrored, colour-graded.",
        skimage.data.rocket,
    ),
    "hubble": Source(
        "Hubble eXtreme Deep Field",
        "NASA (http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/)",
        PUBLIC_DOMAIN,
        f"{SKIMAGE}, skimage.data.hubble_deep_field()",
        "Cropped, colour-graded.",
        skimage.data.hubble_deep_field,
    ),
    "grass": Source(
        "Grass-01",
        "linolafett (https://www.deviantart.com/linolafett/art/Grass-01-434853879)",
        CC0,
        f"{SKIMAGE}, skimage.data.grass()",
        "Cropped, toned.",
        skimage.data.grass,
    ),
    "brick": Source(
        "Bricks25",
        "CC0Textures (https://cc0textures.com/view.php?tex=Bricks25)",
        CC0,
        f"{SKIMAGE}, skimage.data.brick()",
        "Cropped, toned.",
        skimage.data.brick,
    ),
    "china": Source(
        "china.jpg, a pagoda over a lake",
        "danielbuechele (https://www.flickr.com/photos/danielbuechele/6061409035/)",
        CC_BY_2,
        f"{SKLEARN}, sklearn.datasets.load_sample_image('china.jpg')",
        "Changed: cropped, mirrored, colour-graded.",
        partial(sklearn.datasets.load_sample_image, "china.jpg"),
    ),
    "flower": Source(
        "flower.jpg, a dahlia",
        "vultilion (https://www.flickr.com/photos/vultilion/6056698931/)",
        CC_BY_2,
        f"{SKLEARN}, sklearn.datasets.load_sample_image('flower.jpg')",
        "Changed: cropped, mirrored, colour-graded.",
        partial(sklearn.datasets.load_sample_image, "flower.jpg"),
    ),
}

MONO = Grade(tones=((-14, -14, -12), (274, 272, 268)))  # beyond black and white: more contrast
SEPIA = Grade(tones=((38, 26, 18), (244, 228, 200)))
EVENING = Grade(1.12, -6, (1.06, 0.97, 0.86), (8, 2, 4))
FADED = Grade(0.72, 0, (0.9, 0.92, 0.94), (20, 18, 18))
COLD = Grade(0.8, 0, (0.9, 1.0, 1.1), (0, 4, 10))

CROPS: dict[str, Crop] = {
    "astronaut-portrait": Crop("astronaut", (60, 0, 336, 336), 760, Grade(0.96)),
    "space-helmet": Crop("astronaut", (262, 322, 250, 190), 720, EVENING, mirrored=True),
    "photographer": Crop("camera", (80, 28, 300, 300), 720, Grade()),
    "photographer-sepia": Crop("camera", (20, 10, 380, 502), 900, SEPIA, mirrored=True),
    "cat-face": Crop("cat", (70, 0, 300, 300), 760, Grade(1.1)),
    "cat-profile": Crop("cat", (0, 0, 451, 300), 960, COLD, mirrored=True, orientation=6),
    "cat-mono": Crop("cat", (95, 58, 190, 190), 560, MONO),
    "coffee-cup": Crop("coffee", (130, 0, 330, 330), 720, Grade(1.02)),
    "coffee-table": Crop("coffee", (0, 0, 600, 400), 960, FADED, mirrored=True, orientation=3),
    "spoon": Crop("coffee", (265, 150, 215, 240), 640, MONO),
    "rocket-dusk": Crop("rocket", (172, 90, 330, 330), 720, Grade(1.15)),
    "rocket-tall": Crop(
        "rocket", (222, 60, 200, 340), 900, Grade(1.0, 40, (1.12, 1.0, 1.02), (16, 4, 6)), mirrored=True
    ),
    "launch-lights": Crop("rocket", (20, 240, 250, 180), 720, Grade(1.0, -60, (1.1, 1.15, 1.1), (6, 10, 8))),
    "galaxies": Crop("hubble", (560, 380, 330, 330), 700, Grade(1.25, 0, (1.15, 1.15, 1.25), (2, 2, 10))),
    "galaxies-violet": Crop("hubble", (40, 20, 470, 470), 800, Grade(1.4, -35, (1.2, 1.0, 1.35), (24, 6, 44))),
    "galaxies-gold": Crop("hubble", (330, 600, 260, 260), 640, Grade(1.3, 30, (1.3, 1.15, 0.9), (34, 18, 6))),
    "pagoda": Crop("china", (12, 8, 400, 400), 840, Grade(1.18), profile="p3"),
    "pagoda-roof": Crop("china", (88, 18, 240, 240), 640, EVENING),
    "lake": Crop("china", (350, 110, 290, 220), 900, Grade(0.7, 0, (0.88, 0.96, 1.04), (0, 6, 14)), mirrored=True),
    "pagoda-mono": Crop("china", (60, 0, 300, 420), 900, MONO, mirrored=True),
    "dahlia-heart": Crop("flower", (152, 68, 306, 306), 760, Grade(1.05)),
    "dahlia-pink": Crop("flower", (215, 130, 180, 180), 600, Grade(0.95, -48), mirrored=True),
    "dahlia-wide": Crop("flower", (40, 40, 540, 380), 960, Grade(0.9, -100, (1.04, 1.04, 1.04))),
    "meadow": Crop("grass", (0, 0, 380, 380), 600, Grade(tones=((-70, -40, -50), (270, 310, 170)))),
    "bricks": Crop("brick", (60, 60, 400, 400), 600, Grade(tones=((20, -30, -30), (300, 250, 210)))),
}


def save(image: pyvips.Image, path: Path) -> None:
    """Write the picture in the format of its file name, with only the metadata it has to carry."""
    turned = image.get_typeof("orientation") != 0
    options: dict[str, object] = {
        "jpg": {"Q": 82, "optimize_coding": True, "keep": "exif|icc" if turned else "icc"},
        "webp": {"Q": 84, "effort": 6, "keep": "icc"},
        "png": {"compression": 9, "keep": "none"},
    }[path.suffix.removeprefix(".")]
    image.write_to_file(str(path), **options)


def draw(svg: Path, *, clear: bool) -> pyvips.Image:
    """The portrait's pixels, 640 x 640; with an alpha band only if its background is clear."""
    image = pyvips.Image.thumbnail(str(svg), PORTRAIT_SIDE_PIXELS, height=PORTRAIT_SIDE_PIXELS)
    image = image.copy(interpretation="srgb")
    return image if clear else image.flatten(background=[255, 255, 255])


def read_people() -> list[dict[str, str]]:
    """Rows of people.tsv by the names in its first line."""
    with (HERE / "people.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def describe(files: dict[str, list[str]]) -> str:
    """SOURCES.md: a section for each source with its author, licence, package and files."""
    lines = [
        "# Where the demo's pictures come from",
        "",
        "Written by `web/seeds/pictures.py`; change it there. Each section is a `source` of `people.json`.",
        "The people are invented. One photograph carries a Display P3 profile of libvips, which is CC0",
        "(https://github.com/saucecontrol/Compact-ICC-Profiles).",
    ]
    for key, source in SOURCES.items():
        lines += [
            "",
            f"## {key}",
            "",
            f"- Work: {source.title}",
            f"- Author: {source.author}",
            f"- Licence: {source.licence}",
            f"- Taken from: {source.package}",
            f"- What was done: {source.note}",
            f"- Files ({len(files[key])}): " + ", ".join(f"`{name}`" for name in files[key]),
        ]
    return "\n".join(lines) + "\n"


def main(portraits: Path, demo: Path) -> None:
    """Write everything and print how much it is."""
    pictures = demo / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[str]] = defaultdict(list)
    people: list[dict[str, str | None]] = []
    for row in read_people():
        name = source = None
        if row["source"] != "-":
            name = f"{row['user_id']}.{row['format']}"
            if row["source"] == "photo":
                crop = CROPS[row["recipe"]]
                source = crop.source
                save(crop.make(), pictures / name)
            else:
                source = row["source"]
                save(draw(portraits / f"{row['user_id']}.svg", clear=row["clear"] == "yes"), pictures / name)
            files[source].append(name)
        kept = {key: row[key] for key in ("user_id", "name", "title", "city", "presence")}
        people.append({**kept, "picture": name, "source": source})

    wanted = {name for names in files.values() for name in names}
    for path in pictures.iterdir():
        if path.suffix in {".jpg", ".webp", ".png"} and path.name not in wanted:
            path.unlink()
    (pictures / "SOURCES.md").write_text(describe(files), encoding="utf-8")
    rows = ",\n".join("  " + json.dumps(person, ensure_ascii=False) for person in people)
    (demo / "people.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")

    total = sum((pictures / name).stat().st_size for name in wanted)
    print(f"{len(people)} people, {len(wanted)} pictures, {total:,} bytes")
    if total > LARGEST_TOTAL_BYTES:
        raise SystemExit(f"more than {LARGEST_TOTAL_BYTES:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
