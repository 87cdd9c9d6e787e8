"""Keys and ids: pinned for ever by vectors, because what is stored under them must be found again."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.keys import derive_image_id, metadata_key, rendition_key, user_key
from avatarium.model import ALL_RENDITIONS, CropBox, ImageId, RenditionName, UserId, parse_image_id

SECRET = b"a deployment's key, pinned for ever"
PHOTO = b"photo"
BOX = CropBox(1, 2, 30, 40)

VECTORS = {
    ("ada", 0, 1, None, PHOTO): "idrlzt5wbffwqajhwtgg56ne2u",
    ("alan", 0, 1, None, PHOTO): "zrjptxjblzrh4hl6c2crypdmmy",
    ("ada", 1, 1, None, PHOTO): "ddknrg4woqdmva3b64btnezpt4",
    ("ada", 0, 2, None, PHOTO): "pxybapbvuw6frx7jeoo6r6bdwu",
    ("ada", 0, 1, BOX, PHOTO): "ehynlnlw2dfmekazx35rd6n4oa",
    ("ada", 0, 1, None, b""): "p5hj7ewr22at2zx4bauohyyq4y",
    ("山田🦊", 0, 1, None, PHOTO): "vs4lmc4rqkpfhtk4sahub4t6kq",
}


@pytest.mark.parametrize("inputs", VECTORS, ids=range(len(VECTORS)))
def test_an_image_id_never_changes(inputs: tuple[str, int, int, CropBox | None, bytes]) -> None:
    user_id, erasures, recipe, crop, upload = inputs

    assert derive_image_id(SECRET, UserId(user_id), erasures, recipe, crop, upload) == VECTORS[inputs]


def test_every_input_makes_another_id() -> None:
    assert len(set(VECTORS.values())) == len(VECTORS)
    another = derive_image_id(b"another deployment's key", UserId("ada"), 0, 1, None, PHOTO)
    assert another not in VECTORS.values()


def test_an_image_id_is_what_the_specification_says() -> None:
    """Computed here once more, from the sentence in spec.md: length-prefixed inputs, first 128 bits, base32."""
    mac = hmac.new(SECRET, digestmod=hashlib.sha256)
    for value in (b"ada", b"0", b"1", b"1,2,30,40", hashlib.sha256(PHOTO).digest()):
        mac.update(len(value).to_bytes(8, "big"))
        mac.update(value)
    number = int.from_bytes(mac.digest()[:16], "big") << 2
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    expected = "".join(letters[number >> shift & 31] for shift in range(125, -1, -5))

    assert derive_image_id(SECRET, UserId("ada"), 0, 1, BOX, PHOTO) == expected


@given(st.text(min_size=1, max_size=20), st.integers(0, 9), st.binary(max_size=50))
def test_every_image_id_is_well_formed(user_id: str, erasures: int, upload: bytes) -> None:
    image_id = derive_image_id(SECRET, UserId(user_id), erasures, 1, None, upload)

    assert parse_image_id(image_id) == image_id


@given(st.tuples(st.text(max_size=6), st.integers(0, 99)), st.tuples(st.text(max_size=6), st.integers(0, 99)))
def test_inputs_cannot_be_shifted_from_one_field_into_the_next(one: tuple[str, int], other: tuple[str, int]) -> None:
    ids = {derive_image_id(SECRET, UserId(name), erasures, 1, None, PHOTO) for name, erasures in (one, other)}

    assert len(ids) == len({one, other})


def test_cache_keys_follow_the_plan() -> None:
    assert user_key(UserId("user123")) == "profile_pic:user:user123:v1"
    assert metadata_key(ImageId("k3vyq6m2a7d4xw5f2hjc7nbtpe")) == "profile_pic:meta:k3vyq6m2a7d4xw5f2hjc7nbtpe:v1"


@pytest.mark.parametrize(
    ("user_id", "written"),
    [("a:b", "a%3Ab"), ("50%", "50%25"), ("{a}*", "%7Ba%7D%2A"), ("a b\u00e9", "a%20b%C3%A9"), ("~-._", "~-._")],
)
def test_an_id_is_percent_encoded_in_a_key(user_id: str, written: str) -> None:
    assert user_key(UserId(user_id)) == f"profile_pic:user:{written}:v1"


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_two_people_never_share_a_key(one: str, other: str) -> None:
    assert (user_key(UserId(one)) == user_key(UserId(other))) is (one == other)


def test_object_keys_say_what_they_hold() -> None:
    image_id = ImageId("k3vyq6m2a7d4xw5f2hjc7nbtpe")

    keys = [rendition_key(image_id, name) for name in ALL_RENDITIONS]

    assert rendition_key(image_id, RenditionName(128, "webp")) == f"pictures/k3/{image_id}/128.webp"
    assert len(set(keys)) == len(ALL_RENDITIONS)
    assert all(re.fullmatch(r"[a-z0-9/.]+", key) for key in keys)
