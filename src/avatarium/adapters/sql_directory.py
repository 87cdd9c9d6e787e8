"""Records in a relational database, by SQLAlchemy Core; SQLite is the embedded default.

Guarantees: a change is one transaction that takes the write lock first (`BEGIN IMMEDIATE` on SQLite: a
plain `BEGIN` that upgrades later fails with "database is locked" under load); reads run outside of
transactions; a foreign error leaves as `Unavailable`.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    URL,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import EmulatedDBAPIException, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from avatarium.errors import BadConfiguration, Unavailable
from avatarium.model import Epoch, ImageId, Picture, UserId
from avatarium.records import decode_image, encode_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Row

    from avatarium.model import Image

SCHEMA: Final = "1"
"""Number of the tables' shape; another one in the database is refused at start-up."""
BUSY_SECONDS: Final = 5
"""How long SQLite waits for another process's write."""

_tables = MetaData()
_facts = Table(
    "avatarium_facts",
    _tables,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
)
_people = Table(
    "avatarium_people",
    _tables,
    Column("user_id", String(128), primary_key=True),
    Column("name", Text),
    Column("revision", Integer, nullable=False),
    Column("erasures", Integer, nullable=False),
    Column("image_id", String(26)),
    Column("changed_at", Float, nullable=False),
)
_images = Table(
    "avatarium_images",
    _tables,
    Column("image_id", String(26), primary_key=True),
    Column("user_id", String(128), nullable=False, index=True),
    Column("record", Text, nullable=False),
)


