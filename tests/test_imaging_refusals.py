"""The pipeline on everything else: refused by the header where possible, and never half a picture (traps 49, 50)."""

from __future__ import annotations

import contextlib
import struct

import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

import photographs
from avatarium.errors import (
    AspectBeyondLimit,
    AvatariumError,
    BadRequest,
    EmptyUpload,
    MalformedCrop,
    NotAnImage,
    TooManyFrames,
    TooManyPixels,
    UndecodableImage,
    UploadTooLarge,
)
from avatarium.imaging import ALLOWED_LOADERS, allow_loaders, read_header, render, sniff
from avatarium.model import CropBox, ImageLimits

LIMITS = ImageLimits()


def refused(upload: bytes, kind: type[AvatariumError], limits: ImageLimits = LIMITS) -> AvatariumError:
    """The error of `kind` that refuses `upload`."""
    with pytest.raises(kind) as caught:
        render(upload, None, limits)
    assert type(caught.value) is kind
    return caught.value


# ---------------------------------------------------------------- what is no picture


NOT_PICTURES = {
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "XML": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "PDF": b"%PDF-1.7\n1 0 obj",
    "TIFF": b"II*\0\x08\0\0\0" + b"\0" * 100,
    "big-endian TIFF": b"MM\0*\0\0\0\x08" + b"\0" * 100,
    "BMP": b"BM" + b"\0" * 100,
    "ICO": b"\0\0\1\0" + b"\0" * 100,
    "JPEG XL": b"\xff\x0a" + b"\0" * 100,
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 100,
    "PPM": b"P6 1 1 255 \0\0\0",
    "text": b"hello",
    "one byte": b"\xff",
    "zeros": b"\0" * 100,
    "RIFF that is no WebP": b"RIFF\x10\0\0\0WAVEfmt ",
    "MP4": b"\0\0\0\x18ftypisom\0\0\0\0isomiso2",
    "vips": b"\xb6\xa6\xf2\x08" + b"\0" * 100,
    "HTML before a picture": b"<script>" + photographs.jpeg(),
}


@pytest.mark.parametrize("kind", NOT_PICTURES)
def test_what_is_no_picture_by_its_own_first_bytes_is_415(kind: str) -> None:
    """Trap 50."""
    error = refused(NOT_PICTURES[kind], NotAnImage)

    assert error.status == 415


def test_nothing_is_an_empty_upload() -> None:
    refused(b"", EmptyUpload)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"hevc", b"msf1"])
