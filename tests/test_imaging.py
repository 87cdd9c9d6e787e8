"""The pipeline on good pictures of every kind: upright, square, sRGB, small, and free of everything but pixels.

Pictures are compared by size, bands, metadata and the distance of colours (largest difference of a channel).
"""

from __future__ import annotations

import base64
import struct
from functools import cache
from typing import TYPE_CHECKING

import pytest
import pyvips

import photographs
from avatarium.imaging import render
from avatarium.model import ALL_RENDITIONS, FORMATS, LADDER, CropBox, ImageLimits, Rendered, RenditionName
from photographs import BLUE, CORNERS, GREEN, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMITS = ImageLimits()
WEBP_128 = RenditionName(128, "webp")
JPEG_512 = RenditionName(512, "jpg")
NEAR = 12
"""How far a channel may be off after a lossy encoder, of 255."""


def made(upload: bytes, crop: CropBox | None = None) -> Rendered:
    return render(upload, crop, LIMITS)


def decoded(rendered: Rendered, name: RenditionName = WEBP_128) -> pyvips.Image:
    image = pyvips.Image.new_from_buffer(dict(rendered.renditions)[name], "")
    assert (image.width, image.height) == (name.size, name.size)
    return image


def corners(image: pyvips.Image, inset: int = 12) -> list[list[float]]:
    """The colours near the corners: top left, top right, bottom left, bottom right."""
    far = image.width - 1 - inset
    return [image.getpoint(x, y) for y in (inset, far) for x in (inset, far)]


