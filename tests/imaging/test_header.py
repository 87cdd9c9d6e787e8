"""What an upload claims, and the limits that it is held to before any pixel is decoded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import photographs
from avatarium.errors import AspectBeyondLimit, MalformedCrop, NotAnImage, TooManyFrames, TooManyPixels
from avatarium.imaging.context import Header
from avatarium.imaging.header import check_limits, choose_region, look_at_header
from avatarium.model import CropBox, ImageLimits
from contexts import run

FOUR_SIDES = photographs.quarters(60, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_knows_how_the_picture_is_shown(orientation: int) -> None:
    context = run(photographs.oriented_jpeg(FOUR_SIDES, orientation), before="header")

    look_at_header(context)

    assert context.header.orientation == orientation
    assert context.header.shown == (60, 40)


def test_an_animation_says_how_long_it_takes() -> None:
    context = run(photographs.animation([photographs.RED, photographs.BLUE, photographs.GREEN]), before="header")

    look_at_header(context)

    assert context.header.frames == 3
    assert context.header.delays == (100, 100, 100)
    assert context.is_animated


def test_a_header_that_claims_a_bomb_is_refused_before_a_pixel_is_decoded() -> None:
    context = run(photographs.png_bomb(), before="limits")
    start = time.process_time()

    with pytest.raises(TooManyPixels, match="20000 x 20000"):
        check_limits(context)

    assert time.process_time() - start < 0.1


def test_ten_thousand_frames_are_refused() -> None:
    context = run(photographs.long_animation(10_000), before="limits")

    with pytest.raises(TooManyFrames, match="256 frames"):
        check_limits(context)


def test_an_animation_that_takes_too_long_is_refused() -> None:
    context = run(photographs.animation([photographs.RED] * 1 + [photographs.BLUE]), before="limits")
    context.limits = ImageLimits(max_animation_seconds=0)

    with pytest.raises(TooManyFrames, match="0 seconds"):
        check_limits(context)


def test_frames_times_pixels_are_bounded() -> None:
    context = run(photographs.animation([photographs.RED, photographs.BLUE]), before="limits")
    context.limits = ImageLimits(max_frame_pixels=48 * 48 * 2 - 1)

    with pytest.raises(TooManyFrames):
        check_limits(context)


def test_a_ribbon_is_refused_however_it_lies() -> None:
    for width, height in ((210, 10), (10, 210)):
        context = run(photographs.png(width, height), before="limits")

        with pytest.raises(AspectBeyondLimit):
            check_limits(context)


def test_bytes_that_libvips_reads_as_another_format_are_refused() -> None:
    context = run(photographs.png(), before="header")
    context.content_type = "image/jpeg"

    with pytest.raises(NotAnImage):
        look_at_header(context)


@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    orientation=st.integers(1, 8),
    data=st.data(),
)
def test_a_box_lies_where_its_pixels_are_stored(width: int, height: int, orientation: int, data: st.DataObject) -> None:
    stored = Header(width, height, orientation=orientation)
    shown_width, shown_height = stored.shown
    x, y = data.draw(st.integers(0, shown_width - 1)), data.draw(st.integers(0, shown_height - 1))
    box = CropBox(x, y, data.draw(st.integers(1, shown_width - x)), data.draw(st.integers(1, shown_height - y)))
    context = run(photographs.jpeg(), before="region", crop=box)
    context.header = stored

    choose_region(context)

    region = context.region
    assert region.width == region.height == min(box.width, box.height)
    assert region.x >= 0
    assert region.y >= 0
    assert region.x + region.side <= width
    assert region.y + region.side <= height


def test_a_box_outside_of_the_picture_is_refused() -> None:
    context = run(photographs.jpeg(60, 40), before="region", crop=CropBox(10, 10, 60, 10))

    with pytest.raises(MalformedCrop, match="60 x 40"):
        choose_region(context)
