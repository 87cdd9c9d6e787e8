"""Every encoding that leaves the pipeline: without metadata, by our own encoder settings."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pyvips

from avatarium.imaging.context import Box
from avatarium.imaging.decode import cut_box, fit_side, resize, upright, without_idle_alpha
from avatarium.imaging.loaders import open_lazily
from avatarium.model import ANIMATED_SIZES, LADDER, RenditionName

if TYPE_CHECKING:
    from avatarium.imaging.context import Context

WEBP_QUALITY: Final = 80
JPEG_QUALITY: Final = 82
ANIMATED_QUALITY: Final = 75
ANIMATED_EFFORT: Final = 2
"""A quarter of the time of effort 4 for a few percent of the bytes (docs/decisions/0012)."""
MASTER_QUALITY: Final = 92
_SHORT_DELAY_MS: Final = 20
_USUAL_DELAY_MS: Final = 100
"""Browsers show a frame for 100 ms that asks for less than 20."""
_NOTHING: Final = pyvips.enums.ForeignKeep.NONE
_WHITE: Final = [255.0, 255.0, 255.0]


def encode_stills(context: Context) -> None:
    """Step `encode`: adds WebP and JPEG of every size; lossless PNG too where a PNG has transparency.

    JPEG shows transparency on white.
    """
    lossless = context.content_type == "image/png" and context.largest.hasalpha()
    for side in LADDER:
        picture = context.squares[side]
        encoded = {"webp": _webp(picture), "jpg": _jpeg(picture, JPEG_QUALITY)}
        if lossless:
            encoded["png"] = bytes(picture.pngsave_buffer(keep=_NOTHING))
        context.renditions += [(RenditionName(side, kind), data) for kind, data in encoded.items()]


def _webp(picture: pyvips.Image) -> bytes:
    return bytes(picture.webpsave_buffer(Q=WEBP_QUALITY, effort=4, keep=_NOTHING))


def _jpeg(picture: pyvips.Image, quality: int) -> bytes:
    flat = picture.flatten(background=_WHITE) if picture.hasalpha() else picture
    return bytes(flat.jpegsave_buffer(Q=quality, optimize_coding=True, keep=_NOTHING))


def encode_animation(context: Context) -> None:
    """Step `animate`: adds the animated WebP of every size of `ANIMATED_SIZES`; nothing for a still picture.

    All frames are cut where the still picture is. Frames that ask for less than 20 ms get 100, as browsers do.
    """
    if not context.is_animated:
        return
    frames = _frames(context, ANIMATED_SIZES[-1])
    delays = [delay if delay >= _SHORT_DELAY_MS else _USUAL_DELAY_MS for delay in context.header.delays]
    for side in ANIMATED_SIZES:
        strip = pyvips.Image.arrayjoin([resize(frame, side) for frame in frames], across=1).copy()
        strip.set_type(pyvips.GValue.gint_type, "page-height", side)
        strip.set_type(pyvips.GValue.array_int_type, "delay", delays or [_USUAL_DELAY_MS] * len(frames))
        strip.set_type(pyvips.GValue.gint_type, "loop", context.header.loops)
        data = strip.webpsave_buffer(Q=ANIMATED_QUALITY, effort=ANIMATED_EFFORT, keep=_NOTHING)
        context.renditions.append((RenditionName(side, "webp", animated=True), bytes(data)))
    context.animated_sizes = ANIMATED_SIZES


def _frames(context: Context, side: int) -> list[pyvips.Image]:
    """Every frame as a square of `side` pixels, cut where the still picture is."""
    header, region = context.header, context.region
    strip = without_idle_alpha(open_lazily(context.upload, n=-1).copy_memory())
    x, y = (round(offset * side / context.fitted_side) for offset in context.offset)
    frames = []
    for number in range(header.frames):
        box = Box(region.x, region.y + number * header.height, region.width, region.height)
        frame = fit_side(upright(cut_box(strip, box), header.orientation), side)
        frame = frame.crop(min(x, frame.width - side), min(y, frame.height - side), side, side)
        frames.append(frame.copy_memory())
    return frames


def encode_master(context: Context) -> None:
    """Step `master`: sets `master`, the largest square that the upload gave, without metadata.

    JPEG without colour subsampling; lossless where there is transparency, PNG for a PNG.
    """
    if not context.master_side:
        return
    picture = context.picture
    if not picture.hasalpha():
        whole = pyvips.enums.ForeignSubsample.OFF
        data = picture.jpegsave_buffer(Q=MASTER_QUALITY, subsample_mode=whole, keep=_NOTHING)
        context.master = ("jpg", bytes(data))
    elif context.content_type == "image/png":
        context.master = ("png", bytes(picture.pngsave_buffer(keep=_NOTHING)))
    else:
        context.master = ("webp", bytes(picture.webpsave_buffer(lossless=True, effort=2, keep=_NOTHING)))


def digest_pixels(context: Context) -> None:
    """Step `digest`: sets `pixel_digest`, the same for the same pixels whatever file they came in."""
    picture = context.largest
    shape = f"{picture.width}x{picture.height}x{picture.bands}:".encode()
    context.pixel_digest = hashlib.sha256(shape + bytes(picture.write_to_memory())).hexdigest()