def assert_near(
    actual: Sequence[Sequence[float]], expected: Sequence[Sequence[float]], tolerance: float = NEAR
) -> None:
    distances = [
        max(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in zip(actual, expected, strict=True)
    ]
    assert max(distances) <= tolerance, (actual, expected)


@cache
def phone_photo() -> bytes:
    """12 megapixels, stored on its side with EXIF orientation 6, as a phone held upright does."""
    return photographs.oriented_jpeg(photographs.noise(3024, 4032), 6)


# ---------------------------------------------------------------- the ladder


def test_a_phone_photo_of_twelve_megapixels_becomes_upright_and_small() -> None:
    """Trap 51; must hold 3."""
    upload = phone_photo()

    rendered = made(upload, CropBox(0, 0, 3024, 3024))

    assert (rendered.content_type, rendered.width, rendered.height) == ("image/jpeg", 3024, 4032)
    assert len(dict(rendered.renditions)[WEBP_128]) < 8_000
    top, bottom = (RED, GREEN), (BLUE, YELLOW)
    small = decoded(rendered)
    assert_near([small.getpoint(8, 8), small.getpoint(119, 8)], top, 24)
    assert_near([small.getpoint(8, 119), small.getpoint(119, 119)], bottom, 24)


def test_the_square_of_a_phone_photo_is_chosen_by_itself_where_there_is_no_box() -> None:
    rendered = made(phone_photo())

    assert (rendered.width, rendered.height) == (3024, 4032)
    assert {image.width for image in (decoded(rendered, name) for name in ALL_RENDITIONS)} == set(LADDER)


@pytest.mark.parametrize("side", [1, 7, 64, 100, 511, 512, 513, 2000])
def test_every_size_exists_whatever_the_size_of_the_source(side: int) -> None:
    rendered = made(bytes(photographs.plain(side, side).pngsave_buffer()))

    assert tuple(name for name, _ in rendered.renditions) == ALL_RENDITIONS
    for name, data in rendered.renditions:
        image = decoded(rendered, name)
        assert data[:3] == b"\xff\xd8\xff" if name.format == "jpg" else data[8:12] == b"WEBP"
        assert image.interpretation == "srgb"
        assert_near([image.getpoint(name.size // 2, name.size // 2)], [RED])


@pytest.mark.parametrize(("width", "height"), [(200, 40), (40, 200), (300, 200)])
def test_long_pictures_are_cut_square_and_not_squeezed(width: int, height: int) -> None:
    stripes = photographs.plain(width, height, RED)

    rendered = made(bytes(stripes.pngsave_buffer()))

    assert (rendered.width, rendered.height) == (width, height)
    assert_near(corners(decoded(rendered)), [RED] * 4)


def test_the_same_upload_gives_the_same_bytes() -> None:
    upload = photographs.oriented_jpeg(photographs.noise(300, 400), 6)

    assert made(upload) == made(upload)


# ---------------------------------------------------------------- upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", [None, CropBox(0, 0, 96, 96)], ids=["whole", "box"])
def test_every_orientation_is_undone_once(orientation: int, crop: CropBox | None) -> None:
    """Trap 51."""
    upload = photographs.oriented_jpeg(photographs.quarters(96, 96), orientation)

    rendered = made(upload, crop)

    assert_near(corners(decoded(rendered)), CORNERS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_those_of_the_upright_picture(orientation: int) -> None:
    rendered = made(photographs.oriented_jpeg(photographs.quarters(120, 80), orientation))

    assert (rendered.width, rendered.height) == (120, 80)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    image = photographs.quarters(96, 96).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    upload = bytes(image.jpegsave_buffer(Q=90, keep=pyvips.enums.ForeignKeep.EXIF))
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00"  # tag 0x112, short, one value, little endian
    assert entry in upload
    at = upload.index(entry) + len(entry)

    rendered = made(upload[:at] + struct.pack("<H", orientation) + upload[at + 2 :])

    assert_near(corners(decoded(rendered)), CORNERS)


# ---------------------------------------------------------------- boxes


@pytest.mark.parametrize(
    ("box", "color"),
    [
        (CropBox(0, 0, 48, 48), RED),
        (CropBox(48, 0, 48, 48), GREEN),
        (CropBox(0, 48, 48, 48), BLUE),
        (CropBox(48, 48, 48, 48), YELLOW),
        (CropBox(95, 95, 1, 1), YELLOW),
        (CropBox(0, 50, 40, 20), BLUE),
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_box_is_in_pixels_of_the_upright_picture(box: CropBox, color: Sequence[float], orientation: int) -> None:
    upload = photographs.oriented_jpeg(photographs.quarters(96, 96), orientation, quality=100)

    assert_near(corners(decoded(made(upload, box))), [color] * 4, 16)


def test_a_box_that_is_not_square_is_cut_around_its_middle() -> None:
    wide = pyvips.Image.arrayjoin([photographs.plain(100, 100, color) for color in (RED, GREEN, BLUE)], across=3)

    rendered = made(bytes(wide.pngsave_buffer()), CropBox(0, 0, 300, 100))

    assert_near(corners(decoded(rendered)), [GREEN] * 4)


def test_a_box_of_the_whole_picture_is_the_whole_picture() -> None:
    upload = bytes(photographs.quarters(96, 96).pngsave_buffer())

    assert_near(corners(decoded(made(upload, CropBox(0, 0, 96, 96)))), CORNERS)


# ---------------------------------------------------------------- colours


def test_display_p3_becomes_srgb() -> None:
    """The same numbers mean a stronger red in Display P3; what is shown must stay the same."""
    numbers = photographs.plain(200, 200, (200, 60, 60))
    upload = bytes(numbers.jpegsave_buffer(Q=98, profile="p3"))
    expected = numbers.icc_transform("srgb", input_profile="p3").getpoint(100, 100)

    shown = decoded(made(upload), JPEG_512).getpoint(256, 256)

    assert max(abs(a - b) for a, b in zip(expected, numbers.getpoint(0, 0), strict=True)) > NEAR
    assert_near([shown], [expected], 4)


def test_cmyk_without_a_profile_becomes_srgb() -> None:
    shown = decoded(made(photographs.cmyk_jpeg()))

    assert shown.bands == 3
    (red, green, blue) = shown.getpoint(64, 64)
    assert red > 180
    assert max(green, blue) < 80


def test_cmyk_with_a_profile_becomes_srgb() -> None:
    ink = photographs.plain(96, 96, (0, 255, 255, 0)).copy(interpretation=pyvips.enums.Interpretation.CMYK)
    upload = bytes(ink.jpegsave_buffer(Q=95, profile="cmyk"))

    (red, green, blue) = decoded(made(upload)).getpoint(64, 64)

    assert red > 180
    assert max(green, blue) < 80


def _png16() -> bytes:
    image = photographs.plain(96, 96, BLUE).colourspace(pyvips.enums.Interpretation.RGB16)
    return bytes(image.pngsave_buffer(bitdepth=16))


def _grey() -> pyvips.Image:
    return photographs.plain(96, 96, (120,)).copy(interpretation=pyvips.enums.Interpretation.B_W)


KINDS: dict[str, tuple[bytes, Sequence[float], str]] = {
    "16-bit PNG": (_png16(), BLUE, "image/png"),
    "palette PNG": (bytes(photographs.plain(96, 96, GREEN).pngsave_buffer(palette=True)), GREEN, "image/png"),
    "interlaced PNG": (bytes(photographs.plain(96, 96, GREEN).pngsave_buffer(interlace=True)), GREEN, "image/png"),
    "grey PNG": (bytes(_grey().pngsave_buffer()), (120, 120, 120), "image/png"),
    "grey JPEG": (bytes(_grey().jpegsave_buffer(Q=95)), (120, 120, 120), "image/jpeg"),
    "1-bit PNG": (bytes((_grey() > 0).pngsave_buffer(bitdepth=1)), (255, 255, 255), "image/png"),
    "progressive JPEG": (bytes(photographs.plain(96, 96, RED).jpegsave_buffer(interlace=True)), RED, "image/jpeg"),
    "lossy WebP": (bytes(photographs.plain(96, 96, RED).webpsave_buffer(Q=90)), RED, "image/webp"),
    "lossless WebP": (bytes(photographs.plain(96, 96, RED).webpsave_buffer(lossless=True)), RED, "image/webp"),
    "GIF": (bytes(photographs.plain(96, 96, YELLOW).gifsave_buffer()), YELLOW, "image/gif"),
    "AVIF": (bytes(photographs.plain(96, 96, GREEN).heifsave_buffer(compression="av1", Q=90)), GREEN, "image/avif"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_becomes_8_bit_srgb(kind: str) -> None:
    upload, color, content_type = KINDS[kind]

    rendered = made(upload)

    assert rendered.content_type == content_type
    for name in ALL_RENDITIONS:
        image = decoded(rendered, name)
        assert (image.bands, image.format, image.interpretation) == (3, "uchar", "srgb")
        assert_near([image.getpoint(name.size // 2, name.size // 2)], [color])


# ---------------------------------------------------------------- transparency and motion


def _half_transparent(kind: str) -> bytes:
    left, right = photographs.plain(48, 96, (*BLUE, 255)), photographs.plain(48, 96, (*BLUE, 0))
    image = pyvips.Image.arrayjoin([left, right], across=2).copy(interpretation=photographs.SRGB)
    if kind == "webp":
        return bytes(image.webpsave_buffer(lossless=True))
    return bytes(image.pngsave_buffer() if kind == "png" else image.gifsave_buffer())


@pytest.mark.parametrize("kind", ["png", "webp", "gif"])
def test_transparency_stays_in_webp_and_is_white_in_jpeg(kind: str) -> None:
    rendered = made(_half_transparent(kind), CropBox(0, 0, 96, 96))

    webp, jpeg = decoded(rendered), decoded(rendered, RenditionName(128, "jpg"))
    assert webp.hasalpha()
    assert webp.getpoint(20, 64)[3] == 255
    assert webp.getpoint(108, 64)[3] == 0
    assert not jpeg.hasalpha()
    assert_near([jpeg.getpoint(20, 64), jpeg.getpoint(108, 64)], [BLUE, (255, 255, 255)])


def test_a_grey_picture_with_transparency_keeps_it() -> None:
    pair = photographs.plain(96, 96, (120, 128)).copy(interpretation=pyvips.enums.Interpretation.B_W)

    rendered = made(bytes(pair.pngsave_buffer()))

    (*color, alpha) = decoded(rendered).getpoint(64, 64)
    assert_near([color], [(120, 120, 120)])
    assert abs(alpha - 128) <= 4


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    """Trap 48."""
    rendered = made(photographs.animation([RED, GREEN, BLUE], kind=kind))

    assert (rendered.width, rendered.height) == (48, 48)
    for name in ALL_RENDITIONS:
        image = decoded(rendered, name)
        assert image.get_typeof("n-pages") == 0 or image.get("n-pages") == 1
        assert_near([image.getpoint(name.size // 2, name.size // 2)[:3]], [RED])


# ---------------------------------------------------------------- nothing but pixels


SECRETS = (b"Exif\0\0", b"GPS-SECRET", b"XMP-SECRET", b"ns.adobe.com/xap", b"ICC_PROFILE", b"ICCP", b"EXIF",
           b"XMP ", b"COMMENT-SECRET", b"IPTC-SECRET", b"Photoshop 3.0", b"TRAILER-SECRET", b"<script", b"eXIf",
           b"iTXt")  # fmt: skip


def _loaded_jpeg() -> bytes:
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0GPS-SECRET"
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>XMP-SECRET</x:xmpmeta>"
    picture = bytes(photographs.plain(96, 96).jpegsave_buffer(Q=90, profile="p3"))
    return (
        photographs.with_segments(
            picture,
            photographs.segment(0xE1, exif),
            photographs.segment(0xE1, xmp),
            photographs.segment(0xED, b"Photoshop 3.0\0IPTC-SECRET"),
            photographs.segment(0xFE, b"COMMENT-SECRET <script>alert(1)</script>"),
        )
        + b"TRAILER-SECRET"
    )


def _loaded_png() -> bytes:
    picture = bytes(photographs.plain(96, 96).pngsave_buffer(profile="p3"))
    start = picture.index(b"IDAT") - 4
    extra = b"".join(
        (
            photographs.chunk(b"tEXt", b"Comment\0COMMENT-SECRET <script>"),
            photographs.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0XMP-SECRET"),
            photographs.chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0GPS-SECRET"),
        )
    )
    return picture[:start] + extra + picture[start:] + b"TRAILER-SECRET"


def _loaded_webp() -> bytes:
    image = photographs.plain(96, 96).copy()
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x>XMP-SECRET</x>")  # type: ignore[arg-type]  # the stubs forget blobs
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0GPS-SECRET"
    image.set_type(pyvips.GValue.blob_type, "exif-data", exif)  # type: ignore[arg-type]  # the stubs forget blobs
    return bytes(image.webpsave_buffer(profile="p3")) + b"TRAILER-SECRET"


@pytest.mark.parametrize("source", [_loaded_jpeg, _loaded_png, _loaded_webp], ids=["JPEG", "PNG", "WebP"])
def test_no_rendition_carries_anything_of_the_upload_but_its_pixels(source: Callable[[], bytes]) -> None:
    """Traps 50 and 51: place, profile, comments, and whatever was appended."""
    upload = source()
    assert b"XMP-SECRET" in upload
    assert b"TRAILER-SECRET" in upload

    rendered = made(upload)

    for name, data in rendered.renditions:
        assert not [secret for secret in SECRETS if secret in data]
        fields = {field for field in decoded(rendered, name).get_fields() if field.endswith("-data")}
        assert fields == set()
        assert (
            data.endswith(b"\xff\xd9") if name.format == "jpg" else len(data) == int.from_bytes(data[4:8], "little") + 8
        )


@pytest.mark.parametrize(
    "payload",
    [b"<html><script>alert('POLYGLOT')</script></html>", b"PK\x03\x04POLYGLOT" + b"\0" * 40, b"%PDF-1.7 POLYGLOT",
     b"\0" * 100 + b"POLYGLOT", photographs.png()],
    ids=["HTML", "ZIP", "PDF", "padding", "another picture"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_what_is_appended_to_a_picture_does_not_come_out_again(kind: str, payload: bytes) -> None:
    """Trap 50."""
    picture = photographs.jpeg() if kind == "jpeg" else photographs.png()

    rendered = made(picture + payload)

    assert rendered.renditions == made(picture).renditions
    assert not [name for name, data in rendered.renditions if b"POLYGLOT" in data]


# ---------------------------------------------------------------- placeholders


def test_the_thumbhash_is_short_and_says_the_average_colour() -> None:
    rendered = made(photographs.jpeg(color=BLUE))

    hashed = base64.b64decode(rendered.thumbhash, validate=True)
    assert 5 <= len(hashed) <= 25
    # The first three bytes hold lightness and two opponents, 6 bits each. Source: evanw.github.io/thumbhash
    header = int.from_bytes(hashed[:3], "little")
    lightness, p, q = (header & 63) / 63, (header >> 6 & 63) / 31.5 - 1, (header >> 12 & 63) / 31.5 - 1
    blue = lightness - 2 / 3 * p
    red = (3 * lightness - blue + q) / 2
    assert_near([(red * 255, (red - q) * 255, blue * 255)], [BLUE], 16)


def test_a_thumbhash_knows_transparency() -> None:
    opaque, half = made(photographs.png()), made(_half_transparent("png"))

    has_alpha = [base64.b64decode(rendered.thumbhash)[2] >> 7 for rendered in (opaque, half)]

    assert has_alpha == [0, 1]


@pytest.mark.parametrize("color", CORNERS)
def test_the_dominant_colour_is_that_of_most_of_the_picture(color: tuple[int, int, int]) -> None:
    pieces = [photographs.plain(96, 72, color), photographs.plain(96, 24, (128, 128, 128))]
    upload = bytes(pyvips.Image.arrayjoin(pieces, across=1).extract_area(0, 0, 96, 96).pngsave_buffer())

    dominant = made(upload, CropBox(0, 0, 96, 96)).color

    assert_near([[int(dominant[at : at + 2], 16) for at in (1, 3, 5)]], [color], 4)


def test_formats_stand_in_the_order_of_the_mapping() -> None:
    names = [str(name) for name, _ in made(photographs.jpeg()).renditions]

    assert names == [f"{size}.{kind}" for size in LADDER for kind in FORMATS]
