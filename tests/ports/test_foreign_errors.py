"""Every exception class of a library that an adapter uses leaves the adapter as one of ours.

The classes are walked, so a new release of a library that brings a new one fails here until it is mapped.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any

import asyncpg.exceptions
import obstore
import obstore.exceptions
import pytest
import sqlalchemy.exc
from obstore.store import MemoryStore
from sqlalchemy.ext.asyncio import create_async_engine

from avatarium.adapters import sql_directory
from avatarium.adapters.object_store import ObstoreObjectStore, local_object_store
from avatarium.adapters.sql_directory import SqlDirectory
from avatarium.errors import AvatariumError, BadConfiguration, Unavailable
from worlds import ADA, EPOCH, make_image, make_picture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

BUILTINS: tuple[type[Exception], ...] = (OSError, PermissionError, TimeoutError, ConnectionError)
OBSTORE = [
    *(kind for _, kind in inspect.getmembers(obstore.exceptions, inspect.isclass) if issubclass(kind, Exception)),
    *BUILTINS,
    FileNotFoundError,
    ValueError,
    NotImplementedError,
]
SQLALCHEMY = [
    *(
        kind
        for _, kind in inspect.getmembers(sqlalchemy.exc, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ),
    *BUILTINS,
]
ASYNCPG = [
    kind
    for _, kind in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and not issubclass(kind, Warning)
]


def made(kind: type[Exception]) -> Exception:
    """An instance of `kind`, whatever its constructor asks for."""
    error = kind.__new__(kind)
    Exception.__init__(error, "the inside: password=hunter2")
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        error.connection_invalidated = False
    return error


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


def raising_nothing(answer: object) -> Callable[..., object]:
    return lambda *_, **__: answer


async def outcome_of(call: Awaitable[object]) -> object:
    """What the call answers, or the error of ours that it raises; a foreign one goes through."""
    try:
        return await call
    except AvatariumError as error:
        return error


STORE_CALLS: dict[str, Callable[[ObstoreObjectStore], Awaitable[object]]] = {
    "put_if_absent": lambda store: store.put_if_absent("key", b"data"),
    "get": lambda store: store.get("key"),
    "get_range": lambda store: store.get_range("key", 0, 1),
    "head": lambda store: store.head("key"),
    "delete": lambda store: store.delete("key"),
    "list": lambda store: anext(store.list("folder"), None),
}


@pytest.mark.parametrize("kind", OBSTORE, ids=str)
@pytest.mark.parametrize("call", STORE_CALLS)
async def test_the_object_store_lets_no_foreign_error_out(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], call: str
) -> None:
    for name in ("put_async", "get_async", "get_range_async", "head_async", "delete_async", "list"):
        monkeypatch.setattr(obstore, name, raising(made(kind)))
    store = ObstoreObjectStore(MemoryStore())

    outcome = await outcome_of(STORE_CALLS[call](store))

    if kind.__name__ in {"NotFoundError", "FileNotFoundError"}:
        # Nothing there is an answer and no failure; of what this port writes it cannot be one.
        assert outcome is None or isinstance(outcome, Unavailable)
    elif kind.__name__ == "AlreadyExistsError" and call == "put_if_absent":
        assert outcome is False
    else:
        assert isinstance(outcome, Unavailable)
        assert "hunter2" not in outcome.detail


class BrokenEngine:
    """Looks like an engine and raises wherever it would work."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.dialect = self
        self.name = "postgresql"
        self.driver = "asyncpg"

    def execution_options(self, **_: object) -> BrokenEngine:
        return self

    def connect(self) -> BrokenEngine:
        return self

    begin = connect

    async def __aenter__(self) -> None:
        raise self._error

    async def __aexit__(self, *_: object) -> None:
        """Never entered."""


