"""What leaves the pipeline: formats, motion, the master, and nothing of what came in but pixels."""

from __future__ import annotations

from typing import Any

import pytest
import pyvips

import photographs
from avatarium.imaging import render
from avatarium.imaging.encode import digest_pixels, encode_animation, encode_master, encode_stills
from avatarium.model import ALL_RENDITIONS, ANIMATED_SIZES, LADDER, CropBox, ImageLimits, RenditionName
from contexts import run

LIMITS = ImageLimits()
RED, GREEN, BLUE = photographs.RED, photographs.GREEN, photographs.BLUE


def opened(data: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(data, "")


def moving_picture(data: bytes) -> pyvips.Image:
    options: dict[str, Any] = {"n": -1}
    return pyvips.Image.new_from_buffer(data, "", **options)


def test_every_picture_has_every_size_in_every_format() -> None:
    context = run(photographs.jpeg(), before="encode")

    encode_stills(context)

    assert tuple(name for name, _ in context.renditions) == ALL_RENDITIONS
    for name, data in context.renditions:
        assert (opened(data).width, opened(data).height) == (name.size, name.size)


def test_a_png_with_transparency_stays_lossless() -> None:
    upload = photographs.png(color=(10, 200, 30, 100))

    rendered = dict(render(upload, None, LIMITS).renditions)

    for size in LADDER:
        picture = opened(rendered[RenditionName(size, "png")])
        assert picture(size // 2, size // 2) == [10, 200, 30, 100]


@pytest.mark.parametrize(
    "upload",
    [
        photographs.png(color=(10, 200, 30, 255)),
        photographs.png(),
        bytes(photographs.plain(64, 64, (10, 200, 30, 100)).webpsave_buffer(lossless=True)),
    ],
    ids=["alpha that hides nothing", "no alpha", "not a png"],
)
def test_every_other_picture_has_no_png(upload: bytes) -> None:
    assert not [name for name, _ in render(upload, None, LIMITS).renditions if name.format == "png"]


def test_a_jpeg_shows_transparency_on_white() -> None:
    rendered = dict(render(photographs.png(color=(0, 0, 0, 0)), None, LIMITS).renditions)

    assert opened(rendered[RenditionName(64, "jpg")])(32, 32) == [255, 255, 255]


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_motion_is_kept_beside_a_still_picture(kind: str) -> None:
    upload = photographs.animation([RED, GREEN, BLUE], kind=kind)

    made = render(upload, None, LIMITS)

    rendered = dict(made.renditions)
    assert made.animated
    for size in ANIMATED_SIZES:
        moving = moving_picture(rendered[RenditionName(size, "webp", animated=True)])
        assert (moving.get("n-pages"), moving.get("page-height"), moving.width) == (3, size, size)
        assert moving.get("delay") == [100, 100, 100]
        for number, color in enumerate((RED, GREEN, BLUE)):
            assert moving(size // 2, number * size + size // 2)[:3] == pytest.approx(color, abs=12)
    assert opened(rendered[RenditionName(128, "webp")]).get_typeof("n-pages") == 0
    assert opened(rendered[RenditionName(128, "webp")])(64, 64) == pytest.approx(RED, abs=12)


def test_frames_that_ask_for_no_time_get_what_browsers_give_them() -> None:
    upload = photographs.animation([RED, BLUE])
    context = run(upload, before="animate")
    context.header = type(context.header)(48, 48, frames=2, delays=(0, 40))

    encode_animation(context)

    moving = moving_picture(context.renditions[-1][1])
    assert moving.get("delay") == [100, 40]


def test_all_frames_are_cut_where_the_still_picture_is() -> None:
    wide = pyvips.Image.arrayjoin(
        [photographs.quarters(200, 100), photographs.quarters(200, 100).fliphor()], across=1
    ).copy()
    wide.set_type(pyvips.GValue.gint_type, "page-height", 100)
    upload = bytes(wide.gifsave_buffer())

    rendered = dict(render(upload, CropBox(0, 0, 50, 50), LIMITS).renditions)

    moving = moving_picture(rendered[RenditionName(64, "webp", animated=True)])
    assert moving(32, 32)[:3] == pytest.approx(RED, abs=12)
    assert moving(32, 96)[:3] == pytest.approx(GREEN, abs=12)


def test_a_still_gif_is_not_animated() -> None:
    made = render(bytes(photographs.plain(48, 48).gifsave_buffer()), None, LIMITS)

    assert not made.animated
    assert tuple(name for name, _ in made.renditions) == ALL_RENDITIONS


@pytest.mark.parametrize(
    ("upload", "kind"),
    [
        (photographs.jpeg(1500, 1500), "jpg"),
        (photographs.png(1500, 1500, (10, 20, 30, 100)), "png"),
        (bytes(photographs.plain(1500, 1500, (10, 20, 30, 100)).webpsave_buffer()), "webp"),
    ],
    ids=["opaque", "a clear png", "a clear webp"],
)
def test_a_master_is_kept_as_well_as_it_can_be(upload: bytes, kind: str) -> None:
    context = run(upload, before="master", master_side=1024)

    encode_master(context)

    assert context.master is not None
    assert context.master[0] == kind
    assert opened(context.master[1]).width == 1024


def test_no_master_is_kept_where_none_is_wanted() -> None:
    assert render(photographs.jpeg(), None, LIMITS).master is None


def test_the_same_pixels_have_the_same_digest_whatever_file_they_came_in() -> None:
    picture = photographs.quarters(512, 512)
    one, other = (
        run(bytes(picture.pngsave_buffer()), before="digest"),
        run(bytes(picture.pngsave_buffer(palette=False, compression=0)), before="digest"),
    )
    different = run(bytes(picture.rot90().pngsave_buffer()), before="digest")
    for context in (one, other, different):
        digest_pixels(context)

    assert one.pixel_digest == other.pixel_digest
    assert one.pixel_digest != different.pixel_digest
