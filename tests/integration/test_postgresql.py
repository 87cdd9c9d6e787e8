"""What only a real PostgreSQL shows: round trips, a restart, cut and hung connections, migrations."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from avatarium.adapters.sql_directory import SqlDirectory
from avatarium.errors import BadConfiguration, Unavailable
from avatarium.model import UserId
from engines import POSTGRES_USER, Postgres
from proxies import Proxy
from worlds import ADA, make_image, make_picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.integration

RECOVERY_SECONDS = 5.0


@pytest.fixture
async def url(postgres: Postgres) -> str:
    return await postgres.new_database()


@pytest.fixture
async def directory(url: str) -> AsyncIterator[SqlDirectory]:
    made = SqlDirectory(url)
    await made.migrate()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def mortal() -> Iterator[Postgres]:
    """A server of the test's own, to be killed."""
    server = Postgres.make()
    yield server
    server.remove()


async def opened(url: str) -> SqlDirectory:
    directory = SqlDirectory(url)
    await directory.migrate()
    await directory.open()
    return directory


async def test_a_batch_of_a_thousand_is_one_round_trip(postgres: Postgres, url: str) -> None:
    async with Proxy(postgres.port) as proxy:
        directory = await opened(url.replace(str(postgres.port), str(proxy.port)))
        people = [UserId(f"person-{index}") for index in range(1000)]
        await directory.name_people(dict.fromkeys(people, "Somebody"))
        await directory.load_many(people[:3])  # the statement is prepared once a connection
        before = proxy.turns

        loaded = await directory.load_many(people)

        assert proxy.turns - before == 1
        assert all(picture.known for picture in loaded.values())
        await directory.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_after_a_restart_the_first_read_and_write_work_and_nothing_is_lost(
    mortal: Postgres, number: signal.Signals
) -> None:
    directory = await opened(await mortal.new_database())
    epoch = await directory.epoch()
    answered = 0
    for revision in range(1, 30):
        assert await directory.compare_and_set(make_picture(ADA, revision, make_image(revision), epoch))
        answered = revision
    # Several connections stand in the pool, and every one of them is cut.
    await asyncio.gather(*(directory.load_many([ADA]) for _ in range(8)))

    await asyncio.to_thread(mortal.restart, number)

    loaded = await asyncio.gather(*(directory.load_many([ADA]) for _ in range(8)))
    assert {answer[ADA].revision for answer in loaded} == {answered}
    assert await directory.compare_and_set(make_picture(ADA, answered + 1, make_image(1), epoch))
    await directory.close()


async def test_a_write_is_answered_or_it_fails_but_an_answered_one_stays(mortal: Postgres) -> None:
    directory = await opened(await mortal.new_database())
    epoch = await directory.epoch()
    answered: dict[UserId, int] = {}
    all_began = asyncio.Barrier(5)

    async def write(user_id: UserId) -> None:
        for revision in range(1, 400):
            try:
                won = await directory.compare_and_set(make_picture(user_id, revision, None, epoch))
            except Unavailable:
                return
            if not won:
                return
            answered[user_id] = revision
            if revision == 1:
                await all_began.wait()

    writers = [asyncio.create_task(write(UserId(f"writer-{index}"))) for index in range(4)]
    await all_began.wait()
    await asyncio.to_thread(mortal.restart, signal.SIGKILL)
    await asyncio.gather(*writers)

    standing = await directory.load_many(list(answered))
    # One more than was answered may stand: the answer of that commit was cut off.
    assert all(0 <= standing[who].revision - revision <= 1 for who, revision in answered.items())
    await directory.close()


async def test_while_it_is_down_every_call_says_so_at_once(mortal: Postgres) -> None:
    directory = await opened(await mortal.new_database())
    mortal.stop()

    for call in (directory.load_many([ADA]), directory.compare_and_set(make_picture(ADA, 1, None))):
        async with asyncio.timeout(RECOVERY_SECONDS):
            with pytest.raises(Unavailable):
                await call
    mortal.start()
    assert (await directory.load_many([ADA]))[ADA].revision == 0
    await directory.close()


