"""What is shown before the picture is: a ThumbHash and a dominant colour."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, Final

import fast_thumbhash

from avatarium.imaging.decode import resize
from avatarium.model import DISPLAY_SIZE, LADDER

if TYPE_CHECKING:
    import pyvips

    from avatarium.imaging.context import Context

THUMBHASH_SIDE: Final = 100
"""Longest side that ThumbHash takes, in pixels."""
_OPAQUE: Final = 128
"""Alpha from which a pixel counts for the dominant colour."""


def hash_thumb(context: Context) -> None:
    """Step `thumbhash`: sets `thumbhash`, base64, of at most 25 bytes. Source: evanw.github.io/thumbhash."""
    small = _with_alpha(resize(context.squares[DISPLAY_SIZE], THUMBHASH_SIDE))
    hashed = fast_thumbhash.rgba_to_thumb_hash(small.width, small.height, bytes(small.write_to_memory()))
    context.thumbhash = base64.b64encode(bytes(hashed)).decode()


def find_color(context: Context) -> None:
    """Step `color`: sets `color`, as `#rrggbb`: the mean of the fullest of 512 colour bins, 8 a channel.

    Transparent pixels do not count.
    """
    small = _with_alpha(context.squares[LADDER[0]])
    pixels = zip(*[iter(bytes(small.write_to_memory()))] * 4, strict=True)
    colors = [(red, green, blue) for red, green, blue, alpha in pixels if alpha >= _OPAQUE] or [(255, 255, 255)]
    fullest, _ = Counter(_bin(color) for color in colors).most_common(1)[0]
    members = [color for color in colors if _bin(color) == fullest]
    context.color = "#" + "".join(f"{round(sum(channel) / len(members)):02x}" for channel in zip(*members, strict=True))


def _with_alpha(picture: pyvips.Image) -> pyvips.Image:
    return picture if picture.hasalpha() else picture.bandjoin(255)


def _bin(color: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = color
    return red >> 5, green >> 5, blue >> 5
