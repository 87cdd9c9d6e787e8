"""Stored records: what was written is read back whole, and anything else is "not there", never a wrong value."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.model import Epoch, Image, ImageId, Picture, Rendition, RenditionName, UserId
from avatarium.records import decode_image, decode_picture, encode_image, encode_picture
from worlds import make_image, make_picture

TEXT = st.text(max_size=12)
NUMBERS = st.integers(0, 2**40)
INSTANTS = st.floats(0, 1e11, allow_nan=False)
RENDITIONS = st.lists(
    st.builds(Rendition, st.builds(RenditionName, st.integers(1, 4096), TEXT), TEXT, NUMBERS), max_size=4
).map(tuple)
IMAGES = st.builds(
    Image,
    image_id=TEXT.map(ImageId),
    owner=TEXT.map(UserId),
    recipe=NUMBERS,
    content_type=TEXT,
    byte_count=NUMBERS,
    width=NUMBERS,
    height=NUMBERS,
    uploaded_at=INSTANTS,
    thumbhash=TEXT,
    color=TEXT,
    animated=st.booleans(),
    renditions=RENDITIONS,
)
PICTURES = st.builds(
    Picture,
    user_id=TEXT.map(UserId),
    epoch=TEXT.map(Epoch),
    revision=NUMBERS,
    image=st.none() | IMAGES,
    name=st.none() | TEXT,
    known=st.booleans(),
    erasures=NUMBERS,
    changed_at=INSTANTS,
)


@given(IMAGES)
def test_an_image_comes_back_as_it_was_written(image: Image) -> None:
    assert decode_image(encode_image(image)) == image
    assert decode_image(encode_image(image).encode()) == image


@given(PICTURES)
def test_a_picture_comes_back_as_it_was_written(picture: Picture) -> None:
    assert decode_picture(encode_picture(picture)) == picture


@given(st.binary(max_size=60))
def test_random_bytes_are_no_record(data: bytes) -> None:
    for decode in (decode_picture, decode_image):
        with pytest.raises(ValueError, match=r"."):
            decode(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_other_json_is_no_record(content: object) -> None:
    data = json.dumps(content).encode()
    for decode in (decode_picture, decode_image):
        with pytest.raises(ValueError, match=r"."):
            decode(data)


@given(st.sampled_from(sorted(json.loads(encode_picture(make_picture(image=make_image(1)))))), JSON)
def test_a_picture_with_one_field_of_another_shape_is_whole_or_no_record(field: str, content: object) -> None:
    fields = json.loads(encode_picture(make_picture(image=make_image(1))))
    fields[field] = content

    try:
        picture = decode_picture(json.dumps(fields).encode())
    except ValueError:
        return
    assert isinstance(picture.revision, int)
    assert isinstance(picture.image, Image | None)


@pytest.mark.parametrize("field", sorted(json.loads(encode_picture(make_picture()))))
def test_a_picture_that_lacks_a_field_is_no_record(field: str) -> None:
    fields = json.loads(encode_picture(make_picture()))
    del fields[field]

    with pytest.raises(ValueError, match="not a picture record"):
        decode_picture(json.dumps(fields).encode())


ADDED = {"upload_digest", "crop", "pixel_digest", "master"}
"""What records of recipe 1 lack."""


@pytest.mark.parametrize("field", sorted(set(json.loads(encode_image(make_image(1)))) - ADDED))
def test_an_image_that_lacks_a_field_is_no_record(field: str) -> None:
    fields = json.loads(encode_image(make_image(1)))
    del fields[field]

    with pytest.raises(ValueError, match="not an image record"):
        decode_image(json.dumps(fields))


def test_a_record_of_recipe_1_is_read_as_one_without_a_master() -> None:
    fields = json.loads(encode_image(make_image(1)))

    old = decode_image(json.dumps({name: value for name, value in fields.items() if name not in ADDED}))

    assert old == make_image(1)
    assert old.master == ""


def test_an_animated_rendition_comes_back_as_it_was() -> None:
    name = RenditionName(64, "webp", animated=True)
    moving = replace(make_image(1), animated=True, renditions=(Rendition(name, "0" * 64, 7),))

    assert decode_image(encode_image(moving)) == moving
    assert moving.animated_sizes == (64,)


def test_a_record_that_was_cut_short_is_no_record() -> None:
    data = encode_picture(make_picture(image=make_image(1)))

    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"."):
            decode_picture(data[:length])