async def test_a_hung_server_costs_a_bounded_wait(postgres: Postgres, url: str) -> None:
    async with Proxy(postgres.port) as proxy:
        directory = await opened(url.replace(str(postgres.port), str(proxy.port)))
        proxy.hold()

        async with asyncio.timeout(2 * RECOVERY_SECONDS):
            with pytest.raises(Unavailable):
                await directory.load_many([ADA])
        proxy.release()

        assert (await directory.load_many([ADA]))[ADA].revision == 0
        await directory.close()


async def test_connections_that_were_cut_are_replaced_without_an_error(postgres: Postgres, url: str) -> None:
    async with Proxy(postgres.port) as proxy:
        directory = await opened(url.replace(str(postgres.port), str(proxy.port)))
        epoch = await directory.epoch()
        for revision in range(1, 6):
            proxy.cut()
            assert await directory.compare_and_set(make_picture(ADA, revision, make_image(revision), epoch))
            proxy.cut()
            assert (await directory.load_many([ADA]))[ADA].revision == revision
        await directory.close()


async def test_cancelling_a_read_in_flight_costs_nobody_a_connection(postgres: Postgres, url: str) -> None:
    async with Proxy(postgres.port) as proxy:
        directory = await opened(url.replace(str(postgres.port), str(proxy.port)))
        for _ in range(3):
            proxy.hold()
            reads = [asyncio.create_task(directory.load_many([ADA])) for _ in range(20)]
            await asyncio.sleep(0)
            for read in reads:
                read.cancel()
            proxy.release()
            await asyncio.gather(*reads, return_exceptions=True)

        answers = await asyncio.gather(*(directory.load_many([ADA]) for _ in range(40)))

        assert len(answers) == 40
        await directory.close()


async def test_a_caller_that_goes_away_leaves_a_write_whole_or_undone(directory: SqlDirectory) -> None:
    epoch = await directory.epoch()
    for revision in range(1, 11):
        write = asyncio.create_task(directory.compare_and_set(make_picture(ADA, revision, make_image(revision), epoch)))
        await asyncio.sleep(0)
        write.cancel()
        await asyncio.gather(write, return_exceptions=True)

        # The next writer waits for the row: the cancelled one has won it, or will never.
        won = await directory.compare_and_set(make_picture(ADA, revision, make_image(100 + revision), epoch))

        standing = (await directory.load_many([ADA]))[ADA]
        assert standing.revision == revision
        assert standing.image == make_image(100 + revision if won else revision)


# ---------------------------------------------------------------- migrations


async def test_an_empty_database_is_refused_until_it_is_migrated(url: str) -> None:
    directory = SqlDirectory(url)
    with pytest.raises(BadConfiguration, match="avatarium migrate"):
        await directory.open()

    directory = SqlDirectory(url)
    assert await directory.migrate()
    assert not await directory.migrate()
    await directory.open()
    epoch = await directory.epoch()
    await directory.close()

    again = await opened(url)
    assert await again.epoch() == epoch
    await again.close()


async def test_many_that_migrate_at_once_make_one_directory(url: str) -> None:
    directories = [SqlDirectory(url) for _ in range(6)]

    changed = await asyncio.gather(*(directory.migrate() for directory in directories))

    assert sum(changed) == 1
    await asyncio.gather(*(directory.open() for directory in directories))
    assert len({await directory.epoch() for directory in directories}) == 1
    await asyncio.gather(*(directory.close() for directory in directories))


async def test_a_wrong_password_or_database_is_unavailable_and_not_repeated(postgres: Postgres) -> None:
    directory = SqlDirectory(f"postgresql://{POSTGRES_USER}:hunter2@127.0.0.1:{postgres.port}/nowhere")

    with pytest.raises(Unavailable) as caught:
        await directory.open()

    assert "hunter2" not in str(caught.value)
    await directory.close()
