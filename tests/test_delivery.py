"""Where a picture can be fetched: one resolver, the same URL in every process (traps 1, 2, 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.default_picture import DefaultPicture
from avatarium.delivery import Delivery
from avatarium.errors import BadConfiguration
from avatarium.model import ALL_RENDITIONS, ImageId, RenditionName, UserId
from worlds import ADA, SECRET, make_image, make_picture

IMAGE_ID = ImageId("k3vyq6m2a7d4xw5f2hjc7nbtpe")
BIG = RenditionName(512, "jpg")


def test_a_rendition_has_its_id_in_the_path() -> None:
    assert Delivery(SECRET).rendition_url(IMAGE_ID, BIG) == f"/pictures/{IMAGE_ID}/512.jpg"
    assert Delivery(SECRET, prefix="/api").rendition_url(IMAGE_ID, BIG) == f"/api/pictures/{IMAGE_ID}/512.jpg"


def test_another_host_can_stand_before_it() -> None:
    delivery = Delivery(SECRET, prefix="/api", template="https://cdn.example/w={size},f={format}/{image_id}?{size}")

    assert delivery.rendition_url(IMAGE_ID, BIG) == f"https://cdn.example/w=512,f=jpg/{IMAGE_ID}?512"


@pytest.mark.parametrize("template", ["https://cdn.example/{image_id}", "https://cdn.example/{size}.{format}", "x"])
def test_a_template_that_gives_two_pictures_one_url_is_refused(template: str) -> None:
    with pytest.raises(BadConfiguration, match="AVATARIUM_RENDITION_URL lacks"):
        Delivery(SECRET, template=template)


def test_every_rendition_has_a_url_of_its_own() -> None:
    urls = Delivery(SECRET).rendition_urls(make_image(1))

    assert list(urls) == [str(name) for name in ALL_RENDITIONS]
    assert len(set(urls.values())) == len(ALL_RENDITIONS)


def test_a_mapping_names_the_working_size_or_the_default_picture() -> None:
    delivery = Delivery(SECRET, prefix="/api")
    image = make_image(1)

    assert delivery.url(make_picture(ADA, 1, image)) == f"/api/pictures/{image.image_id}/128.webp"
    key = DefaultPicture.of(ADA, "Ada Lovelace").key(SECRET)
    assert delivery.url(make_picture(ADA, 1, name="Ada Lovelace")) == f"/api/pictures/default/{key}/128.svg"


def test_nobody_has_the_neutral_sign() -> None:
    url = Delivery(SECRET).default_url(None, None, 512)

    assert DefaultPicture.parse(url.split("/")[3], SECRET) == DefaultPicture(0, "")
    assert url.endswith("/512.svg")


@given(st.text(min_size=1, max_size=40), st.none() | st.text(max_size=40))
def test_every_process_makes_the_identical_url_of_printable_ascii(user_id: str, name: str | None) -> None:
    one, other = (Delivery(SECRET).default_url(UserId(user_id), name) for _ in range(2))

    assert one == other
    assert one.isascii()
    assert one.isprintable()
    assert " " not in one


def test_the_secret_does_not_stand_in_any_url() -> None:
    assert Delivery(SECRET).default_url(ADA, None) != Delivery(SECRET + b"!").default_url(ADA, None)
