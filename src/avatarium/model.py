"""The values that everything else speaks of: ids, pictures, viewers.

All of them are frozen; ids are distinct types and are made only by the `parse_...` functions, which
are the one place that decides what a well-formed id is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal, NewType

from avatarium.errors import MalformedCrop, MalformedImageId, MalformedUserId, UnknownRendition

UserId = NewType("UserId", str)
"""The application's id of a person: opaque, compared exactly."""

ImageId = NewType("ImageId", str)
"""Names the bytes of one picture for ever: 26 characters of a-z and 2-7 (docs/decisions/0002)."""

Epoch = NewType("Epoch", str)
"""The life of a directory, random; revisions compare only within one."""

LADDER: Final[tuple[int, ...]] = (64, 128, 256, 512)
"""Sides of the square renditions, in pixels."""

DISPLAY_SIZE: Final = 128
"""The working size: what `url` and `digest` of a mapping speak of, in pixels."""

FORMATS: Final[tuple[str, ...]] = ("webp", "jpg")
"""Formats that exist at every size of the ladder, best first."""

EXTRA_FORMATS: Final[tuple[str, ...]] = ("png",)
"""Formats that exist at every size where the picture lists them: lossless, for a PNG with transparency."""

ANIMATED_SIZES: Final[tuple[int, ...]] = (64, 128, 256)
"""Sides of the animated renditions of a picture that moves, in pixels."""

CONTENT_TYPES: Final = {
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
    "avif": "image/avif",
    "svg": "image/svg+xml",
}
"""Format, as it stands at the end of a path -> media type."""

DEFAULT_IMAGE_NAME: Final = "default_pfp.png"
"""The name that older code uses for "no picture"."""

USER_ID_MAX_CODE_POINTS: Final = 128

_IMAGE_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)


def parse_user_id(text: str) -> UserId:
    r"""The user id that `text` spells.

    Args:
        text: 1 to 128 code points and at most 512 bytes of UTF-8, without control characters, `/` and
            `\`, and neither `.` nor `..` (browsers rewrite such paths).

    Raises:
        MalformedUserId: `text` is anything else.
    """
    if not 1 <= len(text) <= USER_ID_MAX_CODE_POINTS:
        raise MalformedUserId(f"A user id has 1 to {USER_ID_MAX_CODE_POINTS} characters.")
    try:
        text.encode()  # never more than 512 bytes: a code point takes at most four
    except UnicodeEncodeError:
        raise MalformedUserId("A user id is valid Unicode.") from None
    if text in {".", ".."} or "/" in text or "\\" in text:
        raise MalformedUserId('A user id has no "/" and no "\\", and is neither "." nor "..".')
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise MalformedUserId("A user id has no control characters.")
    return UserId(text)


def parse_image_id(text: str) -> ImageId:
    """The image id that `text` spells.

    Raises:
        MalformedImageId: `text` is not 26 characters of a-z and 2-7.
    """
    if _IMAGE_ID.fullmatch(text) is None:
        raise MalformedImageId("An image id has 26 characters of a-z and 2-7.")
    return ImageId(text)


@dataclass(frozen=True, slots=True)
class RenditionName:
    """One size and encoding of a picture, as it stands in a path: `128.webp`, `128-animated.webp`."""

    size: int
    """Side in pixels, one of `LADDER`."""
    format: str
    """One of `FORMATS` or `EXTRA_FORMATS`."""
    animated: bool = False
    """Whether it moves; `{size}.webp` is always the still one."""

    def __str__(self) -> str:
        """The name as it stands in paths and keys."""
        return f"{self.stem}.{self.format}"

    @property
    def stem(self) -> str:
        """What stands before the dot."""
        return f"{self.size}-animated" if self.animated else str(self.size)

    @property
    def content_type(self) -> str:
        """The media type of the bytes."""
        return CONTENT_TYPES[self.format]

    @classmethod
    def parse(cls, text: str) -> RenditionName:
        """The rendition name that `text` spells.

        Raises:
            UnknownRendition: No picture has such a size or format.
        """
        name = _NAMES.get(text)
        if name is None:
            raise UnknownRendition
        return name


ALL_RENDITIONS: Final = tuple(RenditionName(size, kind) for size in LADDER for kind in FORMATS)
"""What every picture has."""
_NAMES: Final = {
    str(name): name
    for name in (
        *ALL_RENDITIONS,
        *(RenditionName(size, kind) for size in LADDER for kind in EXTRA_FORMATS),
        *(RenditionName(size, "webp", animated=True) for size in ANIMATED_SIZES),
    )
}
"""Every name that a rendition can have."""
DISPLAY_RENDITION: Final = RenditionName(DISPLAY_SIZE, "webp")


@dataclass(frozen=True, slots=True)
class CropBox:
    """A box in pixels of the oriented picture; width and height at least 1."""

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        """The box as it stands in a query and in the id: `x,y,width,height`."""
        return f"{self.x},{self.y},{self.width},{self.height}"

    @classmethod
    def parse(cls, text: str) -> CropBox:
        """The box that `x,y,width,height` spells, in whole pixels.

        Raises:
            MalformedCrop: `text` is anything else, or the box is empty.
        """
        if re.fullmatch(r"\d{1,6},\d{1,6},\d{1,6},\d{1,6}", text, re.ASCII) is None:
            raise MalformedCrop("A crop box is x,y,width,height in whole pixels.")
        x, y, width, height = (int(part) for part in text.split(","))
        if width == 0 or height == 0:
            raise MalformedCrop("A crop box is at least one pixel wide and high.")
        return cls(x, y, width, height)


