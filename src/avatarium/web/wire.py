"""What goes over the wire: the shape of every message, and nothing else.

Field names are the contract (contract/openapi.json, contract/golden/): changes are additive, and `CONTRACT`
grows when a client should know of one. Instants are absolute, in Unix seconds on the origin's clock; the
origin's now comes beside them (`now`, or the `Date` header), so that skew cannot matter.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from avatarium.default_picture import DEFAULT_FORMATS
from avatarium.errors import AvatariumError
from avatarium.model import DEFAULT_IMAGE_NAME, DISPLAY_RENDITION, LADDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from avatarium.delivery import Delivery
    from avatarium.model import Image, ImageId, Picture
    from avatarium.service import Pack

CONTRACT: Final = 1
PROBLEM_TYPE: Final = "urn:avatarium:problem:"
MAX_BATCH_BYTES: Final = 256_000
"""Bytes of a batch request."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)

    def encode(self) -> bytes:
        """The message as JSON; optional fields that were never set are left out."""
        return self.model_dump_json(exclude_unset=True).encode()


class MappingMessage(_Message):
    """Which picture a person has, as it stands in batches."""

    success: bool = True
    user_id: str = Field(examples=["ada"])
    image_id: str | None = Field(
        description="Names the picture's bytes for ever; null: the default picture.",
        examples=["k3vyq6m2a7d4xw5f2hjc7nbtpe"],
    )
    revision: int = Field(ge=0, description="Grows by one on every change; 0 if there never was a picture.")
    epoch: str = Field(description="Revisions compare only within one epoch.")
    url: str = Field(description="The 128 px WebP, or the default picture.")
    digest: str | None = Field(description="SHA-256 of the 128 px WebP, 64 hex digits.")
    sizes: list[int] = Field(description="Sides in pixels that exist.")
    formats: list[str] = Field(description="Formats that exist at every size, best first.")
    animated: bool = Field(description="Whether `{size}-animated.webp` exists at `animated_sizes`.")
    animated_sizes: list[int] = Field(default_factory=list, description="Sides in pixels that exist animated.")
    thumbhash: str | None = Field(description="ThumbHash, base64.")
    color: str | None = Field(description="Dominant colour, #rrggbb.")
    fresh_for_seconds: int = Field(ge=1)
    expires_at: float | None = Field(description="Unix seconds after which `url` is dead; null: never.")


class PackedMappingMessage(MappingMessage):
    """A mapping that may carry its smallest rendition inside."""

    inline: str = Field(default="", description="data: URI of the 64 px WebP, where asked for.")


class FullMappingMessage(MappingMessage):
    """A single mapping, with the addresses and digests of all renditions."""

    urls: dict[str, str] = Field(description="URL of each rendition by name, as `256.webp`.")
    digests: dict[str, str] = Field(description="SHA-256 of each rendition by name, 64 hex digits.")


class RenditionMessage(_Message):
    """One stored rendition."""

    name: str = Field(examples=["128.webp"])
    url: str
    digest: str
    size: int = Field(description="Bytes.")
    content_type: str


class InfoMessage(FullMappingMessage):
    """A single mapping with the metadata of the upload; null where there is no picture."""

    size: int | None = Field(description="Bytes of the upload.")
    content_type: str | None = Field(description="What the upload was, by its own bytes.")
    upload_date: float | None = Field(description="Unix seconds on the origin's clock.")
    width: int | None = Field(description="Of the oriented upload, in pixels.")
    height: int | None
    renditions: list[RenditionMessage]


class ImageMessage(_Message):
    """A picture by its id."""

    success: bool = True
    image_id: str
    url: str


class UserMessage(_Message):
    """A person as existing front ends know them."""

    user_id: str
    user_picture_url: str | None = Field(description="The image id or null; never a URL.")
    revision: int
    epoch: str


class UsersMessage(_Message):
    """People by id."""

    users: dict[str, UserMessage]


class PackMessage(_Message):
    """One answer for a whole list of people."""

    now: float = Field(description="The origin's clock, Unix seconds.")
    contract: int = CONTRACT
    epoch: str
    flags: dict[str, bool]
    rendition_url: str | None = Field(
        description="URL of every rendition with the fields {image_id}, {size} and {format}; null: ask for `urls`."
    )
    pictures: dict[str, PackedMappingMessage]
    unknown: list[str]


class ProblemMessage(_Message):
    """RFC 9457 problem details, with our stable code."""

    type: str
    title: str
    status: int
    detail: str
    code: str


_Ids = Annotated[list[str], Field(description="User ids, at most 1,000.")]


