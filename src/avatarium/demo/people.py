"""The two hundred people of the demo, from the data in this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from avatarium.model import UserId, parse_user_id

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_FOLDER = files("avatarium.demo")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roster."""

    user_id: UserId
    name: str
    title: str
    city: str
    presence: str
    picture: str | None
    """File name of the upload in `pictures/`; None for one in eight."""

    def upload(self) -> bytes | None:
        """The bytes that this person uploads, or None."""
        return None if self.picture is None else (picture_folder() / self.picture).read_bytes()


def picture_folder() -> Traversable:
    """Where the demo's uploads lie, with their sources and licences in SOURCES.md."""
    return _FOLDER / "pictures"


def load_people() -> tuple[Person, ...]:
    """Everybody, in the order of the roster."""
    rows = json.loads((_FOLDER / "people.json").read_text(encoding="utf-8"))
    return tuple(
        Person(
            user_id=parse_user_id(row["user_id"]),
            name=row["name"],
            title=row["title"],
            city=row["city"],
            presence=row["presence"],
            picture=row["picture"],
        )
        for row in rows
    )
