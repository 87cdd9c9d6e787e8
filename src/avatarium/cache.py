"""Read-through over a cache store: freshness, single flight, never backwards.

Guarantees: one load per key at a time, however many callers wait for it, and one caller giving up does not
cancel the others (traps 53, 55); a value that the store holds in a higher revision is never replaced by a
load that read an older row (trap 57), and what this process answered with once is never followed by less,
also while the store fails; age counts from the load and is stored as an absolute instant; a
store that fails or holds garbage is a miss and a count, decided here and nowhere else (trap 54).

Does not do: know what the values are. `Codec` says how one is written, named and versioned.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

from avatarium import telemetry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from avatarium.model import Epoch
    from avatarium.ports import Clock, KeyValue

K = TypeVar("K")
V = TypeVar("V")

Outcome = Literal["hit", "miss", "collapsed"]
"""RFC 9211: the store had it; it was loaded for this caller; another caller's load answered."""

MAX_HELD: Final = 10_000
"""Values that are remembered here because the store could not take them."""

_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Codec(Generic[K, V]):
    """How values of one kind are named, written, read and ordered."""

    key: Callable[[K], str]
    encode: Callable[[V], bytes]
    decode: Callable[[bytes], V]
    """Raises ValueError for what it cannot read."""
    version: Callable[[V], tuple[Epoch, int]]


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """A value and how it was come by."""

    value: V
    outcome: Outcome


class ReadThrough(Generic[K, V]):
    """A cache in front of a batch loader.

    Args:
        store: Where values are kept between loads.
        load_many: Loads what the store lacks; ids that do not exist are left out of the answer.
        codec: See `Codec`.
        clock: For expiry.
        fresh_for_seconds: How long a loaded value is used without asking again.
    """

    def __init__(
        self,
        store: KeyValue,
        load_many: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        codec: Codec[K, V],
        *,
        clock: Clock,
        fresh_for_seconds: float,
    ) -> None:
        self._store = store
        self._load_many = load_many
        self._codec = codec
        self._clock = clock
        self._fresh_for_seconds = fresh_for_seconds
        self._flights: dict[K, asyncio.Task[Mapping[K, V]]] = {}
        self._held: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self.outcomes: Counter[str] = Counter()
        """How many keys were looked up with which outcome; `failed` counts store failures."""

    async def get_many(self, keys: Iterable[K]) -> dict[K, Found[V]]:
        """The values of `keys`, those that exist, in that order, from the store or loaded in one batch.

        Raises:
            Unavailable: What the store lacks could not be loaded.
        """
        wanted = list(dict.fromkeys(keys))
        stored = await self._read(wanted)
        found: dict[K, Found[V]] = {key: Found(self._newest(key, value), "hit") for key, value in stored.items()}
        missing = [key for key in wanted if key not in stored]
        leading = [key for key in missing if key not in self._flights]
        if leading:
            task = asyncio.create_task(self._fly(leading))
            for key in leading:
                self._flights[key] = task
            task.add_done_callback(lambda _: self._land(leading))
        led = set(leading)
        # Shielded: the flight belongs to everybody who waits for it, not to this caller.
        for task in {self._flights[key] for key in missing}:
            loaded = await asyncio.shield(task)
            for key in missing:
                if key in loaded:
                    found[key] = Found(self._newest(key, loaded[key]), "miss" if key in led else "collapsed")
        for answer in found.values():
            self.outcomes[answer.outcome] += 1
        return {key: found[key] for key in wanted if key in found}

    async def get(self, key: K) -> Found[V] | None:
        """The value of `key`, or None where it does not exist.

        Raises:
            Unavailable: It had to be loaded and could not be.
        """
        return (await self.get_many([key])).get(key)

    async def put(self, key: K, value: V) -> V:
        """The value that stands after offering `value`: itself, or a newer one that the store has."""
        standing = self._newest(key, await self._offer(key, value))
        if key in self._flights:
            self._hold(key, standing)  # the flight may have read an older row
        return standing

    async def close(self) -> None:
        """End when every load under way has ended."""
        await asyncio.gather(*set(self._flights.values()), return_exceptions=True)

    async def _fly(self, keys: list[K]) -> Mapping[K, V]:
        loaded = await self._load_many(keys)
        return {key: await self._offer(key, value) for key, value in loaded.items()}

    def _land(self, keys: list[K]) -> None:
        for key in keys:
            del self._flights[key]

    async def _offer(self, key: K, value: V) -> V:
        expires_at = self._clock.now() + self._fresh_for_seconds
        record = json.dumps({"expires_at": expires_at}).encode() + b"\n" + self._codec.encode(value)
        version = self._codec.version(value)
        try:
            if await self._store.put_newer(self._codec.key(key), record, version, self._fresh_for_seconds):
                return value
        except Exception as error:  # noqa: BLE001 - whatever a cache store does, the read goes on
            self._failed(error)
            self._hold(key, value)  # the store may hold an older one
            return value
        standing = (await self._read([key])).get(key)
        if standing is None:
            return value
        epoch, revision = self._codec.version(standing)
        return standing if (epoch == version[0] and revision >= version[1]) else value

    def _hold(self, key: K, value: V) -> None:
        """Remember what was answered, for as long as an older record may live in the store."""
        now = self._clock.monotonic()
        standing = self._newest(key, value)
        self._held.pop(key, None)
        self._held[key] = (standing, now + self._fresh_for_seconds)
        while len(self._held) > MAX_HELD or next(iter(self._held.values()))[1] <= now:
            self._held.popitem(last=False)

    def _newest(self, key: K, value: V) -> V:
        if key not in self._held:
            return value
        held, (epoch, revision) = self._held[key][0], self._codec.version(value)
        held_epoch, held_revision = self._codec.version(held)
        return held if held_epoch == epoch and held_revision > revision else value

    async def _read(self, keys: list[K]) -> dict[K, V]:
        try:
            records = await self._store.get_many([self._codec.key(key) for key in keys])
        except Exception as error:  # noqa: BLE001 - whatever a cache store does, the read goes on
            self._failed(error)
            return {}
        now = self._clock.now()
        values: dict[K, V] = {}
        for key, record in zip(keys, records, strict=True):
            if record is None:
                continue
            head, _, body = record.partition(b"\n")
            try:
                if json.loads(head)["expires_at"] > now:
                    values[key] = self._codec.decode(body)
            except (ValueError, KeyError, TypeError) as error:
                self._failed(error)
        return values

    def _failed(self, error: Exception) -> None:
        self.outcomes["failed"] += 1
        _log.warning(telemetry.CACHE_FAILED, error=type(error).__name__)
