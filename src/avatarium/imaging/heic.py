"""HEIC by the extra `avatarium[heic]`: prebuilt libvips carries no HEVC decoder (docs/decisions/0013).

Does not do: image sequences. The primary picture is taken.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import pyvips

from avatarium.errors import NotAnImage, UndecodableImage

HINT: Final = (
    "HEIC pictures are not taken here: the server lacks the extra avatarium[heic]. "
    "Choose a JPEG, PNG, WebP, GIF or AVIF picture."
)
_PACKAGES: Final = ("pillow_heif", "pi_heif")
"""Either reads HEIC and has the same functions; the second one carries no encoder."""
_BANDS: Final = {"RGB": 3, "RGBA": 4, "L": 1, "LA": 2}


def open_heic(upload: bytes) -> Any:  # noqa: ANN401 - the package is an extra and may not be there
    """The primary picture, upright as the file asks, with `size`, `mode`, `stride`, `data`; not decoded yet.

    Raises:
        NotAnImage: The extra is not installed.
        UndecodableImage: The header cannot be read.
    """
    package = _import_package()
    try:
        return package.open_heif(upload, convert_hdr_to_8bit=True)
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError):
        raise UndecodableImage from None


def decode_heic(upload: bytes) -> pyvips.Image:
    """The pixels of the primary picture, with its colour profile.

    Raises:
        NotAnImage, UndecodableImage: See `open_heic`; also where the pixels cannot be read.
    """
    picture = open_heic(upload)
    bands = _BANDS.get(picture.mode, 0)
    if not bands:
        raise UndecodableImage
    try:
        data = bytes(picture.data)
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError):
        raise UndecodableImage from None
    width, height = picture.size
    rows = pyvips.Image.new_from_memory(data, picture.stride, height, 1, pyvips.enums.BandFormat.UCHAR)
    image = rows.crop(0, 0, width * bands, height).bandfold(factor=bands)
    gray = bands <= 2  # noqa: PLR2004 - gray, gray with alpha
    image = image.copy(interpretation=pyvips.enums.Interpretation.B_W if gray else pyvips.enums.Interpretation.SRGB)
    profile = picture.info.get("icc_profile")
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", bytes(profile))  # type: ignore[arg-type] # the stubs forget blobs
    return image


def _import_package() -> Any:  # noqa: ANN401 - see open_heic
    for name in _PACKAGES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise NotAnImage(HINT)
