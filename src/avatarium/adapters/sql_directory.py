"""Records in a relational database, by SQLAlchemy Core: SQLite is the embedded default, PostgreSQL the other.

Guarantees: a change is one transaction that takes the write lock first (`BEGIN IMMEDIATE` on SQLite: a
plain `BEGIN` that upgrades later fails with "database is locked" under load); reads run outside of
transactions, a batch in one round trip; what finds its connection cut (a restarted engine) is tried once more
where that cannot do it twice; a foreign error leaves as `Unavailable`.

Does not do: make tables anywhere but on SQLite. Elsewhere `avatarium migrate` does, and `open` says so.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import URL, Integer, Select, String, any_, bindparam, event, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from avatarium.adapters import sql_schema
from avatarium.adapters.sql_tables import FACTS, IMAGES, PEOPLE
from avatarium.errors import BadConfiguration, Unavailable
from avatarium.model import Epoch, ImageId, Picture, UserId
from avatarium.records import decode_image, encode_image

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from avatarium.model import Image

T = TypeVar("T")

BUSY_SECONDS: Final = 5
"""How long SQLite waits for another process's write."""
POSTGRES_OPTIONS: Final[dict[str, Any]] = {
    "pool_size": 10,
    "max_overflow": 10,
    "pool_timeout": 2,
    "pool_use_lifo": True,
    "connect_args": {"timeout": 2, "command_timeout": 3, "server_settings": {"application_name": "avatarium"}},
}
"""At most 20 connections a process; nobody waits for one, or for an answer, longer than this many seconds."""
_PAGE: Final = 500
"""Rows of one page when a whole directory is read."""


