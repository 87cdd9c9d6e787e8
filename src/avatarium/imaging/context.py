"""What the steps of the recipe hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from avatarium.model import LADDER

if TYPE_CHECKING:
    import pyvips

    from avatarium.model import CropBox, ImageLimits, RenditionName

LYING = 5
"""EXIF orientations 5 to 8 lie on their side."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an upload claims."""

    width: int
    """As stored, in pixels: before the EXIF orientation."""
    height: int
    frames: int = 1
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    delays: tuple[int, ...] = ()
    """Milliseconds that each frame is shown; empty for a still picture."""
    loops: int = 0
    """How often an animation runs; 0 for ever."""

    @property
    def lies(self) -> bool:
        """Whether the picture is shown with width and height exchanged."""
        return self.orientation >= LYING

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a person sees them, in pixels."""
        return (self.height, self.width) if self.lies else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Box:
    """A region of the stored pixels, before the orientation."""

    x: int
    y: int
    width: int
    height: int

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)


@dataclass(slots=True)
class Context:
    """One run of the recipe: what came in, and what each step found out. A step sets what the next ones read."""

    upload: bytes
    crop: CropBox | None
    limits: ImageLimits
    master_side: int = 0
    """Longest side of the master that is kept for later recipes, in pixels; 0: none is kept."""

    content_type: str = field(init=False)
    header: Header = field(init=False)
    region: Box = field(init=False)
    """What of the stored pixels is used."""
    picture: pyvips.Image = field(init=False)
    """The still picture as far as it has come."""
    offset: tuple[int, int] = field(init=False)
    """Where the square starts in the fitted picture, in its pixels: x, y."""
    fitted_side: int = field(init=False)
    """Shorter side of the fitted picture, in pixels."""
    squares: dict[int, pyvips.Image] = field(init=False)
    """Side -> square still picture."""
    renditions: list[tuple[RenditionName, bytes]] = field(default_factory=list)
    animated_sizes: tuple[int, ...] = ()
    master: tuple[str, bytes] | None = None
    """Format and bytes of the master."""
    thumbhash: str = ""
    color: str = ""
    pixel_digest: str = ""
    """SHA-256 of the pixels of the largest square, 64 hex digits."""

    @property
    def is_animated(self) -> bool:
        """Whether the upload moves, in a format whose motion is kept."""
        return self.header.frames > 1 and self.content_type in {"image/gif", "image/webp"}

    @property
    def largest(self) -> pyvips.Image:
        """The largest square of the ladder."""
        return self.squares[LADDER[-1]]
