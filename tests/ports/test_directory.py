"""The suite of `ports.Directory`, the same on every adapter.

Each test gets two handles on one directory: the same object twice, or two connections to one database, as two
processes have.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from avatarium.adapters.memory import MemoryDirectory
from avatarium.adapters.sql_directory import SqlDirectory
from avatarium.model import ImageId, Picture, UserId
from worlds import ADA, ALAN, EPOCH, make_image, make_picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from avatarium.ports import Directory
    from engines import Postgres

    Pair = tuple[Directory, Directory]

UNICODE_IDS = [
    UserId(text) for text in ("ünïcødé", "山田", "🦊", "e\u0301", "\u00e9", "Ada", "ada ", "50%", "a'b\"c;--", "%2F")
]


POSTGRES = pytest.mark.integration


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "sqlite, two connections",
        pytest.param("postgresql", marks=POSTGRES),
        pytest.param("postgresql, two processes' pools", marks=POSTGRES),
    ]
)
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}"
    if "postgresql" in request.param:
        server: Postgres = request.getfixturevalue("postgres")
        url = await server.new_database()
    one: Directory = MemoryDirectory(EPOCH) if request.param == "memory" else SqlDirectory(url)
    other: Directory = SqlDirectory(url) if "two" in request.param else one
    await one.migrate()
    await one.open()
    if other is not one:
        await other.open()
    yield one, other
    await one.close()
    if other is not one:
        await other.close()


async def load(directory: Directory, user_id: UserId) -> Picture:
    return (await directory.load_many([user_id]))[user_id]


async def test_a_person_the_directory_never_heard_of_is_answered_as_unknown(pair: Pair) -> None:
    one, _ = pair

    picture = await load(one, ADA)

    assert picture == Picture(ADA, await one.epoch(), 0, None, known=False)


async def test_both_handles_have_one_epoch_and_it_stays(pair: Pair) -> None:
    one, other = pair

    epochs = {await one.epoch(), await other.epoch(), await one.epoch()}

    assert len(epochs) == 1
    assert "" not in epochs


async def test_what_one_handle_set_the_other_reads_back_whole(pair: Pair) -> None:
    one, other = pair
    picture = make_picture(ADA, 1, make_image(1), await one.epoch())

    won = await one.compare_and_set(picture)

    assert won
    assert await load(other, ADA) == picture
    assert await other.load_image(make_image(1).image_id) == make_image(1)


@pytest.mark.parametrize("revision", [0, 1, 3, 4])
async def test_a_revision_that_is_not_one_above_the_stored_one_changes_nothing(pair: Pair, revision: int) -> None:
    one, other = pair
    epoch = await one.epoch()
    await one.compare_and_set(make_picture(ADA, 1, make_image(1), epoch))

    won = await other.compare_and_set(make_picture(ADA, revision, make_image(2), epoch))

    assert not won
    assert await load(one, ADA) == make_picture(ADA, 1, make_image(1), epoch)


async def test_the_first_revision_of_an_unknown_person_is_one(pair: Pair) -> None:
    one, _ = pair

    won = await one.compare_and_set(make_picture(ADA, 2, make_image(1), await one.epoch()))

    assert not won
    assert (await load(one, ADA)).revision == 0


async def test_a_lost_race_leaves_no_image_behind(pair: Pair) -> None:
    one, other = pair
    epoch = await one.epoch()
    await one.compare_and_set(make_picture(ADA, 1, make_image(1), epoch))

    await other.compare_and_set(make_picture(ADA, 1, make_image(2), epoch))

    assert await one.load_image(make_image(2).image_id) is None


async def test_of_a_hundred_concurrent_writers_exactly_one_wins_each_revision(pair: Pair) -> None:
    epoch = await pair[0].epoch()
    for revision in (1, 2, 3):
        offers = [make_picture(ADA, revision, make_image(100 * revision + index), epoch) for index in range(100)]

        won = await asyncio.gather(
            *(pair[index % 2].compare_and_set(offer) for index, offer in enumerate(offers)),
        )

        assert sum(won) == 1
        assert await load(pair[1], ADA) == offers[won.index(True)]


async def test_writers_of_different_people_do_not_hinder_each_other(pair: Pair) -> None:
    epoch = await pair[0].epoch()
    people = [UserId(f"person-{index}") for index in range(50)]

    won = await asyncio.gather(
        *(pair[i % 2].compare_and_set(make_picture(who, 1, None, epoch)) for i, who in enumerate(people))
    )

    assert all(won)


async def test_going_back_to_no_picture_keeps_the_revision_and_the_old_image(pair: Pair) -> None:
    one, other = pair
    epoch = await one.epoch()
    await one.compare_and_set(make_picture(ADA, 1, make_image(1), epoch))

    won = await one.compare_and_set(make_picture(ADA, 2, None, epoch))

    assert won
    assert await load(other, ADA) == make_picture(ADA, 2, None, epoch)
    assert await other.load_image(make_image(1).image_id) == make_image(1)


async def test_the_same_image_can_come_back_in_a_later_revision(pair: Pair) -> None:
    one, _ = pair
    epoch = await one.epoch()
    for revision, number in ((1, 1), (2, 2), (3, 1)):
        assert await one.compare_and_set(make_picture(ADA, revision, make_image(number), epoch))

    assert (await load(one, ADA)).image == make_image(1)


async def test_an_image_that_was_never_stored_is_none(pair: Pair) -> None:
    assert await pair[0].load_image(ImageId("z" * 26)) is None


async def test_a_batch_of_a_thousand_answers_every_id_once_and_in_order(pair: Pair) -> None:
    one, other = pair
    people = [UserId(f"person-{index:04}") for index in range(1000)]
    await one.name_people({user_id: f"Person {user_id}" for user_id in people[::2]})

    loaded = await other.load_many([*people, people[0]])

    assert list(loaded) == people
    assert [loaded[user_id].known for user_id in people] == [True, False] * 500


async def test_an_empty_batch_has_an_empty_answer(pair: Pair) -> None:
    assert await pair[0].load_many([]) == {}


async def test_ids_are_compared_exactly_whatever_they_are_written_in(pair: Pair) -> None:
    one, other = pair
    epoch = await one.epoch()
    for number, user_id in enumerate(UNICODE_IDS):
        assert await one.compare_and_set(make_picture(user_id, 1, make_image(number, user_id), epoch))

    loaded = await other.load_many(UNICODE_IDS)

    assert [loaded[user_id].image for user_id in UNICODE_IDS] == [
        make_image(number, user_id) for number, user_id in enumerate(UNICODE_IDS)
    ]
    assert not (await load(one, UserId("ADA"))).known


async def test_naming_people_makes_them_known_without_a_picture(pair: Pair) -> None:
    one, other = pair

    await one.name_people({ADA: "Ada Lovelace", ALAN: "Alan Turing"})

    assert await load(other, ADA) == Picture(ADA, await one.epoch(), 0, None, name="Ada Lovelace")


async def test_renaming_somebody_leaves_picture_and_revision_alone(pair: Pair) -> None:
    one, other = pair
    epoch = await one.epoch()
    await one.name_people({ADA: "Ada Byron"})
    await one.compare_and_set(make_picture(ADA, 1, make_image(1), epoch))

    await other.name_people({ADA: "Ada Lovelace"})

    assert await load(one, ADA) == make_picture(ADA, 1, make_image(1), epoch, name="Ada Lovelace")


async def test_changing_a_picture_leaves_the_name_alone(pair: Pair) -> None:
    one, other = pair
    await one.name_people({ADA: "Ada Lovelace"})

    await one.compare_and_set(make_picture(ADA, 1, None, await one.epoch(), name="somebody else"))

    assert (await load(other, ADA)).name == "Ada Lovelace"


async def test_a_writer_that_is_cancelled_does_not_block_the_next_one(pair: Pair) -> None:
    one, other = pair
    epoch = await one.epoch()
    writer = asyncio.create_task(one.compare_and_set(make_picture(ADA, 1, make_image(1), epoch)))
    await asyncio.sleep(0)

    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    standing = await load(other, ADA)
    won = await other.compare_and_set(make_picture(ADA, standing.revision + 1, make_image(2), epoch))

    # The cancelled write may end before or after the look; either way somebody's change stands, whole.
    assert won or (await load(other, ADA)).image == make_image(1)


async def test_everybody_is_listed_once_page_by_page(pair: Pair) -> None:
    one, other = pair
    await one.name_people(dict.fromkeys(UNICODE_IDS, "Somebody"))
    await one.compare_and_set(make_picture(ADA))

    seen: list[UserId] = []
    while page := await other.list_people(seen[-1] if seen else None, 3):
        assert len(page) <= 3
        seen += page

    assert sorted(seen) == sorted([*UNICODE_IDS, ADA])
