"""From bytes to one upright square of sRGB pixels."""

from __future__ import annotations

import pytest
import pyvips

import photographs
from avatarium.errors import UndecodableImage
from avatarium.imaging import render
from avatarium.imaging.decode import decode, drop_idle_alpha, fit, make_squares, square
from avatarium.model import LADDER, CropBox, ImageLimits
from contexts import run

LIMITS = ImageLimits()
CMYK_RED = [0, 255, 255, 0]
DEEP_ORANGE = [65535, 32768, 0]


def distance(one: pyvips.Image, other: pyvips.Image) -> float:
    """Mean difference of two pictures of one size, in levels of 255."""
    return float((one - other).abs().avg())


def color_at(picture: pyvips.Image, x: int, y: int) -> list[float]:
    return picture(x, y)[:3]


@pytest.mark.parametrize(("side", "shrink"), [(500, 1), (1300, 2), (2500, 4), (5000, 8)])
def test_a_large_jpeg_is_shrunk_while_it_is_decoded(side: int, shrink: int) -> None:
    context = run(photographs.jpeg(side, side), before="decode")

    decode(context)

    assert context.picture.width == -(-side // shrink)


def test_fitting_leaves_a_small_srgb_picture_in_memory() -> None:
    context = run(photographs.jpeg(3000, 1500), before="fit")

    fit(context)

    assert (context.picture.width, context.picture.height) == (1024, 512)
    assert context.picture.interpretation == "srgb"
    assert context.picture.format == "uchar"


@pytest.mark.parametrize("master_side", [0, 1024])
def test_pictures_of_all_orientations_come_out_the_same(master_side: int) -> None:
    shown = photographs.quarters(640, 480)
    upright = run(photographs.oriented_jpeg(shown, 1, quality=100), master_side=master_side)
    for orientation in range(2, 9):
        turned = run(photographs.oriented_jpeg(shown, orientation, quality=100), master_side=master_side)

        assert turned.header.shown == (640, 480)
        assert all(distance(turned.squares[side], upright.squares[side]) < 0.01 for side in LADDER)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_given_box_is_cut_from_the_picture_as_it_is_shown(orientation: int) -> None:
    shown = photographs.quarters(1600, 1200)

    context = run(photographs.oriented_jpeg(shown, orientation), crop=CropBox(850, 650, 700, 500))

    middle = color_at(context.squares[512], 256, 256)
    assert max(abs(one - other) for one, other in zip(middle, photographs.YELLOW, strict=True)) < 6
    assert distance(context.squares[512], photographs.plain(512, 512, photographs.YELLOW)) < 3


def test_a_box_of_a_picture_that_is_shrunk_on_load_is_cut_at_the_same_place() -> None:
    shown = photographs.quarters(4000, 4000)
    context = run(bytes(shown.jpegsave_buffer(Q=95)), crop=CropBox(1000, 1000, 2000, 2000))

    largest = context.squares[512]
    assert color_at(largest, 250, 250) == pytest.approx(photographs.RED, abs=6)
    assert color_at(largest, 262, 262) == pytest.approx(photographs.YELLOW, abs=6)


def test_without_a_box_the_square_is_where_the_attention_is() -> None:
    picture = photographs.plain(1200, 400, (128, 128, 128)).insert(photographs.quarters(200, 200), 950, 100)

    context = run(bytes(picture.pngsave_buffer()))

    assert context.offset[0] > 800


def test_a_square_picture_is_not_cut() -> None:
    context = run(photographs.jpeg(), before="square")

    square(context)

    assert context.offset == (0, 0)


def test_alpha_that_hides_nothing_goes_and_alpha_that_hides_something_stays() -> None:
    opaque = run(photographs.png(color=(10, 20, 30, 255)), before="alpha")
    clear = run(photographs.png(color=(10, 20, 30, 100)), before="alpha")

    drop_idle_alpha(opaque)
    drop_idle_alpha(clear)

    assert (opaque.picture.bands, clear.picture.bands) == (3, 4)


def test_every_size_exists_even_of_a_single_pixel() -> None:
    context = run(photographs.png(1, 1), before="squares")

    make_squares(context)

    assert {side: (picture.width, picture.height) for side, picture in context.squares.items()} == {
        side: (side, side) for side in LADDER
    }


def cmyk_jpeg() -> bytes:
    kinds = pyvips.enums
    ink = (pyvips.Image.black(64, 64, bands=4) + CMYK_RED).cast(kinds.BandFormat.UCHAR)
    return bytes(ink.copy(interpretation=kinds.Interpretation.CMYK).jpegsave_buffer(Q=95))


def test_cmyk_becomes_srgb() -> None:
    context = run(cmyk_jpeg())

    red, green, blue = color_at(context.squares[64], 32, 32)
    assert red > 180
    assert green < 90
    assert blue < 90


def test_a_display_p3_profile_is_converted_and_not_only_dropped() -> None:
    tagged = photographs.plain(64, 64, (234, 51, 35)).icc_transform("p3", input_profile="srgb")

    context = run(bytes(tagged.pngsave_buffer(keep=pyvips.enums.ForeignKeep.ICC)))

    assert color_at(context.squares[64], 32, 32) == pytest.approx((234, 51, 35), abs=3)


def test_sixteen_bits_and_gray_become_eight_bit_srgb() -> None:
    deep = (pyvips.Image.black(64, 64, bands=3) + DEEP_ORANGE).cast("ushort").copy(interpretation="rgb16")
    gray = (pyvips.Image.black(64, 64) + 90).cast("uchar").copy(interpretation="b-w")

    assert color_at(run(bytes(deep.pngsave_buffer(bitdepth=16))).squares[64], 9, 9) == pytest.approx(
        (255, 128, 0), abs=2
    )
    assert color_at(run(bytes(gray.pngsave_buffer())).squares[64], 9, 9) == [90, 90, 90]


def test_a_palette_and_a_progressive_jpeg_are_read() -> None:
    palette = photographs.quarters(64, 64).pngsave_buffer(palette=True)
    progressive = photographs.quarters(64, 64).jpegsave_buffer(interlace=True, Q=95)

    for upload in (palette, progressive):
        assert color_at(run(bytes(upload)).squares[64], 10, 10) == pytest.approx(photographs.RED, abs=8)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_picture_that_is_cut_short_is_refused(share: float) -> None:
    for upload in (
        bytes(photographs.noise(400, 400).jpegsave_buffer()),
        bytes(photographs.noise(400, 400).pngsave_buffer()),
        bytes(photographs.noise(400, 400).webpsave_buffer()),
    ):
        with pytest.raises(UndecodableImage):
            render(upload[: int(len(upload) * share)], None, LIMITS)


def test_a_jpeg_that_lacks_only_its_end_marker_is_taken() -> None:
    upload = bytes(photographs.noise(400, 400).jpegsave_buffer())

    assert render(upload[:-2], None, LIMITS).renditions == render(upload, None, LIMITS).renditions