class SqlDirectory:
    """A directory in the database at `url`.

    Args:
        url: SQLAlchemy URL of an asynchronous driver, for example `sqlite+aiosqlite:///avatarium.sqlite3`.

    Raises:
        BadConfiguration: No driver takes this URL.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            self._engine: AsyncEngine = create_async_engine(url)
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise BadConfiguration("AVATARIUM_DIRECTORY_URL: no driver takes this URL.") from error
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._epoch: Epoch | None = None

    async def epoch(self) -> Epoch:
        """See `ports.Directory`."""
        if self._epoch is None:
            raise Unavailable("The directory is not open.")
        return self._epoch

    async def open(self) -> None:
        """Make the tables where they are missing; read or make the epoch.

        Raises:
            BadConfiguration: The tables were made by another release.
            Unavailable: The database does not answer.
        """
        with _translated():
            facts = await self._make_tables()
        if facts["schema"] != SCHEMA:
            await self.close()  # nobody else will: it was never open
            raise BadConfiguration(f"The directory has tables of shape {facts['schema']}, not {SCHEMA}.")
        self._epoch = Epoch(facts["epoch"])

    async def _make_tables(self) -> dict[str, str]:
        """The facts of this database, made with its tables when there are none."""
        async with self._engine.begin() as connection:
            await connection.run_sync(_tables.create_all)
            facts = {row.name: row.value for row in await connection.execute(select(_facts))}
            if not facts:
                facts = {"schema": SCHEMA, "epoch": _new_epoch()}
                rows = [{"name": name, "value": value} for name, value in facts.items()]
                await connection.execute(insert(_facts), rows)
            return facts

    async def close(self) -> None:
        """See `ports.Directory`."""
        await self._engine.dispose()

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        """See `ports.Directory`."""
        epoch = await self.epoch()
        with _translated():
            async with self._reading.connect() as connection:
                rows = (await connection.execute(_LOAD_MANY, {"user_ids": list(user_ids)})).all()
        known = {UserId(row.user_id): _picture(row, epoch) for row in rows}
        return {user_id: known.get(user_id) or Picture(user_id, epoch, 0, None, known=False) for user_id in user_ids}

    async def load_image(self, image_id: ImageId) -> Image | None:
        """See `ports.Directory`."""
        with _translated():
            async with self._reading.connect() as connection:
                row = (await connection.execute(_LOAD_IMAGE, {"image_id": image_id})).first()
        return None if row is None else decode_image(row.record)

    async def compare_and_set(self, picture: Picture) -> bool:
        """See `ports.Directory`."""
        with _translated():
            try:
                # Shielded: a driver thread that is cancelled between BEGIN and COMMIT would keep the lock.
                return await asyncio.shield(asyncio.ensure_future(self._compare_and_set(picture)))
            except IntegrityError:
                return False  # another process made the same row first

    async def _compare_and_set(self, picture: Picture) -> bool:
        image = picture.image
        values = {
            "revision": picture.revision,
            "erasures": picture.erasures,
            "image_id": None if image is None else image.image_id,
            "changed_at": picture.changed_at,
        }
        async with self._engine.begin() as connection:
            here = _people.c.user_id == picture.user_id
            changed = await connection.execute(
                update(_people).where(here, _people.c.revision == picture.revision - 1).values(values)
            )
            if changed.rowcount == 0:
                if picture.revision != 1 or (await connection.execute(select(_people.c.revision).where(here))).first():
                    return False
                await connection.execute(insert(_people).values(user_id=picture.user_id, name=picture.name, **values))
            if image is not None:
                await _insert_image(connection, image)
        return True

    async def name_people(self, names: Mapping[UserId, str]) -> None:
        """See `ports.Directory`."""
        with _translated():
            async with self._engine.begin() as connection:
                rows = await connection.execute(_KNOWN, {"user_ids": list(names)})
                there = {row.user_id for row in rows}
                fresh = [
                    {"user_id": user_id, "name": name, "revision": 0, "erasures": 0, "changed_at": 0.0}
                    for user_id, name in names.items()
                    if user_id not in there
                ]
                if fresh:
                    await connection.execute(insert(_people), fresh)
                for user_id in there:
                    await connection.execute(
                        update(_people).where(_people.c.user_id == user_id).values(name=names[UserId(user_id)])
                    )

    async def list_people(self, after: UserId | None, limit: int) -> Sequence[UserId]:
        """See `ports.Directory`."""
        query = select(_people.c.user_id).order_by(_people.c.user_id).limit(limit)
        if after is not None:
            query = query.where(_people.c.user_id > after)
        with _translated():
            async with self._reading.connect() as connection:
                return [UserId(row.user_id) for row in await connection.execute(query)]


def sqlite_directory(file: Path) -> SqlDirectory:
    """The directory in the SQLite database `file`, whatever characters its name has."""
    return SqlDirectory(URL.create("sqlite+aiosqlite", database=str(file)))


_LOAD_MANY: Final = (
    select(_people, _images.c.record)
    .join(_images, _images.c.image_id == _people.c.image_id, isouter=True)
    .where(_people.c.user_id.in_(bindparam("user_ids", expanding=True)))
)
_LOAD_IMAGE: Final = select(_images.c.record).where(_images.c.image_id == bindparam("image_id"))
_KNOWN: Final = select(_people.c.user_id).where(_people.c.user_id.in_(bindparam("user_ids", expanding=True)))


async def _insert_image(connection: AsyncConnection, image: Image) -> None:
    known = await connection.execute(_LOAD_IMAGE, {"image_id": image.image_id})
    if known.first() is None:
        await connection.execute(
            insert(_images).values(image_id=image.image_id, user_id=image.owner, record=encode_image(image))
        )


def _picture(row: Row[Any], epoch: Epoch) -> Picture:
    return Picture(
        user_id=UserId(row.user_id),
        epoch=epoch,
        revision=row.revision,
        image=None if row.record is None else decode_image(row.record),
        name=row.name,
        erasures=row.erasures,
        changed_at=row.changed_at,
    )


def _new_epoch() -> Epoch:
    return Epoch(base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower())


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Write-ahead log, and transactions that take the write lock when they begin."""

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's connection, untyped in events
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn every error of the database into ours."""
    try:
        yield
    except (SQLAlchemyError, EmulatedDBAPIException, OSError) as error:
        raise Unavailable("The directory does not answer.") from error
