"""In-process adapters of every port: the embedded default's cache and bus, and the fakes for tests.

They ship in the package and pass the same suites as the real engines (tests/ports). `Memory...` classes hold
their state in the object, so two of them never share anything; nothing survives the process.
"""

from __future__ import annotations

import asyncio
import math
import weakref
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from avatarium.errors import BadConfiguration
from avatarium.imaging import render
from avatarium.model import Epoch, Picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from avatarium.model import CropBox, Image, ImageId, ImageLimits, PictureChanged, Rendered, UserId
    from avatarium.ports import Clock


PAGE: Final = 500
"""Records of one page when a whole directory is read."""


class ManualClock:
    """A clock that stands still until it is told to go on.

    Args:
        start: Unix seconds at which it stands first.
    """

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Where the clock stands, Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same instant; this clock is never set back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Go on by `seconds`, at least 0."""
        self._now += max(0.0, seconds)


class MemoryDirectory:
    """Records in a dictionary.

    Args:
        epoch: The life of this directory; another one stands for a reset.
    """

    def __init__(self, epoch: Epoch) -> None:
        self._epoch = epoch
        self._pictures: dict[UserId, Picture] = {}
        self._images: dict[ImageId, Image] = {}
        self.loads = 0
        """How many batches were asked for."""

    async def epoch(self) -> Epoch:
        """The epoch that this was made with."""
        return self._epoch

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        """See `ports.Directory`."""
        self.loads += 1
        return {
            user_id: self._pictures.get(user_id, Picture(user_id, self._epoch, 0, None, known=False))
            for user_id in user_ids
        }

    async def load_image(self, image_id: ImageId) -> Image | None:
        """See `ports.Directory`."""
        return self._images.get(image_id)

    async def compare_and_set(self, picture: Picture) -> bool:
        """See `ports.Directory`; atomic because nothing is awaited."""
        standing = self._pictures.get(picture.user_id)
        if picture.revision != (standing.revision if standing else 0) + 1:
            return False
        if picture.image is not None:
            self._images.setdefault(picture.image.image_id, picture.image)
        name = standing.name if standing else picture.name
        self._pictures[picture.user_id] = replace(picture, epoch=self._epoch, known=True, name=name)
        return True

    async def name_people(self, names: Mapping[UserId, str]) -> None:
        """See `ports.Directory`."""
        for user_id, name in names.items():
            standing = self._pictures.get(user_id, Picture(user_id, self._epoch, 0, None))
            self._pictures[user_id] = replace(standing, name=name, known=True)

    async def list_people(self, after: UserId | None, limit: int) -> Sequence[UserId]:
        """See `ports.Directory`."""
        return sorted(user_id for user_id in self._pictures if after is None or user_id > after)[:limit]

    async def migrate(self) -> bool:
        """Nothing to bring forward."""
        return False

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to give back."""

    async def people_after(self, user_id: UserId | None) -> Sequence[Picture]:
        """See `ports.Archive`."""
        after = [known for known in sorted(self._pictures) if user_id is None or known > user_id]
        return [self._pictures[known] for known in after[:PAGE]]

    async def images_after(self, image_id: ImageId | None) -> Sequence[Image]:
        """See `ports.Archive`."""
        after = [known for known in sorted(self._images) if image_id is None or known > image_id]
        return [self._images[known] for known in after[:PAGE]]

    async def restore_images(self, images: Sequence[Image]) -> None:
        """See `ports.Archive`."""
        for image in images:
            self._images.setdefault(image.image_id, image)

    async def restore_people(self, pictures: Sequence[Picture]) -> None:
        """See `ports.Archive`."""
        for picture in pictures:
            standing = self._pictures.get(picture.user_id)
            if standing is None or standing.revision < picture.revision:
                self._pictures[picture.user_id] = replace(picture, epoch=self._epoch, known=True)

    async def adopt_epoch(self, epoch: Epoch) -> bool:
        """See `ports.Archive`."""
        if self._pictures and epoch != self._epoch:
            return False
        self._epoch = epoch
        return True