class UsersRequest(BaseModel):
    """The batch that existing front ends call."""

    model_config = ConfigDict(strict=True)

    user_ids: _Ids


class PackRequest(BaseModel):
    """Ask for what changed among people."""

    model_config = ConfigDict(strict=True)

    user_ids: _Ids
    known: dict[str, int] = Field(default_factory=dict, description="Revisions that the caller holds, by user id.")
    epoch: str | None = Field(default=None, max_length=64, description="The epoch of `known`.")
    inline_size: int | None = Field(default=None, description="64: the first 200 pictures carry it inside.")


def mapping(picture: Picture, delivery: Delivery) -> MappingMessage:
    """The mapping as it stands in batches."""
    return MappingMessage(**_mapping_fields(picture, delivery))


def full_mapping(picture: Picture, delivery: Delivery) -> FullMappingMessage:
    """The single mapping."""
    return FullMappingMessage(**_mapping_fields(picture, delivery), **_rendition_fields(picture.image, delivery))


def info(picture: Picture, delivery: Delivery) -> InfoMessage:
    """The single mapping with the metadata of the upload."""
    image = picture.image
    return InfoMessage(
        **_mapping_fields(picture, delivery),
        **_rendition_fields(image, delivery),
        size=None if image is None else image.byte_count,
        content_type=None if image is None else image.content_type,
        upload_date=None if image is None else image.uploaded_at,
        width=None if image is None else image.width,
        height=None if image is None else image.height,
        renditions=[
            RenditionMessage(
                name=str(rendition.name),
                url=delivery.rendition_url(image.image_id, rendition.name),
                digest=rendition.digest,
                size=rendition.byte_count,
                content_type=rendition.name.content_type,
            )
            for rendition in (image.renditions if image else ())
            if image
        ],
    )


def pack(answer: Pack, delivery: Delivery, flags: dict[str, bool]) -> PackMessage:
    """The answer for a whole list."""
    pictures: dict[str, PackedMappingMessage] = {}
    for picture in answer.pictures:
        fields = _mapping_fields(picture, delivery)
        data = answer.inline.get(picture.user_id)
        if data is not None:
            fields["inline"] = "data:image/webp;base64," + base64.b64encode(data).decode()
        pictures[picture.user_id] = PackedMappingMessage(**fields)
    return PackMessage(
        now=round(answer.now, 3),
        contract=CONTRACT,
        epoch=answer.epoch,
        flags=flags,
        rendition_url=delivery.rendition_template,
        pictures=pictures,
        unknown=list(answer.unknown),
    )


def users(pictures: Iterable[Picture]) -> UsersMessage:
    """People by id, with the field that existing front ends read."""
    return UsersMessage(
        users={
            picture.user_id: UserMessage(
                user_id=picture.user_id,
                user_picture_url=None if picture.image is None else picture.image.image_id,
                revision=picture.revision,
                epoch=picture.epoch,
            )
            for picture in pictures
        }
    )


def image(image_id: ImageId | None, delivery: Delivery) -> ImageMessage:
    """A picture by its id; None is the default picture."""
    if image_id is None:
        return ImageMessage(success=True, image_id=DEFAULT_IMAGE_NAME, url=delivery.default_url(None, None))
    return ImageMessage(success=True, image_id=image_id, url=delivery.rendition_url(image_id, DISPLAY_RENDITION))


def problem(error: AvatariumError) -> ProblemMessage:
    """What the caller may know of an error."""
    return ProblemMessage(
        type=PROBLEM_TYPE + error.code,
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
    )


def _mapping_fields(picture: Picture, delivery: Delivery) -> dict[str, object]:
    image = picture.image
    display = None if image is None else image.rendition(DISPLAY_RENDITION)
    return {
        "success": True,
        "user_id": picture.user_id,
        "image_id": None if image is None else image.image_id,
        "revision": picture.revision,
        "epoch": picture.epoch,
        "url": delivery.url(picture),
        "digest": None if display is None else display.digest,
        "sizes": list(LADDER),
        "formats": list(DEFAULT_FORMATS) if image is None else list(image.formats),
        "animated": image is not None and image.animated,
        "animated_sizes": [] if image is None else list(image.animated_sizes),
        "thumbhash": None if image is None else image.thumbhash,
        "color": None if image is None else image.color,
        "fresh_for_seconds": delivery.fresh_for_seconds,
        "expires_at": None,
    }


def _rendition_fields(image: Image | None, delivery: Delivery) -> dict[str, dict[str, str]]:
    if image is None:
        return {"urls": {}, "digests": {}}
    return {
        "urls": delivery.rendition_urls(image),
        "digests": {str(rendition.name): rendition.digest for rendition in image.renditions},
    }
