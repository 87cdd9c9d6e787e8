"""Law 7: nothing of an upload comes out but its pixels, and nothing that is not a picture comes in."""

from __future__ import annotations

import struct
import zlib

import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

import photographs
from avatarium.errors import AvatariumError, BadRequest, NotAnImage
from avatarium.imaging import RECIPE, render
from avatarium.keys import derive_image_id
from avatarium.model import CropBox, ImageLimits, Rendered, UserId

LIMITS = ImageLimits()
GPS = b"GPS 52.5163 N 13.3777 E"
TRAILER = b"<?php system($_GET['c']); ?><script>alert('trailer')</script>"
COMMENT = b"a comment that somebody wrote"
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:creator>Somebody Private</dc:creator></x:xmpmeta>"
PROFILE_TEXT = b"Display P3 of somebody's own camera"
SECRETS = (
    GPS,
    TRAILER,
    COMMENT,
    b"Somebody Private",
    b"xmpmeta",
    b"Exif",
    b"http://ns.adobe",
    PROFILE_TEXT,
    b"ICC_PROFILE",
)


def everything_of(rendered: Rendered) -> dict[str, bytes]:
    """Every file that the pipeline made."""
    made = {str(name): data for name, data in rendered.renditions}
    if rendered.master is not None:
        made["master"] = rendered.master[1]
    return made


def exif_block() -> bytes:
    """An EXIF segment with a thumbnail and a text that looks like a place."""
    thumbnail = photographs.jpeg(16, 16, (1, 2, 3))
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 0) + struct.pack("<I", 0)
    return b"Exif\0\0" + tiff + GPS + thumbnail


def loaded_jpeg() -> bytes:
    picture = photographs.with_segments(
        photographs.jpeg(),
        photographs.segment(0xE1, exif_block()),
        photographs.segment(0xE1, XMP),
        photographs.segment(0xE2, b"ICC_PROFILE\0\x01\x01" + PROFILE_TEXT),
        photographs.segment(0xFE, COMMENT),
    )
    return picture + TRAILER


def loaded_png(color: tuple[int, ...] = (10, 120, 30, 90)) -> bytes:
    picture = photographs.png(color=color)
    start, end = picture[:33], picture[33:]
    texts = photographs.chunk(b"tEXt", b"Comment\0" + COMMENT) + photographs.chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    )
    profile = photographs.chunk(b"iCCP", b"mine\0\0" + zlib.compress(PROFILE_TEXT))
    return start + profile + texts + photographs.chunk(b"eXIf", exif_block()[6:]) + end + TRAILER


def loaded_gif() -> bytes:
    picture = photographs.animation([photographs.RED, photographs.BLUE])
    comment = b"\x21\xfe" + bytes([len(COMMENT)]) + COMMENT + b"\0"
    return picture[:-1] + comment + b"\x3b" + TRAILER


def loaded_webp() -> bytes:
    picture = photographs.plain(64, 64).copy()
    picture.set_type(pyvips.GValue.blob_type, "xmp-data", XMP)  # type: ignore[arg-type] # the stubs forget blobs
    picture.set_type(pyvips.GValue.gint_type, "orientation", 3)
    return bytes(picture.webpsave_buffer(keep=pyvips.enums.ForeignKeep.ALL)) + TRAILER


@pytest.mark.parametrize(
    "upload", [loaded_jpeg(), loaded_png(), loaded_gif(), loaded_webp()], ids=["jpeg", "png", "gif", "webp"]
)
@pytest.mark.parametrize("crop", [None, CropBox(1, 1, 40, 40)], ids=["whole", "cut"])
def test_nothing_comes_out_but_pixels(upload: bytes, crop: CropBox | None) -> None:
    made = everything_of(render(upload, crop, LIMITS, master_side=1024))

    for name, data in made.items():
        assert [secret for secret in SECRETS if secret in data] == [], name
        fields = set(pyvips.Image.new_from_buffer(data, "").get_fields())
        assert not {field for field in fields if field.endswith("-data") or field.startswith("exif")}, name


