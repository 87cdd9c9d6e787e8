"""What an upload claims to be, checked against the limits before any pixel is decoded (trap 49)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyvips

from avatarium.errors import (
    AspectBeyondLimit,
    MalformedCrop,
    NotAnImage,
    TooManyFrames,
    TooManyPixels,
    UndecodableImage,
)
from avatarium.imaging.context import Box, Header
from avatarium.imaging.heic import open_heic
from avatarium.imaging.loaders import LOADER_NAMES, open_lazily

if TYPE_CHECKING:
    from avatarium.imaging.context import Context
    from avatarium.model import CropBox, ImageLimits

_UPRIGHT = range(1, 9)


def look_at_header(context: Context) -> None:
    """Step `header`: sets `header`; nothing is decoded.

    Raises:
        NotAnImage: libvips reads the bytes as another format than they begin with, or HEIC is not taken here.
        UndecodableImage: The header cannot be read.
    """
    if context.content_type == "image/heic":
        # libheif turns and mirrors by the file's own properties; the EXIF orientation is a copy of them.
        context.header = Header(*open_heic(context.upload).size)
        return
    try:
        image = open_lazily(context.upload)
        if not str(image.get("vips-loader")).startswith(LOADER_NAMES[context.content_type]):
            raise NotAnImage
        orientation = _number(image, "orientation", 1)
        frames = _number(image, "n-pages", 1)
        context.header = Header(
            width=int(image.width),
            height=int(image.height),
            frames=frames,
            orientation=orientation if orientation in _UPRIGHT else 1,
            delays=_delays(image, frames),
            loops=max(0, _number(image, "loop", 0)),
        )
    except pyvips.Error:
        raise UndecodableImage from None


def _number(image: pyvips.Image, field: str, default: int) -> int:
    value = image.get(field) if image.get_typeof(field) else default
    return int(value) if isinstance(value, int | float) else default


def _delays(image: pyvips.Image, frames: int) -> tuple[int, ...]:
    """The delay of each frame; where a file has fewer, the last one goes on. Source: GIF 89a, 23."""
    if frames == 1 or not image.get_typeof("delay"):
        return ()
    listed = image.get("delay")
    given = [max(0, int(delay)) for delay in listed if isinstance(delay, int)] if isinstance(listed, list) else []
    given = given[:frames] or [0]
    return tuple(given + given[-1:] * (frames - len(given)))


def check_limits(context: Context) -> None:
    """Step `limits`.

    Raises:
        TooManyPixels: Width x height is beyond the limit.
        TooManyFrames: Frames, frames x pixels, or the seconds that they take are beyond the limits.
        AspectBeyondLimit: One side is more than `limits.max_aspect` times the other.
    """
    header, limits = context.header, context.limits
    pixels = header.width * header.height
    if pixels > limits.max_pixels:
        width, height = header.shown
        raise TooManyPixels(f"A picture has at most {limits.max_pixels} pixels; this one has {width} x {height}.")
    _check_frames(header, limits)
    if max(header.shown) > limits.max_aspect * min(header.shown):
        raise AspectBeyondLimit(f"One side is at most {limits.max_aspect} times the other.")


def _check_frames(header: Header, limits: ImageLimits) -> None:
    pixels = header.frames * header.width * header.height
    if header.frames > limits.max_frames or pixels > limits.max_frame_pixels:
        raise TooManyFrames(
            f"An animation has at most {limits.max_frames} frames and {limits.max_frame_pixels} pixels over all."
        )
    if sum(header.delays) > 1000 * limits.max_animation_seconds:
        raise TooManyFrames(f"An animation takes at most {limits.max_animation_seconds} seconds.")


def choose_region(context: Context) -> None:
    """Step `region`: sets `region`, the stored pixels that are used.

    A box that is not square is cut square around its middle. Without a box it is the whole picture, and the
    square is chosen by step `square`.

    Raises:
        MalformedCrop: The box is not inside of the picture.
    """
    header, crop = context.header, context.crop
    if crop is None:
        context.region = Box(0, 0, header.width, header.height)
        return
    width, height = header.shown
    if crop.x + crop.width > width or crop.y + crop.height > height:
        raise MalformedCrop(f"The crop box is not inside of the {width} x {height} picture.")
    context.region = _stored(_middle(crop), header)


def _middle(crop: CropBox) -> Box:
    """The square in the middle of the box."""
    side = min(crop.width, crop.height)
    return Box(crop.x + (crop.width - side) // 2, crop.y + (crop.height - side) // 2, side, side)


def _stored(box: Box, header: Header) -> Box:
    """Where a square of the picture as shown lies in the stored pixels. Source: EXIF 2.32, 4.6.4 (Orientation)."""
    side = box.side
    right, below = header.shown[0] - box.x - side, header.shown[1] - box.y - side
    x, y = {
        1: (box.x, box.y),
        2: (right, box.y),
        3: (right, below),
        4: (box.x, below),
        5: (box.y, box.x),
        6: (box.y, right),
        7: (below, right),
        8: (below, box.x),
    }[header.orientation]
    return Box(x, y, side, side)
