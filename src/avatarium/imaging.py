"""An uploaded picture becomes checked, oriented, square renditions, by libvips.

Guarantees: nothing is decoded before the format is sniffed and the header is within the limits; only the
loaders of `ALLOWED_LOADERS` can run; what comes out was encoded here, is sRGB, upright, square, and carries
no metadata (no EXIF, no ICC profile, nothing after the end marker). Pure: the same bytes, box and recipe
give the same pixels.

Does not do: run off the event loop, or bound time and memory. `adapters.imaging_pool` does both.
"""

from __future__ import annotations

import base64
import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import fast_thumbhash
import pyvips

from avatarium.errors import (
    AspectBeyondLimit,
    EmptyUpload,
    MalformedCrop,
    NotAnImage,
    TooManyFrames,
    TooManyPixels,
    UndecodableImage,
    UploadTooLarge,
)
from avatarium.model import FORMATS, LADDER, CropBox, ImageLimits, Rendered, RenditionName

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPE: Final = 1
"""Number of this recipe. It is part of every image id: a change that alters pixels is a new number."""

ALLOWED_LOADERS: Final = {
    "image/jpeg": "VipsForeignLoadJpeg",
    "image/png": "VipsForeignLoadPng",
    "image/webp": "VipsForeignLoadWebp",
    "image/gif": "VipsForeignLoadNsgif",
    "image/avif": "VipsForeignLoadHeif",
}
"""Media type of an upload -> the one libvips loader class that may read it."""

WEBP_QUALITY: Final = 80
JPEG_QUALITY: Final = 82
THUMBHASH_SIDE: Final = 100
"""Longest side that ThumbHash takes, in pixels."""

_WHITE: Final = [255.0, 255.0, 255.0]
_JPEG_END: Final = b"\xff\xd9"
_HEIC_BRANDS: Final = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_OPAQUE: Final = 128
"""Alpha from which a pixel counts for the dominant colour."""


@cache
def allow_loaders() -> None:
    """Block every libvips loader, then allow the few of `ALLOWED_LOADERS`; once a process."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in ALLOWED_LOADERS.values():
        pyvips.operation_block_set(loader, False)
    pyvips.cache_set_max(0)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Keep the garbage collector out of libvips's work.

    libvips logs through a Python callback. A collection that starts in there frees other pictures, they log
    too, and GLib ends the process on a message within a message.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def sniff(upload: bytes) -> str:
    """The media type that the first bytes prove; names and types that the client sent are not asked.

    Raises:
        EmptyUpload: There are no bytes.
        NotAnImage: They are not the start of an allowed format.
    """
    if not upload:
        raise EmptyUpload
    if upload.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if upload.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if upload.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if upload[:4] == b"RIFF" and upload[8:12] == b"WEBP":
        return "image/webp"
    if upload[4:8] == b"ftyp":
        brands = _brands(upload)
        if brands & {b"avif", b"avis"}:
            return "image/avif"
        if brands & _HEIC_BRANDS:
            raise NotAnImage("HEIC pictures are not taken here. Choose a JPEG, PNG, WebP, GIF or AVIF picture.")
    raise NotAnImage


def _brands(upload: bytes) -> set[bytes]:
    """The major and compatible brands of an ISO media file. Source: ISO/IEC 14496-12, 4.3."""
    end = min(int.from_bytes(upload[:4], "big"), 256, len(upload))
    return {upload[8:12], *(upload[at : at + 4] for at in range(16, end, 4))}


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an upload claims."""

    content_type: str
    width: int
    """As shown: after the EXIF orientation, in pixels."""
    height: int
    frames: int