GIF_JS = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//"
PNG_HTML = photographs.png() + b"<html><script>alert(1)</script></html>"
PDF_JPEG = photographs.with_segments(photographs.jpeg(), photographs.segment(0xFE, b"%PDF-1.4 /JavaScript (alert(1))"))


@pytest.mark.parametrize("upload", [GIF_JS, PNG_HTML, PDF_JPEG], ids=["gif and js", "png and html", "jpeg and pdf"])
def test_a_polyglot_is_refused_or_loses_its_other_half(upload: bytes) -> None:
    try:
        made = everything_of(render(upload, None, LIMITS))
    except BadRequest:
        return
    assert not [name for name, data in made.items() if b"alert" in data or b"script" in data.lower()]


@pytest.mark.parametrize(
    "start",
    [b"<svg", b"<?xml version='1.0'?><svg", b"%PDF-1.7", b"%!PS-Adobe", b"<!doctype html>", b"GIF89", b"\x89PN"],
)
def test_what_is_no_picture_is_refused(start: bytes) -> None:
    with pytest.raises(NotAnImage):
        render(start + b" onload='alert(1)'", None, LIMITS)


SEEDS = (
    loaded_jpeg(),
    loaded_png(),
    loaded_gif(),
    loaded_webp(),
    bytes(photographs.noise(64, 48).jpegsave_buffer(interlace=True)),
    bytes(photographs.noise(64, 48).pngsave_buffer(interlace=True)),
)


@given(seed=st.sampled_from(SEEDS), keep=st.floats(0, 1))
def test_a_picture_cut_anywhere_is_a_whole_ladder_or_our_error(seed: bytes, keep: float) -> None:
    _is_a_ladder_or_our_error(seed[: int(len(seed) * keep)])


@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_a_picture_with_changed_bytes_is_a_whole_ladder_or_our_error(seed: bytes, data: st.DataObject) -> None:
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))

    _is_a_ladder_or_our_error(bytes(changed))


def _is_a_ladder_or_our_error(upload: bytes) -> None:
    try:
        rendered = render(upload, None, LIMITS)
    except AvatariumError as error:
        # The class is the answer that the caller gets.
        if not 400 <= error.status < 500:
            raise
    else:
        assert all(len(data) > 0 for _, data in rendered.renditions)


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    bands=st.sampled_from([1, 2, 3, 4]),
    kind=st.sampled_from(["png", "webp", "gif"]),
    orientation=st.integers(1, 8),
)
def test_every_small_picture_becomes_a_ladder_or_is_too_narrow(
    width: int, height: int, bands: int, kind: str, orientation: int
) -> None:
    color = (200, 100, 50, 120)[:bands]
    image = (pyvips.Image.black(width, height, bands=bands) + list(color)).cast(pyvips.enums.BandFormat.UCHAR)
    gray = pyvips.enums.Interpretation.B_W if bands < 3 else pyvips.enums.Interpretation.SRGB
    image = image.copy(interpretation=gray)
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    upload = bytes(image.write_to_buffer(f".{kind}"))

    if max(width, height) > 20 * min(width, height):
        with pytest.raises(BadRequest):
            render(upload, None, LIMITS)
        return
    rendered = render(upload, None, LIMITS)

    stored_lying = orientation >= 5 and kind != "gif"
    assert (rendered.width, rendered.height) == ((height, width) if stored_lying else (width, height))


def test_the_ids_of_this_recipe_are_pinned() -> None:
    made = derive_image_id(b"k" * 32, UserId("ada"), 0, RECIPE, None, b"an upload")
    cut = derive_image_id(b"k" * 32, UserId("ada"), 0, RECIPE, CropBox(1, 2, 3, 4), b"an upload")

    assert (RECIPE, made, cut) == (2, "lwvmbb5szvttljbzkwx4xfykke", "f6fiwizuml5onlqv27337tpr5a")