class SqlDirectory:
    """A directory in the database at `url`.

    Args:
        url: SQLAlchemy URL, for example `sqlite+aiosqlite:///avatarium.sqlite3` or
            `postgresql://user:password@host/database`.

    Raises:
        BadConfiguration: No driver takes this URL.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            made = make_url(url)
            if made.drivername in {"postgresql", "postgres"}:
                made = made.set(drivername="postgresql+asyncpg")
            options = POSTGRES_OPTIONS if made.drivername == "postgresql+asyncpg" else {}
            self._engine: AsyncEngine = create_async_engine(made, **options)
        except ModuleNotFoundError as error:
            raise BadConfiguration(
                f"AVATARIUM_DIRECTORY_URL needs the package {error.name}: pip install 'avatarium[postgres]'."
            ) from error
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise BadConfiguration("AVATARIUM_DIRECTORY_URL: no driver takes this URL.") from error
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        if self._is_sqlite:
            _prepare_sqlite(self._engine)
        self._foreign = _foreign_errors(self._engine.dialect.driver)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._among = _among if self._engine.dialect.name == "postgresql" else _among_expanded
        self._epoch: Epoch | None = None

    async def epoch(self) -> Epoch:
        """See `ports.Directory`."""
        if self._epoch is None:
            raise Unavailable("The directory is not open.")
        return self._epoch

    async def open(self) -> None:
        """Check the tables, making them on SQLite only; read the epoch.

        Raises:
            BadConfiguration: The tables are of another release, or not there.
            Unavailable: The database does not answer.
        """
        if self._is_sqlite:
            await self.migrate()
        with self._translated():
            found = await self._again_if_cut(self._read_revision)
            if found != sql_schema.needed_revision():
                await self.close()  # nobody else will: it was never open
                raise BadConfiguration(
                    f"The directory's tables are of revision {found or 'none'}, and this release needs "
                    f"{sql_schema.needed_revision()}: run `avatarium migrate`."
                )
            self._epoch = await self._read_epoch()

    async def migrate(self) -> bool:
        """See `ports.Directory`."""
        self._check_folder()
        with self._translated():
            found = await self._again_if_cut(self._read_revision)
            if found is not None and found > sql_schema.needed_revision():
                await self.close()
                raise BadConfiguration(f"The directory's tables are of revision {found}, of a later release than this.")
            async with self._engine.begin() as connection:
                changed = await sql_schema.upgrade(connection)
                if (await connection.execute(_EPOCH)).first() is None:
                    await connection.execute(insert(FACTS).values(name="epoch", value=_new_epoch()))
        return changed

    async def close(self) -> None:
        """See `ports.Directory`."""
        await self._engine.dispose()

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        """See `ports.Directory`."""
        epoch = await self.epoch()
        rows = await self._read(self._among(_PICTURES), {"user_ids": list(user_ids)})
        known = {UserId(row.user_id): _picture(row, epoch) for row in rows}
        return {user_id: known.get(user_id) or Picture(user_id, epoch, 0, None, known=False) for user_id in user_ids}

    async def load_image(self, image_id: ImageId) -> Image | None:
        """See `ports.Directory`."""
        rows = await self._read(_LOAD_IMAGE, {"image_id": image_id})
        return decode_image(rows[0].record) if rows else None

    async def compare_and_set(self, picture: Picture) -> bool:
        """See `ports.Directory`."""
        with self._translated():
            # Shielded: a driver that is cancelled between BEGIN and COMMIT would keep the lock.
            return await asyncio.shield(asyncio.ensure_future(self._compare_and_set(picture)))

    async def name_people(self, names: Mapping[UserId, str]) -> None:
        """See `ports.Directory`."""
        rows = [
            {"user_id": user_id, "name": name, "revision": 0, "erasures": 0, "image_id": None, "changed_at": 0.0}
            for user_id, name in sorted(names.items())  # in one order everywhere, so that two never wait in a ring
        ]
        with self._translated():
            await self._again_if_taken(lambda: self._merge(rows, _RENAME))

    async def list_people(self, after: UserId | None, limit: int) -> Sequence[UserId]:
        """See `ports.Directory`."""
        rows = await self._read(_KNOWN_AFTER, {"after": after or "", "page": limit})
        return [UserId(row.user_id) for row in rows]

    # ------------------------------------------------------------------ moving a whole directory

    async def people_after(self, user_id: UserId | None) -> Sequence[Picture]:
        """See `ports.Archive`."""
        epoch = await self.epoch()
        rows = await self._read(_PEOPLE_AFTER, {"after": user_id or ""})
        return [_picture(row, epoch) for row in rows]

    async def images_after(self, image_id: ImageId | None) -> Sequence[Image]:
        """See `ports.Archive`."""
        return [decode_image(row.record) for row in await self._read(_IMAGES_AFTER, {"after": image_id or ""})]

    async def restore_images(self, images: Sequence[Image]) -> None:
        """See `ports.Archive`."""

        async def write() -> None:
            async with self._engine.begin() as connection:
                await _insert_images(connection, images)

        with self._translated():
            await self._again_if_taken(write)

    async def restore_people(self, pictures: Sequence[Picture]) -> None:
        """See `ports.Archive`."""
        rows = [
            {"user_id": picture.user_id, "name": picture.name, **_change(picture)}
            for picture in sorted(pictures, key=lambda picture: picture.user_id)
        ]
        with self._translated():
            await self._again_if_taken(lambda: self._merge(rows, _RESTORE))

    async def adopt_epoch(self, epoch: Epoch) -> bool:
        """See `ports.Archive`."""
        with self._translated():
            async with self._engine.begin() as connection:
                taken = (await connection.execute(select(func.count()).select_from(PEOPLE))).scalar_one()
                if taken and epoch != await self.epoch():
                    return False
                await connection.execute(update(FACTS).where(FACTS.c.name == "epoch").values(value=epoch))
        self._epoch = epoch
        return True

    # ------------------------------------------------------------------ inside

    async def _read(self, statement: Select[Any], values: dict[str, object]) -> Sequence[Row[Any]]:
        """The rows of one statement, in one round trip."""

        async def read() -> Sequence[Row[Any]]:
            async with self._reading.connect() as connection:
                rows: Sequence[Row[Any]] = (await connection.execute(statement, values)).all()
                return rows

        with self._translated():
            return await self._again_if_cut(read)

    def _check_folder(self) -> None:
        """A file in a folder that is not there: the driver's thread would outlive its own refusal."""
        name = self._engine.url.database if self._is_sqlite else None
        if name and name != ":memory:" and not Path(name).parent.is_dir():
            raise Unavailable("The directory does not answer.")

    async def _read_revision(self) -> str | None:
        async with self._engine.connect() as connection:
            return await sql_schema.read_revision(connection)

    async def _read_epoch(self) -> Epoch:
        async with self._reading.connect() as connection:
            return Epoch((await connection.execute(_EPOCH)).scalar_one())

    async def _compare_and_set(self, picture: Picture) -> bool:
        committing = False

        async def change() -> bool:
            nonlocal committing
            async with self._engine.connect() as connection, connection.begin() as transaction:
                if not await _change_person(connection, picture):
                    return False
                if picture.image is not None:
                    await _insert_images(connection, [picture.image])
                committing = True
                await transaction.commit()
                return True

        try:
            return await change()
        except IntegrityError:
            return False  # another process made the same row first
        except DBAPIError as error:
            if committing or not error.connection_invalidated:
                raise  # whether it was committed cannot be known
        return await change()

    async def _merge(self, rows: list[dict[str, Any]], change: Any) -> None:  # noqa: ANN401 - an UPDATE with bound names
        """Insert the people that are not there, and run `change` for those that are."""
        async with self._engine.begin() as connection:
            ids = {"user_ids": [row["user_id"] for row in rows]}
            there = {row.user_id for row in await connection.execute(self._among(_KNOWN), ids)}
            fresh = [row for row in rows if row["user_id"] not in there]
            if fresh:
                await connection.execute(insert(PEOPLE), fresh)
            known = [{f"new_{name}": value for name, value in row.items()} for row in rows if row["user_id"] in there]
            if known:
                await connection.execute(change, known)

    @staticmethod
    async def _again_if_cut(work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives; a connection that was cut meanwhile is replaced, once."""
        try:
            return await work()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return await work()

    @staticmethod
    async def _again_if_taken(work: Callable[[], Awaitable[None]]) -> None:
        """Do `work`; once more where another process made the same row first."""
        try:
            await work()
        except IntegrityError:
            await work()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn every error of the database into ours."""
        try:
            yield
        except self._foreign as error:
            raise Unavailable("The directory does not answer.") from error


def sqlite_directory(file: Path) -> SqlDirectory:
    """The directory in the SQLite database `file`, whatever characters its name has."""
    return SqlDirectory(URL.create("sqlite+aiosqlite", database=str(file)))


_PICTURES: Final = select(PEOPLE, IMAGES.c.record).join(IMAGES, IMAGES.c.image_id == PEOPLE.c.image_id, isouter=True)
_LOAD_IMAGE: Final = select(IMAGES.c.record).where(IMAGES.c.image_id == bindparam("image_id"))
_KNOWN: Final = select(PEOPLE.c.user_id)
_KNOWN_AFTER: Final = (
    _KNOWN.where(PEOPLE.c.user_id > bindparam("after", type_=String))
    .order_by(PEOPLE.c.user_id)
    .limit(bindparam("page", type_=Integer))
)
_EPOCH: Final = select(FACTS.c.value).where(FACTS.c.name == "epoch")
_PEOPLE_AFTER: Final = (
    _PICTURES.where(PEOPLE.c.user_id > bindparam("after", type_=String)).order_by(PEOPLE.c.user_id).limit(_PAGE)
)
_IMAGES_AFTER: Final = (
    select(IMAGES.c.record)
    .where(IMAGES.c.image_id > bindparam("after", type_=String))
    .order_by(IMAGES.c.image_id)
    .limit(_PAGE)
)
_RENAME: Final = update(PEOPLE).where(PEOPLE.c.user_id == bindparam("new_user_id")).values(name=bindparam("new_name"))
_RESTORE: Final = (
    update(PEOPLE)
    .where(PEOPLE.c.user_id == bindparam("new_user_id"), PEOPLE.c.revision < bindparam("new_revision"))
    .values({name: bindparam(f"new_{name}") for name in ("name", "revision", "erasures", "image_id", "changed_at")})
)


def _among(statement: Select[Any]) -> Select[Any]:
    """Only the people of an array: one prepared statement for batches of every size."""
    return statement.where(PEOPLE.c.user_id == any_(bindparam("user_ids", type_=ARRAY(String))))


def _among_expanded(statement: Select[Any]) -> Select[Any]:
    """Only the people of a list, for databases without arrays."""
    return statement.where(PEOPLE.c.user_id.in_(bindparam("user_ids", expanding=True)))


async def _change_person(connection: AsyncConnection, picture: Picture) -> bool:
    """Whether the row was one revision behind, and is no more."""
    here = PEOPLE.c.user_id == picture.user_id
    values = _change(picture)
    changed = await connection.execute(
        update(PEOPLE).where(here, PEOPLE.c.revision == picture.revision - 1).values(values)
    )
    if changed.rowcount:
        return True
    if picture.revision != 1 or (await connection.execute(select(PEOPLE.c.revision).where(here))).first():
        return False
    await connection.execute(insert(PEOPLE).values(user_id=picture.user_id, name=picture.name, **values))
    return True


async def _insert_images(connection: AsyncConnection, images: Iterable[Image]) -> None:
    """Insert those that are not there; an image never changes."""
    rows = {
        image.image_id: {"image_id": image.image_id, "user_id": image.owner, "record": encode_image(image)}
        for image in images
    }
    known = select(IMAGES.c.image_id).where(IMAGES.c.image_id.in_(list(rows)))
    for row in await connection.execute(known):
        del rows[row.image_id]
    if rows:
        await connection.execute(insert(IMAGES), list(rows.values()))


def _change(picture: Picture) -> dict[str, Any]:
    return {
        "revision": picture.revision,
        "erasures": picture.erasures,
        "image_id": None if picture.image is None else picture.image.image_id,
        "changed_at": picture.changed_at,
    }


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


def _foreign_errors(driver: str) -> tuple[type[Exception], ...]:
    """What may come out of the library, and out of the driver past it (while it connects)."""
    ours: tuple[type[Exception], ...] = (SQLAlchemyError, EmulatedDBAPIException, OSError)
    if driver != "asyncpg":
        return ours
    import asyncpg  # noqa: PLC0415 - only this dialect needs it

    return (*ours, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


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