@_collection_paused()
def read_header(upload: bytes, limits: ImageLimits) -> Header:
    """What the upload claims to be, after all limits were checked and before any pixel is decoded.

    Raises:
        UploadTooLarge: More than `limits.max_bytes` bytes.
        TooManyPixels: Width x height is beyond the limit (trap 49).
        TooManyFrames: Frames, or frames x pixels, are beyond the limits.
        AspectBeyondLimit: One side is more than `limits.max_aspect` times the other.
        EmptyUpload, NotAnImage: See `sniff`.
        UndecodableImage: The header cannot be read.
    """
    if len(upload) > limits.max_bytes:
        raise UploadTooLarge(f"An upload has at most {limits.max_bytes} bytes.")
    content_type = sniff(upload)
    allow_loaders()
    try:
        image = pyvips.Image.new_from_buffer(upload, "", access=pyvips.enums.Access.SEQUENTIAL)
        loader = str(image.get("vips-loader"))
        width, height = int(image.width), int(image.height)
        frames = _header_number(image, "n-pages", 1)
        turned = _header_number(image, "orientation", 1) >= _LYING
    except pyvips.Error:
        raise UndecodableImage from None
    if not loader.startswith(_LOADER_NAMES[content_type]):
        raise NotAnImage
    if width * height > limits.max_pixels:
        raise TooManyPixels(f"A picture has at most {limits.max_pixels} pixels; this one has {width} x {height}.")
    if frames > limits.max_frames or frames * width * height > limits.max_frame_pixels:
        raise TooManyFrames(
            f"An animation has at most {limits.max_frames} frames and {limits.max_frame_pixels} pixels over all."
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise AspectBeyondLimit(f"One side is at most {limits.max_aspect} times the other.")
    if turned:
        width, height = height, width
    return Header(content_type, width, height, frames)


def _header_number(image: pyvips.Image, field: str, default: int) -> int:
    value = image.get(field) if image.get_typeof(field) else default
    return int(value) if isinstance(value, int | float) else default


_LYING: Final = 5
"""EXIF orientations 5 to 8 lie on their side."""
_LOADER_NAMES: Final = {
    "image/jpeg": "jpegload",
    "image/png": "pngload",
    "image/webp": "webpload",
    "image/gif": "gifload",
    "image/avif": "heifload",
}


@_collection_paused()
def render(upload: bytes, crop: CropBox | None, limits: ImageLimits) -> Rendered:
    """The whole ladder of `upload`: every size of `LADDER` in every format of `FORMATS`.

    Sources smaller than the largest size are enlarged, so that every size exists. Without a box the square
    is chosen by attention; a box that is not square is cut square around its middle. JPEG shows
    transparency on white. Of an animation the first frame is taken.

    Args:
        upload: The uploaded bytes.
        crop: A box in pixels of the oriented picture.
        limits: What the upload may be.

    Raises:
        MalformedCrop: The box is not inside of the picture.
        UndecodableImage: The picture is damaged or cut short.
        BadRequest: See `read_header`.
    """
    header = read_header(upload, limits)
    if crop is not None and (crop.x + crop.width > header.width or crop.y + crop.height > header.height):
        raise MalformedCrop(f"The crop box is not inside of the {header.width} x {header.height} picture.")
    try:
        square = _decode(upload, header, crop)
        renditions = tuple(
            (RenditionName(size, kind), data) for size in LADDER for kind, data in _encode(_shrink(square, size))
        )
        thumbhash = _thumbhash(square)
        color = _dominant_color(square)
    except pyvips.Error:
        raise UndecodableImage from None
    return Rendered(header.content_type, header.width, header.height, thumbhash, color, renditions)


def _decode(upload: bytes, header: Header, crop: CropBox | None) -> pyvips.Image:
    """The largest square rendition's pixels: 8-bit sRGB, 3 or 4 bands."""
    if header.content_type == "image/jpeg" and not upload.rstrip(b"\0").endswith(_JPEG_END):
        upload = _end_jpeg(upload)
    side = LADDER[-1]
    image = _load(upload, header, 1 if crop else _shrink_on_load(header)).autorot()
    attention = pyvips.enums.Interesting.ATTENTION
    if crop is not None:
        image = image.extract_area(crop.x, crop.y, crop.width, crop.height)
        attention = pyvips.enums.Interesting.CENTRE
    image = image.thumbnail_image(
        side, height=side, size=pyvips.enums.Size.BOTH, crop=attention, output_profile="srgb", no_rotate=True
    )
    if image.interpretation != pyvips.enums.Interpretation.SRGB:
        image = image.colourspace(pyvips.enums.Interpretation.SRGB)
    return image.cast(pyvips.enums.BandFormat.UCHAR).copy_memory()


def _load(upload: bytes, header: Header, shrink: int) -> pyvips.Image:
    """The pixels, decoded whole: an upload that is cut short is an error, not a grey area."""
    options: dict[str, Any] = {"shrink": shrink} if header.content_type == "image/jpeg" else {}
    # thumbnail_buffer() would shrink by itself, but libvips 8.18 forgets fail_on on that way.
    return pyvips.Image.new_from_buffer(
        upload, "", access=pyvips.enums.Access.SEQUENTIAL, fail_on=pyvips.enums.FailOn.TRUNCATED, **options
    ).copy_memory()


def _shrink_on_load(header: Header) -> int:
    """The largest factor (1, 2, 4 or 8) by which a JPEG decoder may shrink without losing sharpness."""
    room = min(header.width, header.height) / (LADDER[-1] * 1.2)
    return max(factor for factor in (1, 2, 4, 8) if factor == 1 or factor <= room)


def _end_jpeg(upload: bytes) -> bytes:
    """The upload with its end marker, if that was all that it lacked.

    Where picture data is missing, the decoder reads on into whatever stands behind it, so two different
    endings give two different pictures; where none is missing, they give the same.

    Raises:
        UndecodableImage: Picture data is missing too.
    """
    upload = upload.removesuffix(_JPEG_END[:1])  # half of the marker may be there
    fillers = (b"", b"\x55" * 64)
    one, other = (pyvips.Image.new_from_buffer(upload + filler + _JPEG_END, "") for filler in fillers)
    if (one - other).abs().max() != 0:
        raise UndecodableImage("The picture is incomplete: its end is missing.")
    return upload + _JPEG_END


def _shrink(square: pyvips.Image, side: int) -> pyvips.Image:
    if side == square.width:
        return square
    return square.thumbnail_image(side, height=side, size=pyvips.enums.Size.FORCE)


def _encode(image: pyvips.Image) -> list[tuple[str, bytes]]:
    """The encodings of one size, in the order of `FORMATS`."""
    flat = image.flatten(background=_WHITE) if image.hasalpha() else image
    nothing = pyvips.enums.ForeignKeep.NONE
    encoded = {
        "webp": image.webpsave_buffer(Q=WEBP_QUALITY, effort=4, keep=nothing),
        "jpg": flat.jpegsave_buffer(Q=JPEG_QUALITY, optimize_coding=True, keep=nothing),
    }
    return [(kind, bytes(encoded[kind])) for kind in FORMATS]


def _thumbhash(square: pyvips.Image) -> str:
    """The ThumbHash, base64, of at most 24 bytes. Source: evanw.github.io/thumbhash."""
    small = _shrink(square, THUMBHASH_SIDE)
    if not small.hasalpha():
        small = small.bandjoin(255)
    hashed = fast_thumbhash.rgba_to_thumb_hash(small.width, small.height, bytes(small.write_to_memory()))
    return base64.b64encode(bytes(hashed)).decode()


def _dominant_color(square: pyvips.Image) -> str:
    """The mean of the fullest of 512 colour bins (8 a channel) as `#rrggbb`; transparent pixels do not count."""
    small = _shrink(square, LADDER[0])
    if not small.hasalpha():
        small = small.bandjoin(255)
    pixels = zip(*[iter(bytes(small.write_to_memory()))] * 4, strict=True)
    colors = [(red, green, blue) for red, green, blue, alpha in pixels if alpha >= _OPAQUE] or [(255, 255, 255)]
    fullest, _ = Counter(_bin(color) for color in colors).most_common(1)[0]
    members = [color for color in colors if _bin(color) == fullest]
    return "#" + "".join(f"{sum(channel) // len(members):02x}" for channel in zip(*members, strict=True))


def _bin(color: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = color
    return red >> 5, green >> 5, blue >> 5
