"""An uploaded picture becomes checked, oriented, square renditions, by libvips.  Start with `recipe`.

Guarantees: nothing is decoded before the format is sniffed and the header is within the limits; only the
loaders of `ALLOWED_LOADERS` can run; what comes out was encoded here, is sRGB, upright, square, and carries
no metadata (no EXIF, no ICC profile, nothing after the end marker). Pure: the same bytes, box and recipe
give the same pixels.

Does not do: run off the event loop, or bound time and memory. `adapters.imaging_pool` does both.
"""

from __future__ import annotations

from avatarium.imaging.context import Context, Header
from avatarium.imaging.loaders import ALLOWED_LOADERS, allow_loaders
from avatarium.imaging.recipe import RECIPE, STEPS, read_header, render
from avatarium.imaging.sniffing import sniff

__all__ = [
    "ALLOWED_LOADERS",
    "RECIPE",
    "STEPS",
    "Context",
    "Header",
    "allow_loaders",
    "read_header",
    "render",
    "sniff",
]
