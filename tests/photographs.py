"""Pictures that tests upload, made by libvips in this file; nothing is copied from anywhere.

`pyvips` is used here without the blocks that `avatarium.imaging` sets, so everything is made by savers only.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pyvips

if TYPE_CHECKING:
    from collections.abc import Sequence

RED = (220, 30, 40)
GREEN = (20, 160, 60)
BLUE = (30, 60, 200)
YELLOW = (240, 210, 40)
CORNERS = (RED, GREEN, BLUE, YELLOW)
"""Colours of `quarters` as a person sees them: top left, top right, bottom left, bottom right."""

NONE = pyvips.enums.ForeignKeep.NONE
SRGB = pyvips.enums.Interpretation.SRGB


def plain(width: int, height: int, color: Sequence[float] = RED) -> pyvips.Image:
    """An 8-bit sRGB picture of one colour, `width` x `height`, a band for each number of `color`."""
    image = pyvips.Image.black(width, height, bands=len(color)) + list(color)
    return image.cast(pyvips.enums.BandFormat.UCHAR).copy(interpretation=SRGB)


def quarters(width: int, height: int, colors: Sequence[Sequence[float]] = CORNERS) -> pyvips.Image:
    """Four plain quarters: top left, top right, bottom left, bottom right."""
    pieces = [plain(width // 2, height // 2, color) for color in colors]
    return pyvips.Image.arrayjoin(pieces, across=2)


def noise(width: int, height: int) -> pyvips.Image:
    """A picture that compresses badly, as a photograph does: smooth shapes under grain."""
    grain = pyvips.Image.gaussnoise(width, height, mean=0, sigma=12, seed=7)
    base = quarters(width, height)
    return (base + grain).cast(pyvips.enums.BandFormat.UCHAR).copy(interpretation=SRGB)


@cache
def jpeg(width: int = 96, height: int = 96, color: Sequence[float] = RED) -> bytes:
    """A plain baseline JPEG."""
    return bytes(plain(width, height, color).jpegsave_buffer(Q=90, keep=NONE))


def cmyk_jpeg(width: int = 96, height: int = 96, ink: Sequence[float] = (0, 255, 255, 0)) -> bytes:
    """A JPEG in CMYK without a profile; the ink is red unless told otherwise."""
    image = plain(width, height, ink).copy(interpretation=pyvips.enums.Interpretation.CMYK)
    return bytes(image.jpegsave_buffer(Q=90, keep=NONE))


@cache
def png(width: int = 96, height: int = 96, color: Sequence[float] = GREEN) -> bytes:
    """A plain PNG."""
    return bytes(plain(width, height, color).pngsave_buffer(keep=NONE))


def deep_png(width: int, height: int) -> bytes:
    """A black PNG of 16 bits a channel with alpha: few bytes, eight for each pixel once decoded."""
    deep = pyvips.Image.black(width, height, bands=4).cast(pyvips.enums.BandFormat.USHORT)
    rgba = deep.copy(interpretation=pyvips.enums.Interpretation.RGB16)
    return bytes(rgba.pngsave_buffer(compression=1, bitdepth=16, keep=NONE))


def stored_as(shown: pyvips.Image, orientation: int) -> pyvips.Image:
    """The pixels that a camera stores, so that a viewer that obeys EXIF `orientation` shows `shown`."""
    image = shown
    if orientation in {5, 8}:
        image = image.rot90()
    elif orientation in {3, 4}:
        image = image.rot180()
    elif orientation in {6, 7}:
        image = image.rot270()
    return image.fliphor() if orientation in {2, 4, 5, 7} else image


def oriented_jpeg(shown: pyvips.Image, orientation: int, *, quality: int = 90) -> bytes:
    """A JPEG with an EXIF block, so that a viewer that obeys it shows `shown`."""
    image = stored_as(shown, orientation).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return bytes(image.jpegsave_buffer(Q=quality, keep=pyvips.enums.ForeignKeep.EXIF))


def segment(marker: int, body: bytes) -> bytes:
    """One JPEG marker segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(picture: bytes, *segments: bytes) -> bytes:
    """The JPEG with `segments` right after its start."""
    return picture[:2] + b"".join(segments) + picture[2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int = 20_000) -> bytes:
    """A PNG of a few dozen bytes whose header claims `side` x `side` pixels (trap 49)."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 4)) + chunk(b"IEND", b"")
    )


def animation(frames: Sequence[Sequence[float]], width: int = 48, height: int = 48, *, kind: str = "gif") -> bytes:
    """An animated GIF or WebP with one plain frame for each colour."""
    strip = pyvips.Image.arrayjoin([plain(width, height, color) for color in frames], across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", height)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [100] * len(frames))
    return bytes(strip.gifsave_buffer() if kind == "gif" else strip.webpsave_buffer(lossless=True))


def long_animation(frames: int) -> bytes:
    """A tiny GIF of `frames` frames, written by hand: savers join frames that are equal."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    control = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return screen + (control + frame) * frames + b"\x3b"