DIRECTORY_CALLS: dict[str, Callable[[SqlDirectory], Awaitable[object]]] = {
    "open": lambda directory: directory.open(),
    "load_image": lambda directory: directory.load_image(make_image(1).image_id),
    "compare_and_set": lambda directory: directory.compare_and_set(make_picture(ADA, 1, make_image(1), EPOCH)),
    "name_people": lambda directory: directory.name_people({ADA: "Ada"}),
    "load_many": lambda directory: directory.load_many([ADA]),
}


@pytest.mark.parametrize("kind", SQLALCHEMY, ids=str)
@pytest.mark.parametrize("call", DIRECTORY_CALLS)
async def test_the_directory_lets_no_foreign_error_out(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], call: str
) -> None:
    monkeypatch.setattr(sql_directory, "create_async_engine", lambda *_, **__: BrokenEngine(made(kind)))
    directory = SqlDirectory("postgresql://nowhere")

    outcome = await outcome_of(DIRECTORY_CALLS[call](directory))

    if kind is sqlalchemy.exc.IntegrityError and call == "compare_and_set":
        assert outcome is False  # another process made the same row first
    else:
        assert isinstance(outcome, Unavailable)
        assert "hunter2" not in outcome.detail


@pytest.mark.parametrize("call", DIRECTORY_CALLS)
async def test_the_directory_lets_no_error_of_its_driver_out(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """The driver is asked past the library while it connects."""
    for kind in ASYNCPG:
        broken = BrokenEngine(made(kind))
        monkeypatch.setattr(sql_directory, "create_async_engine", raising_nothing(broken))

        outcome = await outcome_of(DIRECTORY_CALLS[call](SqlDirectory("postgresql://nowhere")))

        assert isinstance(outcome, Unavailable), kind
        assert "hunter2" not in outcome.detail


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///file.sqlite3", "nodriver+atall://host", "sqlite+aiosqlite"])
def test_a_url_that_no_driver_takes_is_a_bad_configuration(url: str) -> None:
    with pytest.raises(BadConfiguration, match="AVATARIUM_DIRECTORY_URL"):
        SqlDirectory(url)


async def driver_threads_end() -> None:
    """Return when the driver's threads have ended: after a failed connect they may still speak to the loop."""
    for thread in threading.enumerate():
        if thread.name.endswith("(_connection_worker_thread)"):
            await asyncio.to_thread(thread.join, 10)


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "directory.sqlite3"
    file.write_bytes(b"This is a letter to my aunt, not a database.\n" * 100)
    directory = SqlDirectory(f"sqlite+aiosqlite:///{file}")

    with pytest.raises(Unavailable):
        await directory.open()
    await directory.close()
    await driver_threads_end()


async def test_a_database_in_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    directory = SqlDirectory(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'directory.sqlite3'}")

    with pytest.raises(Unavailable):
        await directory.open()
    await directory.close()
    await driver_threads_end()


async def test_tables_of_another_release_are_refused(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}"
    directory = SqlDirectory(url)
    await directory.open()
    await directory.close()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(sqlalchemy.text("UPDATE avatarium_schema SET version_num = '9999'"))
    await engine.dispose()

    directory = SqlDirectory(url)
    with pytest.raises(BadConfiguration, match="9999"):
        await directory.open()
    await directory.close()


async def test_a_directory_that_is_not_open_is_unavailable(tmp_path: Path) -> None:
    directory = SqlDirectory(f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}")

    with pytest.raises(Unavailable):
        await directory.load_many([ADA])


def test_an_object_folder_that_cannot_be_made_is_a_bad_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadConfiguration, match="AVATARIUM_OBJECTS_URL"):
        local_object_store(tmp_path / "file" / "objects")


async def test_a_damaged_object_folder_is_unavailable_not_empty(tmp_path: Path) -> None:
    store = local_object_store(tmp_path / "objects")
    (tmp_path / "objects" / "pictures").write_text("a file where a folder should be")

    with pytest.raises(Unavailable):
        await store.put_if_absent("pictures/ab/1.webp", b"data")
