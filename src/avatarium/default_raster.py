"""The default picture in pixels, for those who cannot show SVG: mail, notifications, image CDNs.

Guarantees: the letters come from the font in this package, whatever is installed; a script that it lacks gets
the neutral sign, never boxes or another font. Nothing here decodes anything.

Does not do: run off the event loop. A picture takes a few milliseconds; call it in a thread.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import pyvips

from avatarium.default_picture import DefaultPicture, background
from avatarium.imaging.collection import collection_paused
from avatarium.model import LADDER

FORMATS: Final = ("webp", "png")
"""Raster formats of a default picture, best first."""

_FONTS: Final = Path(__file__).parent / "fonts"
_FAMILY: Final = "Avatarium Initials"
_GRID: Final = 128
"""The drawing's own units, as in the SVG: one side."""
_LETTERS: Final = 52
"""Height of the letters' em square, in grid units."""
_WIDEST: Final = 100
"""What two wide letters may take, in grid units."""
_STROKE: Final = 8
"""Width of the neutral sign's lines, in grid units."""
_HEAD: Final = (64.0, 50.0, 20.0)
"""Middle (x, y) and radius of the neutral sign's head."""
_SHOULDERS: Final = (
    ((28.0, 106.0), (32.0, 84.0), (46.0, 74.0), (64.0, 74.0)),
    ((64.0, 74.0), (82.0, 74.0), (96.0, 84.0), (100.0, 106.0)),
)
"""Two cubic curves: start, two control points, end."""
_PIECES: Final = 8
"""Straight lines that a curve is drawn by."""
_UCHAR: Final = pyvips.enums.BandFormat.UCHAR
_SRGB: Final = pyvips.enums.Interpretation.SRGB


@lru_cache(maxsize=512)
@collection_paused()
def draw(picture: DefaultPicture, size: int, kind: str) -> bytes:
    """The default picture of `size` x `size` pixels, encoded.

    Args:
        picture: What is drawn.
        size: Side, in pixels.
        kind: One of `FORMATS`.
    """
    shown = picture.initials if covers(picture.initials) else ""
    mask = _letters(shown, size) if shown else _person(size)
    color = background(picture.hue)
    colors = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    # From the background to white, as far as the mask says.
    red, green, blue = ((mask * ((255 - level) / 255) + level).rint() for level in colors)
    image = red.bandjoin(green).bandjoin(blue).cast(_UCHAR).copy(interpretation=_SRGB)
    nothing = pyvips.enums.ForeignKeep.NONE
    if kind == "png":
        return bytes(image.pngsave_buffer(keep=nothing))
    return bytes(image.webpsave_buffer(lossless=True, keep=nothing))


def covers(text: str) -> bool:
    """Whether the bundled font has every letter of `text`."""
    return all(any(start <= ord(character) <= stop for start, stop in _coverage()) for character in text)


@cache
def _coverage() -> tuple[tuple[int, int], ...]:
    lines = (_FONTS / "coverage.txt").read_text(encoding="ascii").splitlines()
    pairs = [line.split() for line in lines]
    return tuple((int(start, 16), int(stop, 16)) for start, stop in pairs)


def _letters(text: str, size: int) -> pyvips.Image:
    """White on black: the letters in the middle of a square."""
    font = str(_FONTS / "avatarium-initials.otf")

    def write(points: float) -> pyvips.Image:
        # 72 dots an inch: a point is a pixel.
        return pyvips.Image.text(escape(text), font=f"{_FAMILY} {points:.2f}", fontfile=font, dpi=72)

    points = _LETTERS * size / _GRID
    image = write(points)
    room = _WIDEST * size / _GRID
    if image.width > room:
        image = write(points * room / image.width)
    image = image.crop(0, 0, min(image.width, size), min(image.height, size))
    return image.embed((size - image.width) // 2, (size - image.height) // 2, size, size)


@cache
def _person(size: int) -> pyvips.Image:
    """White on black: the neutral sign."""
    largest = LADDER[-1]
    if size == largest:
        return _draw_person(size)
    return _person(largest).thumbnail_image(size, height=size, size=pyvips.enums.Size.FORCE).copy_memory()


def _draw_person(size: int) -> pyvips.Image:
    """The neutral sign, by the distance of each pixel from its lines: half a second at 512 pixels."""
    place = (pyvips.Image.xyz(size, size) + 0.5) * (_GRID / size)
    x, y = place[0], place[1]
    middle_x, middle_y, radius = _HEAD
    distance = (((x - middle_x) ** 2 + (y - middle_y) ** 2) ** 0.5 - radius).abs()
    for curve in _SHOULDERS:
        points = [_on_curve(curve, step / _PIECES) for step in range(_PIECES + 1)]
        for start, end in pairwise(points):
            distance = _smaller(distance, _from_line(x, y, start, end))
    soft = size / _GRID  # one pixel from white to black
    mask = ((_STROKE / 2 - distance) * soft + 0.5) * 255
    return mask.cast(_UCHAR).copy_memory()


def _on_curve(curve: tuple[tuple[float, float], ...], at: float) -> tuple[float, float]:
    weights = ((1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at**2 * (1 - at), at**3)
    return (
        math.fsum(weight * point[0] for weight, point in zip(weights, curve, strict=True)),
        math.fsum(weight * point[1] for weight, point in zip(weights, curve, strict=True)),
    )


def _from_line(x: pyvips.Image, y: pyvips.Image, start: tuple[float, float], end: tuple[float, float]) -> pyvips.Image:
    """How far each pixel is from a piece of a straight line."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length = along_x**2 + along_y**2
    share = ((x - start[0]) * along_x + (y - start[1]) * along_y) / length
    share = (share < 0).ifthenelse(0, (share > 1).ifthenelse(1, share))
    return ((x - start[0] - share * along_x) ** 2 + (y - start[1] - share * along_y) ** 2) ** 0.5


def _smaller(one: pyvips.Image, other: pyvips.Image) -> pyvips.Image:
    return (one < other).ifthenelse(one, other)
