"""The default picture in pixels: the same letters on every machine, or the neutral sign."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

from avatarium.default_picture import DefaultPicture, background, initials
from avatarium.default_raster import FORMATS, covers, draw
from avatarium.model import LADDER
from sites import Site, open_site, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def opened(data: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(data, "")


def drawn(name: str, size: int = 128, kind: str = "png") -> pyvips.Image:
    return opened(draw(DefaultPicture(200, initials(name)), size, kind))


NEUTRAL = DefaultPicture(200, "")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", LADDER)
def test_every_size_and_format_is_drawn(size: int, kind: str) -> None:
    picture = drawn("Ada Lovelace", size, kind)

    assert (picture.width, picture.height, picture.bands) == (size, size, 3)


def test_the_colour_is_that_of_the_svg_and_the_letters_are_white() -> None:
    picture = drawn("Ada Lovelace", 512)

    color = background(200)
    assert picture(2, 2) == [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    assert picture.max() == 255


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Björk",
        "Łukasz Żak",
        "Ørsted",
        "Ελένη Παπά",
        "Дмитрий Волков",
        "Nguyễn Ảnh",
        "e\u0301mile zola",
        "x",
        "42",
    ],
)
def test_letters_that_the_font_has_are_drawn_in_the_middle(name: str) -> None:
    picture = drawn(name)

    assert draw(DefaultPicture(200, initials(name)), 128, "png") != draw(NEUTRAL, 128, "png")
    left, top, width, height = picture.find_trim(background=picture(0, 0))
    assert abs(left - (128 - left - width)) <= 2
    assert abs(top - (128 - top - height)) <= 2
    assert width <= 102


@pytest.mark.parametrize(
    "name", ["山田 太郎", "محمد علي", "क्षितिज", "🌻 Sunny", "👩‍👩‍👧‍👦", "🇧🇷", "1️⃣", "", "... ---", "Ada 山田"]
)
def test_a_script_that_the_font_lacks_gets_the_neutral_sign(name: str) -> None:
    assert draw(DefaultPicture(200, initials(name)), 128, "png") == draw(NEUTRAL, 128, "png")


def test_letters_that_are_markup_are_drawn_as_letters() -> None:
    assert draw(DefaultPicture(200, "<&"), 64, "png") != draw(NEUTRAL, 64, "png")


@given(st.text(max_size=8))
def test_any_text_is_drawn_or_gets_the_neutral_sign(text: str) -> None:
    picture = opened(draw(DefaultPicture(10, text), 64, "png"))

    assert (picture.width, picture.height) == (64, 64)


def test_ten_thousand_letters_are_two() -> None:
    assert draw(DefaultPicture(9, initials("x" * 10_000)), 64, "png") == draw(DefaultPicture(9, "X"), 64, "png")


def test_coverage_asks_for_every_letter() -> None:
    assert covers("ÅΩЖ")
    assert not covers("A山")


# ---------------------------------------------------------------- over HTTP


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened_site:
        yield opened_site


@pytest.fixture
def folder(site: Site) -> str:
    url: str = site.client.get("/images/user/ada").json()["url"]
    return url.rpartition("/")[0]


@pytest.mark.parametrize(("kind", "content_type"), [("png", "image/png"), ("webp", "image/webp")])
def test_a_raster_default_picture_has_the_headers_of_bytes(
    site: Site, folder: str, kind: str, content_type: str
) -> None:
    response = site.client.get(f"{folder}/256.{kind}")

    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    assert response.headers["cache-control"] == "max-age=604800, immutable"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["x-content-type-options"] == "nosniff"
    again = site.client.get(f"{folder}/256.{kind}", headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["100.png", "128.jpg", "128.gif", "128", "128.", ".png"])
def test_no_other_size_or_format_of_a_default_picture_exists(site: Site, folder: str, name: str) -> None:
    response = site.client.get(f"{folder}/{name}")

    assert (response.status_code, problem_of(response)["code"]) == (404, "unknown-rendition")


def test_nobody_can_mint_a_raster_picture(site: Site, folder: str) -> None:
    forged = folder.split(".")
    forged[-2] = base64.b32encode(b"XX").decode().rstrip("=").lower()

    response = site.client.get(f"{'.'.join(forged)}/128.png")

    assert (response.status_code, problem_of(response)["code"]) == (404, "unknown-image")
