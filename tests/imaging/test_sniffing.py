"""What the first bytes prove, whatever name or type came with them."""

from __future__ import annotations

import pytest

import photographs
from avatarium.errors import EmptyUpload, NotAnImage
from avatarium.imaging.sniffing import sniff

HEIC_START = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
AVIF_START = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00avifmif1miaf"


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        (photographs.jpeg(), "image/jpeg"),
        (photographs.png(), "image/png"),
        (photographs.animation([photographs.RED, photographs.BLUE]), "image/gif"),
        (photographs.animation([photographs.RED, photographs.BLUE], kind="webp"), "image/webp"),
        (AVIF_START, "image/avif"),
        (HEIC_START, "image/heic"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_bytes_name_the_format(upload: bytes, expected: str) -> None:
    assert sniff(upload) == expected


@pytest.mark.parametrize(
    "upload",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0\n",
        b"BM\x00\x00\x00\x00",
        b"II*\x00\x08\x00\x00\x00",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b" \x89PNG\r\n\x1a\n",
        b"\xff\xd8",
    ],
    ids=["svg", "html", "pdf", "ps", "bmp", "tiff", "mp4", "wav", "a space before png", "half a jpeg marker"],
)
def test_everything_else_is_refused(upload: bytes) -> None:
    with pytest.raises(NotAnImage):
        sniff(upload)


def test_nothing_is_not_a_picture() -> None:
    with pytest.raises(EmptyUpload):
        sniff(b"")