@dataclass(frozen=True, slots=True)
class Rendition:
    """What is known of the stored bytes of one rendition."""

    name: RenditionName
    digest: str
    """SHA-256 of the bytes, 64 hex digits."""
    byte_count: int


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an upload may be; checked on its header, before any pixel is decoded."""

    max_bytes: int = 20_000_000
    max_pixels: int = 64_000_000
    """Width x height of one frame."""
    max_frames: int = 256
    max_frame_pixels: int = 64_000_000
    """Width x height x frames."""
    max_aspect: int = 20
    """Longer side over shorter side."""
    max_animation_seconds: int = 60
    """What all frames of an animation take, once through."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the pipeline made of an upload."""

    content_type: str
    """What the upload was, by its own bytes."""
    width: int
    """Of the oriented upload, in pixels."""
    height: int
    thumbhash: str
    """ThumbHash, base64."""
    color: str
    """Dominant colour, `#rrggbb`."""
    renditions: tuple[tuple[RenditionName, bytes], ...]
    """Every rendition, encoded."""
    animated: bool = False
    """Whether animated renditions are among them."""
    master: tuple[str, bytes] | None = None
    """Format and bytes of the master that is kept for later recipes, where one is kept."""
    pixel_digest: str = ""
    """SHA-256 of the pixels of the largest square, 64 hex digits."""


@dataclass(frozen=True, slots=True)
class Image:
    """An uploaded picture and what was made of it; immutable for ever."""

    image_id: ImageId
    owner: UserId
    recipe: int
    """Number of the pipeline's recipe that made the renditions."""
    content_type: str
    """What the upload was, by its own bytes."""
    byte_count: int
    """Size of the upload."""
    width: int
    """Of the oriented upload, in pixels."""
    height: int
    uploaded_at: float
    """Unix seconds on the origin's clock."""
    thumbhash: str
    """ThumbHash, base64."""
    color: str
    """Dominant colour, `#rrggbb`."""
    animated: bool
    renditions: tuple[Rendition, ...]
    upload_digest: str = ""
    """SHA-256 of the uploaded bytes, 64 hex digits; never leaves the service. Empty in records of recipe 1."""
    crop: str = ""
    """The crop box that was given, as `x,y,width,height`; empty for none."""
    pixel_digest: str = ""
    """SHA-256 of the pixels of the largest square, 64 hex digits; empty in records of recipe 1."""
    master: str = ""
    """Format of the master that is kept for later recipes; empty where none is kept."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Formats that exist at every size, best first."""
        names = {rendition.name for rendition in self.renditions}
        return (*FORMATS, *(kind for kind in EXTRA_FORMATS if RenditionName(DISPLAY_SIZE, kind) in names))

    @property
    def animated_sizes(self) -> tuple[int, ...]:
        """Sides at which an animated rendition exists, in pixels."""
        return tuple(rendition.name.size for rendition in self.renditions if rendition.name.animated)

    def rendition(self, name: RenditionName) -> Rendition | None:
        """What is known of the rendition `name`, or None where the picture lacks it."""
        return next((rendition for rendition in self.renditions if rendition.name == name), None)


@dataclass(frozen=True, slots=True)
class Picture:
    """A person's picture as the directory has it: the value behind a mapping."""

    user_id: UserId
    epoch: Epoch
    revision: int
    """Grows by one on every change, 0 for a person that never had a picture."""
    image: Image | None
    """None: the default picture stands."""
    name: str | None = None
    """The person's name where the directory has one; only for drawing the default picture."""
    known: bool = True
    """Whether the directory has this person."""
    erasures: int = 0
    """How often everything of this person was erased; part of every image id."""
    changed_at: float = 0.0
    """Unix seconds on the origin's clock; 0 for a person that never had a picture."""


@dataclass(frozen=True, slots=True)
class PictureChanged:
    """The event that goes out after a change was committed."""

    user_id: UserId
    epoch: Epoch
    revision: int
    image_id: ImageId | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: nobody, a person, an administrator, or the application itself."""

    kind: Literal["anonymous", "person", "administrator", "service"]
    user_id: UserId | None = None
    """The signed-in person; None for `anonymous` and `service`."""
    keep_until: float | None = field(default=None, compare=False)
    """Unix seconds until which this identity may be kept without asking again; None: never kept."""

    @classmethod
    def anonymous(cls) -> Viewer:
        """Nobody is signed in."""
        return cls("anonymous")

    @classmethod
    def person(cls, user_id: UserId) -> Viewer:
        """A signed-in person, who may change their own picture."""
        return cls("person", user_id)

    @classmethod
    def administrator(cls, user_id: UserId | None = None) -> Viewer:
        """Somebody who may change every picture."""
        return cls("administrator", user_id)

    @classmethod
    def service(cls) -> Viewer:
        """The application's own code."""
        return cls("service")

    def may_change(self, owner: UserId) -> bool:
        """Whether this viewer may change the picture of `owner`."""
        if self.kind in {"administrator", "service"}:
            return True
        return self.kind == "person" and self.user_id == owner
