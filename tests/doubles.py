"""Stand-ins for the ports: engines that fail, lose, wait or count, on demand."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from avatarium.adapters.memory import MemoryDirectory, MemoryEventBus, MemoryKeyValue, MemoryObjectStore
from avatarium.errors import Unavailable
from avatarium.model import ALL_RENDITIONS, Epoch, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from avatarium.model import CropBox, Image, ImageId, Picture, PictureChanged, UserId


async def settle() -> None:
    """Let every task run until it waits for something that a test holds."""
    for _ in range(50):
        await asyncio.sleep(0)


class Gate:
    """Holds whoever comes until it is opened, and counts them; an open gate holds nobody."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.arrived = 0
        self._open = asyncio.Event()
        if is_open:
            self._open.set()

    async def __call__(self) -> None:
        self.arrived += 1
        await self._open.wait()

    def open(self) -> None:
        self._open.set()

    def shut(self) -> None:
        self._open.clear()


class StubImageProcessor:
    """Makes tiny renditions that depend on the upload, without a decoder; counts its work."""

    def __init__(self) -> None:
        self.renders = 0

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        self.renders += 1
        seed = hashlib.sha256(upload + str(crop).encode()).digest()
        renditions = tuple((name, f"{name}:".encode() + seed) for name in ALL_RENDITIONS)
        return Rendered("image/jpeg", 640, 480, "3OcRJYB4d3h/iIeHeEh3eIhw+j2w", "#8a7b6c", renditions)

    def check_room(self) -> None:
        """There always is room."""

    async def close(self) -> None:
        """Nothing to end."""


class GatedDirectory(MemoryDirectory):
    """Reads the rows, then waits at a gate before it answers: what it answers may be old by then."""

    def __init__(self, epoch: Epoch) -> None:
        super().__init__(epoch)
        self.loading = Gate(is_open=True)
        self.committed = Gate(is_open=True)

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        rows = await super().load_many(user_ids)
        await self.loading()
        return rows

    async def compare_and_set(self, picture: Picture) -> bool:
        won = await super().compare_and_set(picture)
        await self.committed()
        return won


class LosingDirectory(MemoryDirectory):
    """Another writer is always a moment faster, `losses` times."""

    def __init__(self, epoch: Epoch, losses: int = 1_000_000) -> None:
        super().__init__(epoch)
        self.losses = losses
        self.tries = 0

    async def compare_and_set(self, picture: Picture) -> bool:
        self.tries += 1
        if self.tries <= self.losses:
            return False
        return await super().compare_and_set(picture)


class FailingDirectory(MemoryDirectory):
    """Answers until `broken` is set, then no more."""

    broken = False

    def _check(self) -> None:
        if self.broken:
            raise Unavailable("The directory does not answer.")

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        self._check()
        return await super().load_many(user_ids)

    async def load_image(self, image_id: ImageId) -> Image | None:
        self._check()
        return await super().load_image(image_id)

    async def compare_and_set(self, picture: Picture) -> bool:
        self._check()
        return await super().compare_and_set(picture)


class FailingObjectStore(MemoryObjectStore):
    """Answers until `broken` is set, then no more."""

    broken = False

    async def get(self, key: str) -> bytes | None:
        if self.broken:
            raise Unavailable("The object store does not answer.")
        return await super().get(key)

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        if self.broken:
            raise Unavailable("The object store does not answer.")
        return await super().put_if_absent(key, data)


class FailingKeyValue(MemoryKeyValue):
    """A cache store that may break in any way, reading, writing or both; `forget` empties it."""

    reading_fails: Exception | None = None
    writing_fails: Exception | None = None

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        if self.reading_fails is not None:
            raise self.reading_fails
        return await super().get_many(keys)

    async def put_newer(self, key: str, value: bytes, version: tuple[Epoch, int], keep_for_seconds: float) -> bool:
        if self.writing_fails is not None:
            raise self.writing_fails
        return await super().put_newer(key, value, version, keep_for_seconds)


class RecordingEventBus(MemoryEventBus):
    """Remembers what was published; fails where told to."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[PictureChanged] = []
        self.broken = False

    async def publish(self, event: PictureChanged) -> None:
        if self.broken:
            raise Unavailable("The bus does not answer.")
        self.published.append(event)
        await super().publish(event)
