"""ThumbHash and dominant colour."""

from __future__ import annotations

import base64

import photographs
from avatarium.imaging.placeholder import find_color, hash_thumb
from contexts import run


def test_a_thumb_hash_is_a_few_bytes_and_depends_on_the_picture() -> None:
    one, other = run(photographs.jpeg(), before="thumbhash"), run(photographs.png(), before="thumbhash")

    hash_thumb(one)
    hash_thumb(other)

    assert 5 <= len(base64.b64decode(one.thumbhash)) <= 25
    assert one.thumbhash != other.thumbhash


def test_the_dominant_color_is_the_one_that_fills_most() -> None:
    picture = photographs.plain(100, 100, (10, 120, 200)).insert(photographs.plain(40, 40, (250, 10, 10)), 0, 0)
    context = run(bytes(picture.pngsave_buffer()), before="color")

    find_color(context)

    assert context.color == "#0a78c8"


def test_pixels_that_cannot_be_seen_do_not_count() -> None:
    hidden = photographs.plain(100, 100, (255, 0, 0, 0)).insert(photographs.plain(30, 30, (0, 0, 200, 255)), 10, 10)
    context = run(bytes(hidden.pngsave_buffer()), before="color")

    find_color(context)

    assert context.color in {"#0000c8", "#0000c9", "#0000ca"}


def test_a_picture_that_cannot_be_seen_at_all_is_white() -> None:
    context = run(photographs.png(color=(9, 9, 9, 0)), before="color")

    find_color(context)

    assert context.color == "#ffffff"
