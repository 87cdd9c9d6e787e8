"""The suite of `ports.Archive`, the same on every adapter: a directory read and written as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from avatarium.adapters.memory import MemoryDirectory
from avatarium.adapters.sql_directory import SqlDirectory
from avatarium.model import UserId
from worlds import ADA, ALAN, EPOCH, OTHER_EPOCH, make_image, make_picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from avatarium.model import Image, Picture
    from engines import Postgres

    ArchivedDirectory = MemoryDirectory | SqlDirectory


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
async def directory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ArchivedDirectory]:
    made: ArchivedDirectory = MemoryDirectory(EPOCH)
    if request.param == "sqlite":
        made = SqlDirectory(f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}")
    elif request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        made = SqlDirectory(await server.new_database())
    await made.migrate()
    await made.open()
    yield made
    await made.close()


async def everybody(directory: ArchivedDirectory) -> list[Picture]:
    found: list[Picture] = []
    while page := await directory.people_after(found[-1].user_id if found else None):
        found += page
    return found


async def every_image(directory: ArchivedDirectory) -> list[Image]:
    found: list[Image] = []
    while page := await directory.images_after(found[-1].image_id if found else None):
        found += page
    return found


async def test_everybody_comes_once_over_all_pages(directory: ArchivedDirectory) -> None:
    names = {UserId(f"{letter}-{index}"): f"Person {index}" for index in range(400) for letter in ("a", "Ünï", "山")}
    await directory.name_people(names)

    people = await everybody(directory)

    assert {picture.user_id: picture.name for picture in people} == names
    assert len(people) == len(names)


async def test_images_come_once_also_when_they_are_nobodys_any_more(directory: ArchivedDirectory) -> None:
    epoch = await directory.epoch()
    for revision in (1, 2, 3):
        await directory.compare_and_set(make_picture(ADA, revision, make_image(revision), epoch))

    images = await every_image(directory)

    assert images == [make_image(number) for number in (1, 2, 3)]


async def test_an_empty_directory_has_no_pages(directory: ArchivedDirectory) -> None:
    assert await directory.people_after(None) == []
    assert await directory.images_after(None) == []


async def test_restored_records_are_read_back_as_they_were(directory: ArchivedDirectory) -> None:
    epoch = await directory.epoch()
    ada = replace(make_picture(ADA, 7, make_image(1), epoch, name="Ada"), erasures=2)
    alan = make_picture(ALAN, 0, None, epoch, name="Alan")

    await directory.restore_images([make_image(1), make_image(2), make_image(1)])
    await directory.restore_people([ada, alan])

    assert dict(await directory.load_many([ADA, ALAN])) == {ADA: ada, ALAN: alan}
    assert await directory.load_image(make_image(2).image_id) == make_image(2)


async def test_restoring_twice_changes_nothing_and_never_goes_backwards(directory: ArchivedDirectory) -> None:
    epoch = await directory.epoch()
    await directory.restore_images([make_image(1), make_image(2)])
    await directory.restore_people([make_picture(ADA, 3, make_image(1), epoch)])
    await directory.compare_and_set(make_picture(ADA, 4, make_image(2), epoch))

    await directory.restore_images([make_image(1)])
    await directory.restore_people([make_picture(ADA, 3, make_image(1), epoch)])

    assert (await directory.load_many([ADA]))[ADA] == make_picture(ADA, 4, make_image(2), epoch)


async def test_an_empty_directory_may_take_over_another_ones_life(directory: ArchivedDirectory) -> None:
    assert await directory.adopt_epoch(OTHER_EPOCH)
    assert await directory.epoch() == OTHER_EPOCH

    await directory.name_people({ADA: "Ada"})

    assert await directory.adopt_epoch(OTHER_EPOCH)  # the same again: a move that is resumed


async def test_a_directory_with_people_keeps_its_own_life(directory: ArchivedDirectory) -> None:
    epoch = await directory.epoch()
    await directory.name_people({ADA: "Ada"})

    assert not await directory.adopt_epoch(OTHER_EPOCH)
    assert await directory.epoch() == epoch
