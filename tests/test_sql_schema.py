"""The tables' history ends in the tables that the code reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from avatarium.adapters.sql_directory import SqlDirectory, sqlite_directory
from avatarium.adapters.sql_tables import TABLES, VERSION_TABLE
from worlds import ADA, make_image, make_picture

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from engines import Postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres")
    return (await server.new_database()).replace("postgresql://", "postgresql+asyncpg://")


def differences(connection: Connection) -> list[object]:
    def is_ours(item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name != VERSION_TABLE

    options = {"version_table": VERSION_TABLE, "include_object": is_ours, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), TABLES))


async def test_after_all_migrations_the_tables_are_those_of_the_code(url: str) -> None:
    directory = SqlDirectory(url)
    await directory.migrate()
    await directory.close()

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_tables_without_a_history_are_taken_for_the_first_ones(url: str) -> None:
    """What was made before migrations existed keeps its people and its epoch."""
    directory = SqlDirectory(url)
    await directory.migrate()
    await directory.open()
    epoch = await directory.epoch()
    await directory.compare_and_set(make_picture(ADA, 1, make_image(1), epoch))
    await directory.close()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    await engine.dispose()

    directory = SqlDirectory(url)
    assert await directory.migrate()
    await directory.open()

    assert (await directory.load_many([ADA]))[ADA] == make_picture(ADA, 1, make_image(1), epoch)
    await directory.close()


async def test_sqlite_needs_no_command_to_be_migrated(tmp_path: Path) -> None:
    directory = sqlite_directory(tmp_path / "directory.sqlite3")

    await directory.open()

    assert await directory.epoch()
    assert not await directory.migrate()
    await directory.close()
