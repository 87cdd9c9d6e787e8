"""Which libvips loaders may run, and how an upload is opened with them. HEIC is read by `imaging.heic`."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pyvips

ALLOWED_LOADERS: Final = {
    "image/jpeg": "VipsForeignLoadJpeg",
    "image/png": "VipsForeignLoadPng",
    "image/webp": "VipsForeignLoadWebp",
    "image/gif": "VipsForeignLoadNsgif",
    "image/avif": "VipsForeignLoadHeif",
}
"""Media type of an upload -> the one libvips loader class that may read it."""

LOADER_NAMES: Final = {
    "image/jpeg": "jpegload",
    "image/png": "pngload",
    "image/webp": "webpload",
    "image/gif": "gifload",
    "image/avif": "heifload",
}
"""Media type of an upload -> how libvips calls the loader that it chose."""

_SEQUENTIAL: Final = pyvips.enums.Access.SEQUENTIAL


@cache
def allow_loaders() -> None:
    """Block every libvips loader, then allow the few of `ALLOWED_LOADERS`; once a process."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in ALLOWED_LOADERS.values():
        pyvips.operation_block_set(loader, False)
    pyvips.cache_set_max(0)


def open_lazily(upload: bytes, **options: Any) -> pyvips.Image:  # noqa: ANN401 - what the loader of the format takes
    """The upload with its header read; pixels are decoded from top to bottom when they are asked for.

    An upload that is cut short is an error then, not a grey area: libvips 8.18 forgets `fail_on` in
    `thumbnail_buffer`, so the shrinking on load is asked for here.
    """
    allow_loaders()
    truncated = pyvips.enums.FailOn.TRUNCATED
    return pyvips.Image.new_from_buffer(upload, "", access=_SEQUENTIAL, fail_on=truncated, **options)
