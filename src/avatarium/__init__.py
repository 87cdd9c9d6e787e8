"""Profile pictures that are on screen in the first frame, never the wrong person's, never out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avatarium.app import Avatarium, create_app
    from avatarium.errors import AvatariumError
    from avatarium.model import ImageId, UserId, Viewer
    from avatarium.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "Avatarium",
    "AvatariumError",
    "ImageId",
    "Settings",
    "UserId",
    "Viewer",
    "create_app",
]

_HOMES = {
    "Avatarium": "avatarium.app",
    "AvatariumError": "avatarium.errors",
    "ImageId": "avatarium.model",
    "Settings": "avatarium.settings",
    "UserId": "avatarium.model",
    "Viewer": "avatarium.model",
    "create_app": "avatarium.app",
}


def __getattr__(name: str) -> object:
    """Return a public name, importing its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point is to import late

    return getattr(import_module(_HOMES[name]), name)