class MemoryObjectStore:
    """Bytes in a dictionary."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        """See `ports.ObjectStore`."""
        if key in self._objects:
            return False
        self._objects[key] = data
        return True

    async def get(self, key: str) -> bytes | None:
        """See `ports.ObjectStore`."""
        return self._objects.get(key)

    async def get_range(self, key: str, start: int, stop: int) -> bytes | None:
        """See `ports.ObjectStore`."""
        data = self._objects.get(key)
        return None if data is None else data[start:stop]

    async def head(self, key: str) -> int | None:
        """See `ports.ObjectStore`."""
        data = self._objects.get(key)
        return None if data is None else len(data)

    async def delete(self, key: str) -> None:
        """See `ports.ObjectStore`."""
        self._objects.pop(key, None)

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """See `ports.ObjectStore`."""
        for key in list(self._objects):
            if key.startswith(f"{prefix}/"):
                yield key

    async def close(self) -> None:
        """Nothing to give back."""


class MemoryKeyValue:
    """A bounded cache: least recently used values go first.

    Args:
        clock: For lifetimes.
        max_bytes: Bound over all keys and values.
    """

    def __init__(self, clock: Clock, max_bytes: int) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, tuple[bytes, tuple[Epoch, int], float]] = OrderedDict()
        self.byte_count = 0
        """Bytes of all keys and values."""

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """See `ports.KeyValue`."""
        return [self._get(key) for key in keys]

    def _get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[2] <= self._clock.monotonic():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry[0]

    async def put_newer(self, key: str, value: bytes, version: tuple[Epoch, int], keep_for_seconds: float) -> bool:
        """See `ports.KeyValue`; atomic because nothing is awaited."""
        if self._get(key) is not None:
            epoch, revision = self._entries[key][1]
            if epoch == version[0] and revision >= version[1]:
                return False
        self._drop(key)
        self._entries[key] = (value, version, self._clock.monotonic() + keep_for_seconds)
        self.byte_count += len(key) + len(value)
        while self.byte_count > self._max_bytes:
            self._drop(next(iter(self._entries)))
        return True

    async def delete(self, key: str) -> None:
        """See `ports.KeyValue`."""
        self._drop(key)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.byte_count -= len(key) + len(entry[0])

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.byte_count = 0


class MemoryEventBus:
    """Hands events to the subscribers of this process."""

    def __init__(self) -> None:
        self._subscriptions: weakref.WeakSet[_Subscription] = weakref.WeakSet()

    async def publish(self, event: PictureChanged) -> None:
        """See `ports.EventBus`."""
        for subscription in list(self._subscriptions):
            subscription.offer(event)

    def subscribe(self) -> AsyncIterator[PictureChanged]:
        """See `ports.EventBus`; it counts from this call, and ends when nobody holds the iterator any more."""
        subscription = _Subscription()
        self._subscriptions.add(subscription)
        return subscription.read()

    async def close(self) -> None:
        """See `ports.EventBus`."""
        for subscription in list(self._subscriptions):
            subscription.end()


class _Subscription:
    """What one reader has not read yet: the latest event of each person."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[UserId, PictureChanged] = OrderedDict()
        self._news = asyncio.Event()
        self._ended = False

    def offer(self, event: PictureChanged) -> None:
        self._waiting.pop(event.user_id, None)
        self._waiting[event.user_id] = event
        self._news.set()

    async def read(self) -> AsyncIterator[PictureChanged]:
        while True:
            await self._news.wait()
            if not self._waiting:
                return
            _, event = self._waiting.popitem(last=False)
            if not self._waiting and not self._ended:
                self._news.clear()
            yield event

    def end(self) -> None:
        self._ended = True
        self._news.set()


class ThreadImageProcessor:
    """Runs the pipeline in a thread of this process: for tests, and where processes cannot be had.

    A decoder that crashes takes the process with it; `adapters.imaging_pool` does not have that fault.

    Args:
        limits: What an upload may be.
        master_side: Longest side of the master that is kept, in pixels; 0: none.
    """

    def __init__(self, limits: ImageLimits, *, master_side: int = 0) -> None:
        self._limits = limits
        self._master_side = master_side
        self.renders = 0
        """How many uploads were rendered."""

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        """See `ports.ImageProcessor`."""
        self.renders += 1
        return await asyncio.to_thread(render, upload, crop, self._limits, master_side=self._master_side)

    def check_room(self) -> None:
        """There always is room: the event loop's threads bound the work."""

    async def close(self) -> None:
        """Nothing to end."""


class MemoryRateLimiter:
    """Sliding windows in this process.

    Args:
        rules: Name of a rule -> `60/minute`, or `off`.
        clock: The wall clock, which the library's windows end by.

    Raises:
        BadConfiguration: A rule cannot be read.
    """

    def __init__(self, rules: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        try:
            self._rules = {name: parse(text) for name, text in rules.items() if text != "off"}
        except ValueError as error:
            raise BadConfiguration(f"A limit is like 60/minute, or off: {error}") from error
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def spend(self, rule: str, caller: str, cost: int = 1) -> float:
        """See `ports.RateLimiter`."""
        item = self._rules.get(rule)
        if item is None or await self._limiter.hit(item, rule, caller, cost=cost):
            return 0.0
        window = await self._limiter.get_window_stats(item, rule, caller)
        left = window.reset_time - self._clock.now()
        return float(min(max(1, math.ceil(left)), item.get_expiry()))
