"""From bytes to the pixels of one small upright sRGB square, without ever holding the whole large picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyvips

from avatarium.errors import UndecodableImage
from avatarium.imaging.context import Box
from avatarium.imaging.heic import decode_heic
from avatarium.imaging.loaders import open_lazily
from avatarium.model import LADDER

if TYPE_CHECKING:
    from avatarium.imaging.context import Context

_JPEG_END: Final = b"\xff\xd9"
_SHARPNESS: Final = 1.2
"""How much larger than needed a picture that was shrunk on load must be, so that nothing is lost."""
_SRGB: Final = pyvips.enums.Interpretation.SRGB
_UNTAGGED: Final = frozenset(
    {_SRGB, pyvips.enums.Interpretation.RGB16, pyvips.enums.Interpretation.B_W, pyvips.enums.Interpretation.GREY16}
)
"""How pictures are opened that need no profile to become sRGB."""
_UCHAR: Final = pyvips.enums.BandFormat.UCHAR


def decode(context: Context) -> None:
    """Step `decode`: sets `picture`, stored pixels that stream when they are asked for; a JPEG comes shrunk.

    Raises:
        UndecodableImage: The picture is damaged, or its data end too early.
    """
    context.fitted_side = max(LADDER[-1], min(context.master_side, context.region.side))
    if context.content_type == "image/heic":
        context.picture = decode_heic(context.upload)
        return
    upload, options = context.upload, _shrink_on_load(context)
    if context.content_type == "image/jpeg" and not upload.rstrip(b"\0").endswith(_JPEG_END):
        upload = _end_jpeg(upload)
    context.picture = open_lazily(upload, **options)


def _shrink_on_load(context: Context) -> dict[str, Any]:
    """The largest factor (1, 2, 4 or 8) by which a JPEG decoder may shrink without losing sharpness."""
    if context.content_type != "image/jpeg":
        return {}
    room = context.region.side / (context.fitted_side * _SHARPNESS)
    return {"shrink": max(factor for factor in (1, 2, 4, 8) if factor == 1 or factor <= room)}


def _end_jpeg(upload: bytes) -> bytes:
    """The upload with its end marker, if that was all that it lacked.

    Where picture data is missing, the decoder reads on into whatever stands behind it, so two different
    endings give two different pictures; where none is missing, they give the same.

    Raises:
        UndecodableImage: Picture data is missing too.
    """
    upload = upload.removesuffix(_JPEG_END[:1])  # half of the marker may be there
    fillers = (b"", b"\x55" * 64)
    one, other = (open_lazily(upload + filler + _JPEG_END) for filler in fillers)
    if (one - other).abs().max() != 0:
        raise UndecodableImage("The picture is incomplete: its end is missing.")
    return upload + _JPEG_END


def cut(context: Context) -> None:
    """Step `cut`: `picture` becomes its `region`; still nothing is decoded."""
    scale = context.picture.width / context.header.width
    region = context.region
    context.picture = cut_box(
        context.picture,
        Box(
            min(round(region.x * scale), context.picture.width - 1),
            min(round(region.y * scale), context.picture.height - 1),
            max(1, round(region.width * scale)),
            max(1, round(region.height * scale)),
        ),
    )


def cut_box(picture: pyvips.Image, box: Box) -> pyvips.Image:
    """The part of `picture` that lies in `box`."""
    width, height = min(box.width, picture.width - box.x), min(box.height, picture.height - box.y)
    if (width, height) == (picture.width, picture.height):
        return picture
    return picture.crop(box.x, box.y, width, height)


def orient(context: Context) -> None:
    """Step `orient`: `picture` becomes upright, once (trap 51).

    A picture that lies or is mirrored is decoded here, after the shrinking on load: turned before it is
    resized, it comes out as if it had never lain.
    """
    if context.header.orientation != 1:
        context.picture = upright(context.picture.copy_memory(), context.header.orientation)


def upright(picture: pyvips.Image, orientation: int) -> pyvips.Image:
    """The picture as a viewer shows it that obeys the EXIF orientation."""
    picture = picture.copy()
    picture.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return picture.autorot()


def fit(context: Context) -> None:
    """Step `fit`: `picture` becomes 8-bit sRGB with `fitted_side` pixels on its shorter side, in memory.

    The colour profile is converted after shrinking, where there is less to do.
    """
    context.picture = fit_side(context.picture, context.fitted_side).copy_memory()


def fit_side(picture: pyvips.Image, side: int) -> pyvips.Image:
    """The picture as 8-bit sRGB, its shorter side `side` pixels."""
    shorter = min(picture.width, picture.height)
    width = max(side, round(picture.width * side / shorter))
    height = max(side, round(picture.height * side / shorter))
    # Converting from a profile is half of the work, and untagged RGB is sRGB already.
    needs_profile = picture.get_typeof("icc-profile-data") or picture.interpretation not in _UNTAGGED
    options = {"output_profile": "srgb"} if needs_profile else {}
    picture = _force(picture, width, height, no_rotate=True, **options)
    if picture.interpretation != _SRGB:
        picture = picture.colourspace(_SRGB)
    return picture.cast(_UCHAR)


def drop_idle_alpha(context: Context) -> None:
    """Step `alpha`: an alpha band that hides nothing goes."""
    context.picture = without_idle_alpha(context.picture)


def without_idle_alpha(picture: pyvips.Image) -> pyvips.Image:
    """The picture, without an alpha band that is opaque everywhere."""
    if picture.hasalpha() and picture.extract_band(picture.bands - 1).min() == 255:  # noqa: PLR2004 - opaque
        return picture.extract_band(0, n=picture.bands - 1)
    return picture


def square(context: Context) -> None:
    """Step `square`: `picture` becomes square; sets `offset`.

    The square is where the attention is: edges, skin, saturated colour. A box that was given is square already.
    """
    picture, side = context.picture, context.fitted_side
    if picture.width == picture.height:
        context.offset = (0, 0)
        return
    cut = picture.smartcrop(side, side, interesting=pyvips.enums.Interesting.ATTENTION)
    context.offset = (-cut.xoffset, -cut.yoffset)
    context.picture = cut.copy_memory()


def make_squares(context: Context) -> None:
    """Step `squares`: sets `squares`, every size of the ladder. Sources smaller than a size are enlarged."""
    largest = resize(context.picture, LADDER[-1])
    context.squares = {side: resize(largest, side) for side in LADDER}


def resize(picture: pyvips.Image, side: int) -> pyvips.Image:
    """A square picture with `side` pixels on each side, in memory."""
    if side == picture.width:
        return picture
    return _force(picture, side, side).copy_memory()


def _force(picture: pyvips.Image, width: int, height: int, **options: Any) -> pyvips.Image:  # noqa: ANN401 - of thumbnail_image
    """The picture with this width and height, whatever its shape."""
    if picture.hasalpha() and (picture.width, picture.height) != (width, height):
        # thumbnail_image() cuts premultiplied values to whole numbers, and clear colours drift with each pass.
        kind = picture.format
        scale = width / picture.width
        picture = picture.premultiply().resize(scale, vscale=height / picture.height).unpremultiply()
        picture = picture.rint().cast(kind).crop(0, 0, min(width, picture.width), min(height, picture.height))
    return picture.thumbnail_image(width, height=height, size=pyvips.enums.Size.FORCE, **options)
