"""The recipe: named steps over one context, in order.  START READING HERE.

Each step is a function of its own that reads what the steps before it set. The recipe has a number that is
part of every image id: whoever changes a pixel changes `RECIPE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyvips

from avatarium.errors import UndecodableImage
from avatarium.imaging.collection import collection_paused
from avatarium.imaging.context import Context
from avatarium.imaging.decode import cut, decode, drop_idle_alpha, fit, make_squares, orient, square
from avatarium.imaging.encode import digest_pixels, encode_animation, encode_master, encode_stills
from avatarium.imaging.header import check_limits, choose_region, look_at_header
from avatarium.imaging.placeholder import find_color, hash_thumb
from avatarium.imaging.sniffing import sniff_format
from avatarium.model import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from avatarium.imaging.context import Header
    from avatarium.model import CropBox, ImageLimits

RECIPE: Final = 2
"""Number of this recipe. It is part of every image id: a change that alters pixels is a new number."""

STEPS: Final[tuple[tuple[str, Callable[[Context], None]], ...]] = (
    ("sniff", sniff_format),
    ("header", look_at_header),
    ("limits", check_limits),
    ("region", choose_region),
    ("decode", decode),
    ("cut", cut),
    ("orient", orient),
    ("fit", fit),
    ("alpha", drop_idle_alpha),
    ("square", square),
    ("squares", make_squares),
    ("encode", encode_stills),
    ("animate", encode_animation),
    ("master", encode_master),
    ("thumbhash", hash_thumb),
    ("color", find_color),
    ("digest", digest_pixels),
)
"""Name of each step, in order -> what it does."""
_BEFORE_PIXELS: Final = 3
"""So many steps decode nothing."""


@collection_paused()
def read_header(upload: bytes, limits: ImageLimits) -> Header:
    """What the upload claims to be, after all limits were checked and before any pixel is decoded.

    Raises:
        BadRequest: What the upload is refused for by its first bytes, its header or a limit.
    """
    context = Context(upload, None, limits)
    for _, step in STEPS[:_BEFORE_PIXELS]:
        step(context)
    return context.header


@collection_paused()
def render(upload: bytes, crop: CropBox | None, limits: ImageLimits, *, master_side: int = 0) -> Rendered:
    """The whole ladder of `upload`: every size of `LADDER` in every format of `FORMATS`, and what else it has.

    Args:
        upload: The uploaded bytes.
        crop: A box in pixels of the oriented picture; left out, the square is where the attention is.
        limits: What the upload may be.
        master_side: Longest side of the master that is kept for later recipes, in pixels; 0: none.

    Raises:
        BadRequest: What the upload is refused for; each step names its own errors.
    """
    context = Context(upload, crop, limits, master_side)
    for _, step in STEPS:
        try:
            step(context)
        except pyvips.Error:
            raise UndecodableImage from None
    width, height = context.header.shown
    return Rendered(
        content_type=context.content_type,
        width=width,
        height=height,
        thumbhash=context.thumbhash,
        color=context.color,
        renditions=tuple(context.renditions),
        animated=context.is_animated,
        master=context.master,
        pixel_digest=context.pixel_digest,
    )
