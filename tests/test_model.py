"""The values that everything else speaks of: which ids, names and boxes are well formed, and who may do what."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.errors import MalformedCrop, MalformedImageId, MalformedUserId, UnknownRendition
from avatarium.model import (
    ALL_RENDITIONS,
    FORMATS,
    LADDER,
    CropBox,
    RenditionName,
    UserId,
    Viewer,
    parse_image_id,
    parse_user_id,
)
from worlds import ADA, ALAN, make_image


@pytest.mark.parametrize(
    "text",
    ["a", "ada", "Ada Lovelace", " ", "ada@example.com", "ünïcødé", "山田", "👩‍👩‍👧‍👦", "%2F", "...", "a..b", "-",
     "x" * 128, "\U0001f600" * 128, "\u00a0", "\u200b", "\ufffd", "e\u0301", "<script>", "null"],
)  # fmt: skip
def test_a_user_id_is_opaque_and_kept_exactly(text: str) -> None:
    assert parse_user_id(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 128"),
        ("x" * 129, "1 to 128"),
        ("\U0001f600" * 129, "1 to 128"),
        ("a/b", "no"),
        ("/", "no"),
        ("a\\b", "no"),
        (".", "no"),
        ("..", "no"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("\x7f", "control"),
        ("\x85", "control"),
        ("\ud800", "Unicode"),
        ("a\udfff", "Unicode"),
    ],
)
def test_a_user_id_that_cannot_stand_in_a_path_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(MalformedUserId, match=reason):
        parse_user_id(text)


@given(st.text(max_size=140))
def test_a_user_id_is_either_kept_or_refused_by_the_rules_of_the_specification(text: str) -> None:
    well_formed = (
        1 <= len(text) <= 128
        and len(text.encode()) <= 512
        and not any(unicodedata.category(character) == "Cc" for character in text)
        and not set(text) & {"/", "\\"}
        and text not in {".", ".."}
    )
    if well_formed:
        assert parse_user_id(text) == text
    else:
        with pytest.raises(MalformedUserId):
            parse_user_id(text)


@pytest.mark.parametrize("text", ["a" * 26, "z2" * 13, "k3vyq6m2a7d4xw5f2hjc7nbtpe"])
def test_an_image_id_is_26_characters_of_base32(text: str) -> None:
    assert parse_image_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "a" * 25, "a" * 27, "A" * 26, "1" * 26, "a" * 25 + "8", "a" * 26 + "\n", "ａ" * 26, "../" + "a" * 23]
)
def test_anything_else_is_no_image_id(text: str) -> None:
    with pytest.raises(MalformedImageId):
        parse_image_id(text)


def test_every_rendition_of_the_ladder_is_known_by_its_name() -> None:
    assert [RenditionName.parse(str(name)) for name in ALL_RENDITIONS] == list(ALL_RENDITIONS)
    assert len(ALL_RENDITIONS) == len(LADDER) * len(FORMATS)
    assert {name.content_type for name in ALL_RENDITIONS} == {"image/webp", "image/jpeg"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "128",
        "128.avif",
        "512-animated.webp",
        "128-animated.jpg",
        "127.webp",
        "128.webp ",
        "0128.webp",
        "+128.webp",
        "١٢٨.webp",
    ],
)
def test_any_other_name_is_of_no_rendition(text: str) -> None:
    with pytest.raises(UnknownRendition):
        RenditionName.parse(text)


def test_an_image_knows_its_renditions_and_no_other() -> None:
    image = make_image(1)

    assert image.rendition(ALL_RENDITIONS[0]) == image.renditions[0]
    assert image.rendition(RenditionName(1024, "webp")) is None


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(1, 999_999), st.integers(1, 999_999))
def test_a_crop_box_reads_what_it_writes(x: int, y: int, width: int, height: int) -> None:
    box = CropBox(x, y, width, height)

    assert CropBox.parse(str(box)) == box


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "1,2,3,4,5", "1,2,3,", "-1,0,1,1", "0,0,0,1", "0,0,1,0", "1.5,0,1,1", " 1,2,3,4", "1,2,3,4\n",
     "a,b,c,d", "1,2,3,1000000", "١,2,3,4", "0x1,2,3,4", "+1,2,3,4"],
)  # fmt: skip
def test_anything_else_is_no_crop_box(text: str) -> None:
    with pytest.raises(MalformedCrop):
        CropBox.parse(text)


@pytest.mark.parametrize(
    ("viewer", "own", "others"),
    [
        (Viewer.anonymous(), False, False),
        (Viewer.person(ADA), True, False),
        (Viewer.administrator(ALAN), True, True),
        (Viewer.administrator(), True, True),
        (Viewer.service(), True, True),
    ],
)
def test_who_may_change_what(*, viewer: Viewer, own: bool, others: bool) -> None:
    assert viewer.may_change(ADA) is own
    assert viewer.may_change(UserId("somebody else")) is others


def test_ids_are_compared_exactly() -> None:
    assert not Viewer.person(UserId("Ada")).may_change(ADA)
    assert not Viewer.person(UserId("e\u0301")).may_change(UserId("\u00e9"))
