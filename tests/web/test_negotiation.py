"""One address a size: `Accept` chooses the format, and nothing is ever 406."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import photographs
from avatarium.adapters.memory import ThreadImageProcessor
from avatarium.model import ImageLimits
from avatarium.web.negotiation import choose_format
from sites import Site, open_site, problem_of
from worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator

STILL = ("webp", "jpg")
LOSSLESS = ("webp", "jpg", "png")


@pytest.mark.parametrize(
    ("accept", "available", "expected"),
    [
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", STILL, "webp"),
        ("image/webp,image/avif,image/jxl,image/heic,image/*;q=0.8,*/*;q=0.5", STILL, "webp"),
        ("image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", STILL, "jpg"),
        ("image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", LOSSLESS, "png"),
        ("image/webp;q=0.5,image/jpeg;q=0.9", STILL, "jpg"),
        ("image/webp;q=0.9, image/jpeg ; q = 0.5", STILL, "webp"),
        ("image/webp;q=0,image/*", STILL, "jpg"),
        ("image/jpeg;q=0,*/*", STILL, "webp"),
        ("image/jpeg;q=0,image/webp;q=0", STILL, "jpg"),
        ("text/html", STILL, "jpg"),
        ("*/*", STILL, "jpg"),
        ("image/*", LOSSLESS, "jpg"),
        ("", STILL, "jpg"),
        (None, STILL, "jpg"),
        ("IMAGE/WEBP", STILL, "webp"),
        ("image/webp;q=2", STILL, "jpg"),
        ("image/webp;q=0.1234", STILL, "jpg"),
        (";;,,q=1,image/", STILL, "jpg"),
        ("image/webp;level=1;q=0.7,image/jpeg;q=0.6", STILL, "webp"),
    ],
)
def test_the_format_that_weighs_most_is_chosen(accept: str | None, available: tuple[str, ...], expected: str) -> None:
    assert choose_format(accept, available) == expected


@given(st.text(max_size=200))
def test_whatever_is_asked_for_something_that_exists_is_answered(accept: str) -> None:
    assert choose_format(accept, STILL) in STILL


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(World(processor=ThreadImageProcessor(ImageLimits()))) as opened:
        opened.upload("ada", photographs.png(color=(10, 20, 200, 90)))
        yield opened


@pytest.fixture
def path(site: Site) -> str:
    image_id = site.client.get("/images/user/ada").json()["image_id"]
    return f"/pictures/{image_id}/128"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("image/webp", "image/webp"), ("image/png", "image/png"), ("*/*", "image/jpeg"), ("text/html", "image/jpeg")],
)
def test_negotiated_bytes_are_those_of_the_named_rendition(
    site: Site, path: str, accept: str, content_type: str
) -> None:
    response = site.client.get(path, headers={"accept": accept})

    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.headers["vary"] == "Accept"
    named = site.client.get(path.rpartition("/")[0] + "/" + response.headers["content-location"])
    assert (named.content, named.headers["etag"]) == (response.content, response.headers["etag"])
    assert "vary" not in named.headers
    assert response.headers["cache-control"] == named.headers["cache-control"]


def test_a_304_of_negotiated_bytes_still_says_what_it_varies_by(site: Site, path: str) -> None:
    tag = site.client.get(path, headers={"accept": "image/webp"}).headers["etag"]

    same = site.client.get(path, headers={"accept": "image/webp", "if-none-match": tag})
    other = site.client.get(path, headers={"accept": "image/jpeg", "if-none-match": tag})

    assert (same.status_code, same.headers["vary"]) == (304, "Accept")
    assert (other.status_code, other.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize("name", ["100", "0", "128.avif", "128.gif", "128-animated.webp", "512-animated.webp", "128."])
def test_what_does_not_exist_is_404_and_not_negotiated(site: Site, path: str, name: str) -> None:
    response = site.client.get(path.rpartition("/")[0] + "/" + name)

    assert (response.status_code, problem_of(response)["code"]) == (404, "unknown-rendition")
