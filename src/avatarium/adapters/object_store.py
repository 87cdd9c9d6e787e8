"""Bytes on the local disk (or in memory) through the object store library.

Guarantees: a key is written once and whole (the library writes beside and renames); a foreign error leaves
as `Unavailable`; folders that became empty are removed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

from avatarium.errors import BadConfiguration, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

_NOT_THERE = (NotFoundError, FileNotFoundError)


class ObstoreObjectStore:
    """An object store of the obstore library behind our port.

    Args:
        store: The library's store.
    """

    def __init__(self, store: LocalStore | MemoryStore | S3Store) -> None:
        self._store = store

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        """See `ports.ObjectStore`."""
        with translated():
            try:
                await obstore.put_async(self._store, key, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    async def get(self, key: str) -> bytes | None:
        """See `ports.ObjectStore`."""
        with translated():
            try:
                answer = await obstore.get_async(self._store, key)
                return bytes(await answer.bytes_async())
            except _NOT_THERE:
                return None

    async def get_range(self, key: str, start: int, stop: int) -> bytes | None:
        """See `ports.ObjectStore`."""
        length = await self.head(key)
        if length is None:
            return None
        end = min(stop, length)
        if start >= end:
            return b""
        with translated():
            try:
                return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))
            except _NOT_THERE:
                return None

    async def head(self, key: str) -> int | None:
        """See `ports.ObjectStore`."""
        with translated():
            try:
                return int((await obstore.head_async(self._store, key))["size"])
            except _NOT_THERE:
                return None

    async def delete(self, key: str) -> None:
        """See `ports.ObjectStore`; deleting what is not there is no error here, though it is one there."""
        with translated():
            try:
                await obstore.delete_async(self._store, key)
            except _NOT_THERE:
                return

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """See `ports.ObjectStore`."""
        with translated():
            async for batch in obstore.list(self._store, prefix):
                for entry in batch:
                    yield str(entry["path"])

    async def close(self) -> None:
        """Nothing to give back: the library holds no connection to a disk."""


def local_object_store(folder: Path) -> ObstoreObjectStore:
    """The object store in `folder`, which is made where it is missing.

    Raises:
        BadConfiguration: The folder cannot be made.
    """
    try:
        return ObstoreObjectStore(LocalStore(folder, mkdir=True, automatic_cleanup=True))
    except (BaseError, OSError, ValueError) as error:
        raise BadConfiguration("AVATARIUM_OBJECTS_URL: the folder cannot be made.") from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of the library, and the builtins that it raises, into ours."""
    try:
        yield
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        raise Unavailable("The object store does not answer.") from error
