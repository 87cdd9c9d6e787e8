"""Every cache key, object key and channel name: `profile_pic:<layer>:<identifier>:<format>`.

A key is built from parsed ids only, so nobody can mint keys by sending text. The number at the end is
the format of the stored record: a new shape is a new number, and old records are simply not found.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from avatarium.model import ImageId

if TYPE_CHECKING:
    from avatarium.model import CropBox, RenditionName, UserId

FORMAT: Final = "v1"
"""Shape of the records behind all keys of this release."""


def user_key(user_id: UserId) -> str:
    """The cache key of a person's picture record."""
    return f"profile_pic:user:{quote(user_id, safe='')}:{FORMAT}"


def metadata_key(image_id: ImageId) -> str:
    """The cache key of a picture's metadata."""
    return f"profile_pic:meta:{image_id}:{FORMAT}"


def rendition_key(image_id: ImageId, name: RenditionName) -> str:
    """The object key of a rendition's bytes; its ending decides the content type."""
    return f"pictures/{image_id[:2]}/{image_id}/{name}"


def master_key(image_id: ImageId, kind: str) -> str:
    """The object key of the master that later recipes start from; no route serves it."""
    return f"masters/{image_id[:2]}/{image_id}.{kind}"


def derive_image_id(
    secret: bytes, user_id: UserId, erasures: int, recipe: int, crop: CropBox | None, upload: bytes
) -> ImageId:
    """The id of what `upload` becomes for this person: the same inputs, the same id, in any process.

    Args:
        secret: The deployment's key; without it nobody can compute an id.
        user_id: Two people never share an id, even with the same photograph.
        erasures: How often this person was erased; after an erasure the same upload is a new id.
        recipe: Number of the pipeline's recipe; a new recipe is a new id.
        crop: The box that was given, if any.
        upload: The uploaded bytes.

    Source: docs/decisions/0002-what-an-image-id-is.md
    """
    box = "" if crop is None else str(crop)
    return derive_image_id_of_digest(secret, user_id, erasures, recipe, box, hashlib.sha256(upload).digest())


def derive_image_id_of_digest(
    secret: bytes, user_id: UserId, erasures: int, recipe: int, crop: str, upload_digest: bytes
) -> ImageId:
    """As `derive_image_id`, where only the SHA-256 of the upload is known: a rebuild has no upload any more."""
    inputs = (
        user_id.encode(),
        str(erasures).encode(),
        str(recipe).encode(),
        crop.encode(),
        upload_digest,
    )
    mac = hmac.new(secret, digestmod=hashlib.sha256)
    for value in inputs:
        mac.update(len(value).to_bytes(8, "big") + value)
    return ImageId(base64.b32encode(mac.digest()[:16]).decode().rstrip("=").lower())
