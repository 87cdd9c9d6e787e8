"""The tables' revision: what a database has, what this release needs, and the way from one to the other.

Guarantees: any number of processes may migrate one database at once and each change is made once; a change
is made whole or not at all. Does not do: decide when to migrate (`sql_directory` and `avatarium migrate` do).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from avatarium.adapters.sql_tables import FACTS, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

_FIRST: Final = "0001"
_LOCK: Final = 0x61766174_61726975
"""Number of PostgreSQL's advisory lock: two processes migrate one after the other."""
_one_at_a_time = asyncio.Lock()  # Alembic keeps the migration under way in module state
_SCRIPTS: Final = Path(__file__).parent / "migrations"


def needed_revision() -> str:
    """The revision of the tables that this release reads and writes."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head() or ""


async def read_revision(connection: AsyncConnection) -> str | None:
    """The revision of the tables that the database has; None where there are none."""
    return await connection.run_sync(_read)


async def upgrade(connection: AsyncConnection) -> bool:
    """Whether anything had to be done to bring the tables to `needed_revision`.

    Args:
        connection: In a transaction, which the caller commits.
    """
    async with _one_at_a_time:
        return await connection.run_sync(_upgrade)


def _read(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if found is None and inspect(connection).has_table(FACTS.name):
        return _FIRST  # made before there was a history
    return found


def _upgrade(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if _read(connection) == needed_revision() and inspect(connection).has_table(VERSION_TABLE):
        return False
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if _read(connection) is not None and not inspect(connection).has_table(VERSION_TABLE):
        command.stamp(config, _FIRST)
    command.upgrade(config, "head")
    return True