def test_a_heic_that_is_only_a_start_is_damaged_where_the_extra_is_installed(brand: bytes) -> None:
    """Without the extra it is refused with a hint: tests/imaging/test_heic.py."""
    refused(struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0" + brand + b"miaf" + b"\0" * 100, UndecodableImage)


@pytest.mark.parametrize("loader", ["svgload_buffer", "tiffload_buffer", "pdfload_buffer", "ppmload_buffer", "rawload"])
def test_loaders_that_are_not_allowed_cannot_run_at_all(loader: str) -> None:
    """The sniffing is one wall; this is the other, behind it."""
    allow_loaders()
    arguments = {"rawload": ("/dev/null", 1, 1, 1)}.get(loader, (NOT_PICTURES["SVG"],))

    with pytest.raises((pyvips.Error, AttributeError)):  # blocked, or not even in this build
        getattr(pyvips.Image, loader)(*arguments)


@pytest.mark.parametrize("kind", ["SVG", "TIFF", "PPM", "PDF", "BMP"])
def test_the_library_itself_finds_no_loader_for_them(kind: str) -> None:
    allow_loaders()
    real = {
        "TIFF": bytes(photographs.plain(4, 4).tiffsave_buffer()),
        "SVG": NOT_PICTURES["SVG"].replace(b"<svg ", b'<svg width="9" height="9" '),
    }

    with pytest.raises(pyvips.Error, match=r"not in a known format|blocked"):
        pyvips.Image.new_from_buffer(real.get(kind, NOT_PICTURES[kind]), "")


def test_the_allowed_loaders_are_five() -> None:
    assert sorted(ALLOWED_LOADERS) == ["image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"]


@given(st.binary(max_size=64))
def test_sniffing_knows_a_picture_or_says_that_it_is_none(data: bytes) -> None:
    with contextlib.suppress(NotAnImage, EmptyUpload):
        assert sniff(data) in ALLOWED_LOADERS


# ---------------------------------------------------------------- limits, before anything is decoded


def test_a_header_that_claims_four_hundred_megapixels_is_refused_by_the_header() -> None:
    """Trap 49: a picture of 68 bytes must not take 1.2 GB."""
    bomb = photographs.png_bomb()

    assert len(bomb) < 100
    assert "20000 x 20000" in refused(bomb, TooManyPixels).detail


@pytest.mark.parametrize(("side", "fits"), [(100, True), (101, False)])
def test_the_limit_of_pixels_is_exact(*, side: int, fits: bool) -> None:
    upload = bytes(photographs.plain(side, 100).pngsave_buffer())
    limits = ImageLimits(max_pixels=10_000)

    if fits:
        assert read_header(upload, limits).width == 100
    else:
        refused(upload, TooManyPixels, limits)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_the_limit_of_frames_is_exact(kind: str) -> None:
    upload = photographs.animation([photographs.RED, photographs.GREEN, photographs.BLUE], 10, 10, kind=kind)

    assert read_header(upload, ImageLimits(max_frames=3, max_frame_pixels=300)).frames == 3
    refused(upload, TooManyFrames, ImageLimits(max_frames=2))
    refused(upload, TooManyFrames, ImageLimits(max_frame_pixels=299))


def test_an_animation_of_257_frames_is_refused() -> None:
    assert read_header(photographs.long_animation(256), LIMITS).frames == 256
    refused(photographs.long_animation(257), TooManyFrames)


@pytest.mark.parametrize(("width", "height"), [(420, 20), (20, 420), (21, 1), (10_001, 500)])
def test_a_picture_of_more_than_twenty_to_one_is_refused(width: int, height: int) -> None:
    refused(bytes(photographs.plain(width, height).pngsave_buffer()), AspectBeyondLimit)


def test_a_picture_of_exactly_twenty_to_one_is_taken() -> None:
    assert render(bytes(photographs.plain(400, 20).pngsave_buffer()), None, LIMITS).width == 400


def test_the_limit_of_bytes_holds_before_anything_is_read() -> None:
    upload = photographs.jpeg()

    refused(upload, UploadTooLarge, ImageLimits(max_bytes=len(upload) - 1))
    assert render(upload, None, ImageLimits(max_bytes=len(upload))).width == 96


@pytest.mark.parametrize(
    "box",
    [CropBox(0, 0, 97, 96), CropBox(0, 0, 96, 97), CropBox(96, 0, 1, 1), CropBox(0, 96, 1, 1), CropBox(50, 50, 47, 1),
     CropBox(999_999, 999_999, 999_999, 999_999)],
    ids=str,
)  # fmt: skip
def test_a_box_that_is_not_inside_of_the_picture_is_malformed(box: CropBox) -> None:
    with pytest.raises(MalformedCrop, match="96 x 96"):
        render(photographs.jpeg(), box, LIMITS)


def test_a_box_is_held_against_the_upright_picture() -> None:
    upload = photographs.oriented_jpeg(photographs.quarters(40, 80), 6)

    assert render(upload, CropBox(0, 60, 20, 20), LIMITS).height == 80
    with pytest.raises(MalformedCrop, match="40 x 80"):
        render(upload, CropBox(60, 0, 20, 20), LIMITS)


# ---------------------------------------------------------------- damaged and cut short


def _whole() -> dict[str, bytes]:
    photo = photographs.noise(200, 200)
    return {
        "JPEG": bytes(photo.jpegsave_buffer(Q=85)),
        "progressive JPEG": bytes(photo.jpegsave_buffer(Q=85, interlace=True)),
        "PNG": bytes(photo.pngsave_buffer()),
        "interlaced PNG": bytes(photo.pngsave_buffer(interlace=True)),
        "GIF": bytes(photo.gifsave_buffer()),
        "WebP": bytes(photo.webpsave_buffer(Q=85)),
        "lossless WebP": bytes(photo.webpsave_buffer(lossless=True)),
        "AVIF": bytes(photo.heifsave_buffer(compression="av1", Q=60, effort=0)),
    }


WHOLE = _whole()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_picture_that_was_cut_short_is_undecodable_and_not_half_grey(kind: str, share: float) -> None:
    upload = WHOLE[kind]

    error = refused(upload[: int(len(upload) * share)], UndecodableImage)

    assert error.status == 422


@pytest.mark.parametrize("kind", ["JPEG", "progressive JPEG"])
@pytest.mark.parametrize("ending", [b"", b"\0\0\0", b"\xff"])
def test_a_jpeg_that_lacks_only_its_end_marker_is_taken(kind: str, ending: bytes) -> None:
    upload = WHOLE[kind]
    assert upload.endswith(b"\xff\xd9")

    rendered = render(upload[:-2] + ending, None, LIMITS)

    assert rendered.renditions == render(upload, None, LIMITS).renditions


@pytest.mark.parametrize("missing", [8, 40, 400])
@pytest.mark.parametrize("kind", ["JPEG", "progressive JPEG"])
def test_a_jpeg_that_lacks_more_than_its_end_marker_is_not_taken_even_when_one_is_put_back(
    kind: str, missing: int
) -> None:
    upload = WHOLE[kind]

    refused(upload[:-missing], UndecodableImage)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WebP", "AVIF"])
def test_a_header_without_a_picture_is_undecodable(kind: str) -> None:
    refused(WHOLE[kind][:30], UndecodableImage)


@pytest.mark.parametrize("kind", WHOLE)
@given(st.integers(30, 100_000), st.binary(min_size=1, max_size=8))
def test_damage_in_the_middle_is_an_error_of_ours_or_a_picture_and_never_anything_else(
    kind: str, at: int, damage: bytes
) -> None:
    upload = WHOLE[kind]
    at %= len(upload)

    try:
        header = read_header(upload[:at] + damage + upload[at + len(damage) :], LIMITS)
    except BadRequest:
        return
    assert header.width * header.height <= LIMITS.max_pixels


@pytest.mark.parametrize(("sniffed", "inside"), [("PNG", "JPEG"), ("GIF", "PNG"), ("WebP", "JPEG")])
def test_a_picture_of_one_kind_under_the_first_bytes_of_another_is_refused(sniffed: str, inside: str) -> None:
    head = {"PNG": 8, "GIF": 6, "WebP": 12}[sniffed]

    with pytest.raises((UndecodableImage, NotAnImage)):
        render(WHOLE[sniffed][:head] + WHOLE[inside][head:], None, LIMITS)
