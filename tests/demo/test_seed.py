"""The demo's people and their pictures: complete, named, licensed, and uploaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avatarium.app import DEMO_PEOPLE, Avatarium, Parts
from avatarium.demo import load_people, seed
from avatarium.demo.people import picture_folder
from avatarium.imaging import read_header
from avatarium.model import ImageLimits
from avatarium.settings import Settings
from worlds import World

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = load_people()


def test_two_hundred_people_of_whom_one_in_eight_has_no_picture() -> None:
    assert len(PEOPLE) == 200
    assert len({person.user_id for person in PEOPLE}) == 200
    assert sum(person.picture is None for person in PEOPLE) == 25
    assert {person.presence for person in PEOPLE} <= {"online", "in a call", "away", "offline"}
    assert all(person.name and person.title and person.city for person in PEOPLE)
    assert set(DEMO_PEOPLE) <= {person.user_id for person in PEOPLE}


def test_every_picture_is_one_that_the_service_takes_and_is_somebodys() -> None:
    uploads = {person.picture: person.upload() for person in PEOPLE if person.picture}

    for data in uploads.values():
        assert data is not None
        assert read_header(data, ImageLimits()).width >= 128
    there = {file.name for file in picture_folder().iterdir()} - {"SOURCES.md"}
    assert there == set(uploads)
    assert sum(len(data or b"") for data in uploads.values()) < 6_000_000


def test_every_picture_is_named_with_its_source() -> None:
    sources = (picture_folder() / "SOURCES.md").read_text(encoding="utf-8")

    assert [person.picture for person in PEOPLE if person.picture and person.picture not in sources] == []


async def test_everybody_uploads_once_and_an_interrupted_seeding_goes_on(tmp_path: Path) -> None:
    world = World()
    settings = Settings(data_dir=tmp_path)
    people = PEOPLE[:20]
    progress: list[None] = []
    async with Avatarium(settings=settings, parts=Parts(engines=lambda: world.engines)) as pictures:
        first = await seed(pictures, people[:8], progress=lambda: progress.append(None))
        second = await seed(pictures, people, progress=lambda: progress.append(None))
        third = await seed(pictures, people, progress=lambda: progress.append(None))
        resolved = await pictures.resolve_many([person.user_id for person in people])

    with_picture = sum(person.picture is not None for person in people)
    assert (first + second, third) == (with_picture, 0)
    assert len(progress) == 48
    assert [answer.picture.name for answer in resolved.values()] == [person.name for person in people]


def test_who_has_no_picture_uploads_nothing() -> None:
    assert {person.upload() for person in PEOPLE if person.picture is None} == {None}
