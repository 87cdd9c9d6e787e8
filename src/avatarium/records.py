"""Stored records: a picture as bytes, for caches, and an image as JSON, for directories.

The number of the shape is part of every key (`keys.FORMAT`), so a reader never meets another shape there;
`decode_...` raises `ValueError` for anything it cannot read, and callers treat that as "not there".
"""

from __future__ import annotations

import json
from typing import Any, Final

from avatarium.model import Epoch, Image, ImageId, Picture, Rendition, RenditionName, UserId

_ANIMATED: Final = "animated-"
"""What stands before the format of an animated rendition."""


def encode_image(image: Image) -> str:
    """The image as one line of JSON."""
    return json.dumps(_image_fields(image), separators=(",", ":"), ensure_ascii=False)


def decode_image(text: str | bytes) -> Image:
    """The image that `encode_image` wrote.

    Raises:
        ValueError: `text` is anything else.
    """
    try:
        return _image(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an image record") from error


def encode_picture(picture: Picture) -> bytes:
    """The picture record as JSON bytes."""
    fields = {
        "user_id": picture.user_id,
        "epoch": picture.epoch,
        "revision": picture.revision,
        "image": None if picture.image is None else _image_fields(picture.image),
        "name": picture.name,
        "known": picture.known,
        "erasures": picture.erasures,
        "changed_at": picture.changed_at,
    }
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def decode_picture(data: bytes) -> Picture:
    """The picture record that `encode_picture` wrote.

    Raises:
        ValueError: `data` is anything else.
    """
    try:
        fields: dict[str, Any] = json.loads(data)
        image = fields["image"]
        return Picture(
            user_id=UserId(fields["user_id"]),
            epoch=Epoch(fields["epoch"]),
            revision=int(fields["revision"]),
            image=None if image is None else _image(image),
            name=fields["name"],
            known=bool(fields["known"]),
            erasures=int(fields["erasures"]),
            changed_at=float(fields["changed_at"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a picture record") from error


def _image_fields(image: Image) -> dict[str, Any]:
    return {
        "image_id": image.image_id,
        "owner": image.owner,
        "recipe": image.recipe,
        "content_type": image.content_type,
        "byte_count": image.byte_count,
        "width": image.width,
        "height": image.height,
        "uploaded_at": image.uploaded_at,
        "thumbhash": image.thumbhash,
        "color": image.color,
        "animated": image.animated,
        "renditions": [[r.name.size, _kind(r.name), r.digest, r.byte_count] for r in image.renditions],
        "upload_digest": image.upload_digest,
        "crop": image.crop,
        "pixel_digest": image.pixel_digest,
        "master": image.master,
    }


def _image(fields: dict[str, Any]) -> Image:
    return Image(
        image_id=ImageId(fields["image_id"]),
        owner=UserId(fields["owner"]),
        recipe=int(fields["recipe"]),
        content_type=str(fields["content_type"]),
        byte_count=int(fields["byte_count"]),
        width=int(fields["width"]),
        height=int(fields["height"]),
        uploaded_at=float(fields["uploaded_at"]),
        thumbhash=str(fields["thumbhash"]),
        color=str(fields["color"]),
        animated=bool(fields["animated"]),
        renditions=tuple(
            Rendition(_name(int(size), str(kind)), str(digest), int(byte_count))
            for size, kind, digest, byte_count in fields["renditions"]
        ),
        # Records of recipe 1 lack these.
        upload_digest=str(fields.get("upload_digest", "")),
        crop=str(fields.get("crop", "")),
        pixel_digest=str(fields.get("pixel_digest", "")),
        master=str(fields.get("master", "")),
    )


def _kind(name: RenditionName) -> str:
    return _ANIMATED + name.format if name.animated else name.format


def _name(size: int, kind: str) -> RenditionName:
    return RenditionName(size, kind.removeprefix(_ANIMATED), animated=kind.startswith(_ANIMATED))
