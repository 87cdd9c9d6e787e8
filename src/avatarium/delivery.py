"""Where a picture can be fetched, and until when: the one resolver of picture URLs (trap 3).

Guarantees: a URL names its bytes for ever, so it never has to be invalidated (trap 1); every process makes
the identical URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from avatarium.default_picture import DefaultPicture
from avatarium.errors import BadConfiguration
from avatarium.model import DISPLAY_RENDITION, DISPLAY_SIZE, ImageId, Picture, RenditionName

if TYPE_CHECKING:
    from avatarium.model import Image, UserId

TEMPLATE_FIELDS: Final = ("{image_id}", "{size}", "{format}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """Direct delivery: the immutable byte path on this service, or on a host that stands before it."""

    secret: bytes
    """The deployment's key, for the keys of default pictures."""
    prefix: str = ""
    """What stands before our paths, for example `/api`; no slash at its end."""
    template: str = ""
    """URL of a rendition with the fields `{image_id}`, `{size}` and `{format}`; empty: our own path."""
    fresh_for_seconds: int = 1800
    """How long a mapping may be used without asking again."""

    def __post_init__(self) -> None:
        """Refuse a template that would give two pictures one URL.

        Raises:
            BadConfiguration: A field is missing.
        """
        missing = [field for field in TEMPLATE_FIELDS if field not in self.rendition_template]
        if missing:
            raise BadConfiguration(f"AVATARIUM_RENDITION_URL lacks {', '.join(missing)}.")

    @property
    def rendition_template(self) -> str:
        """The URL of every rendition, with the fields `{image_id}`, `{size}` and `{format}`."""
        return self.template or f"{self.prefix}/pictures/{{image_id}}/{{size}}.{{format}}"

    def rendition_url(self, image_id: ImageId, name: RenditionName) -> str:
        """The URL of one rendition."""
        return (
            self.rendition_template.replace("{image_id}", image_id)
            .replace("{size}", name.stem)
            .replace("{format}", name.format)
        )

    def rendition_urls(self, image: Image) -> dict[str, str]:
        """The URLs of all renditions that exist, by name (`128.webp`)."""
        return {str(r.name): self.rendition_url(image.image_id, r.name) for r in image.renditions}

    def default_url(self, user_id: UserId | None, name: str | None, size: int = DISPLAY_SIZE) -> str:
        """The keyed URL of a person's default picture; of the neutral sign for None."""
        drawing = DefaultPicture(0, "") if user_id is None else DefaultPicture.of(user_id, name)
        return f"{self.prefix}/pictures/default/{drawing.key(self.secret)}/{size}.svg"

    def url(self, picture: Picture) -> str:
        """The URL that stands in the mapping: the working size, or the default picture."""
        if picture.image is None:
            return self.default_url(picture.user_id, picture.name)
        return self.rendition_url(picture.image.image_id, DISPLAY_RENDITION)
