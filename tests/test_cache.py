"""Read-through: one flight for all, failures that cost a miss, and never backwards (traps 53, 54, 55, 57; law 3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.adapters.memory import ManualClock
from avatarium.cache import Codec, ReadThrough
from avatarium.errors import Unavailable
from avatarium.model import Epoch
from doubles import FailingKeyValue, Gate, settle
from worlds import EPOCH, OTHER_EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence

FRESH_FOR = 300.0


@dataclass(frozen=True)
class Row:
    """A value with a version."""

    epoch: Epoch
    revision: int


def _decode(data: bytes) -> Row:
    epoch, _, revision = data.decode().partition("/")
    return Row(Epoch(epoch), int(revision))


CODEC: Codec[str, Row] = Codec(
    key=lambda key: f"row:{key}",
    encode=lambda row: f"{row.epoch}/{row.revision}".encode(),
    decode=_decode,
    version=lambda row: (row.epoch, row.revision),
)


class Source:
    """What is loaded from: reads its rows, then waits at a gate before it answers."""

    def __init__(self, **rows: Row) -> None:
        self.rows = dict(rows)
        self.gate = Gate(is_open=True)
        self.asked: list[list[str]] = []
        self.error: Exception | None = None

    async def load_many(self, keys: Sequence[str]) -> dict[str, Row]:
        self.asked.append(list(keys))
        rows = {key: self.rows[key] for key in keys if key in self.rows}
        await self.gate()
        if self.error is not None:
            raise self.error
        return rows


class Rig:
    """A cache between a source and a store."""

    def __init__(self, **revisions: int) -> None:
        self.clock = ManualClock()
        self.store = FailingKeyValue(self.clock, 1_000_000)
        self.source = Source(**{key: Row(EPOCH, revision) for key, revision in revisions.items()})
        self.cache = ReadThrough[str, Row](
            self.store, self.source.load_many, CODEC, clock=self.clock, fresh_for_seconds=FRESH_FOR
        )

    async def get(self, key: str) -> tuple[int, str] | None:
        found = await self.cache.get(key)
        return None if found is None else (found.value.revision, found.outcome)


# ---------------------------------------------------------------- hits and misses


async def test_a_value_is_loaded_once_and_then_found() -> None:
    rig = Rig(a=1)

    answers = [await rig.get("a") for _ in range(3)]

    assert answers == [(1, "miss"), (1, "hit"), (1, "hit")]
    assert rig.source.asked == [["a"]]
    assert rig.cache.outcomes == {"miss": 1, "hit": 2}


async def test_what_does_not_exist_is_left_out_and_not_remembered() -> None:
    """Trap 17."""
    rig = Rig(a=1)

    found = await rig.cache.get_many(["a", "b"])
    rig.source.rows["b"] = Row(EPOCH, 1)

    assert set(found) == {"a"}
    assert await rig.get("b") == (1, "miss")


async def test_a_key_that_is_asked_twice_is_loaded_once_and_counted_once() -> None:
    rig = Rig(a=1, b=1)

    found = await rig.cache.get_many(["a", "b", "a", "a"])

    assert list(found) == ["a", "b"]
    assert rig.source.asked == [["a", "b"]]
    assert rig.cache.outcomes == {"miss": 2}


async def test_only_what_the_store_lacks_is_loaded_and_in_one_batch() -> None:
    rig = Rig(a=1, b=1, c=1, d=1)
    await rig.cache.get_many(["a", "c"])

    found = await rig.cache.get_many(["a", "b", "c", "d"])

    assert rig.source.asked == [["a", "c"], ["b", "d"]]
    assert {key: answer.outcome for key, answer in found.items()} == {"a": "hit", "b": "miss", "c": "hit", "d": "miss"}


async def test_nothing_is_asked_for_nothing() -> None:
    rig = Rig()

    assert await rig.cache.get_many([]) == {}
    assert rig.source.asked == []


async def test_a_value_is_fresh_for_its_time_and_no_longer() -> None:
    rig = Rig(a=1)
    await rig.get("a")
    rig.source.rows["a"] = Row(EPOCH, 2)

    rig.clock.advance(FRESH_FOR - 0.1)
    before = await rig.get("a")
    rig.clock.advance(0.1)
    after = await rig.get("a")

    assert (before, after) == ((1, "hit"), (2, "miss"))


async def test_reading_does_not_make_a_value_younger() -> None:
    """Law 4: age counts from the load."""
    rig = Rig(a=1)
    await rig.get("a")

    answers = []
    for _ in range(10):
        rig.clock.advance(FRESH_FOR / 10)
        answers.append(await rig.get("a"))

    assert answers == [(1, "hit")] * 9 + [(1, "miss")]


async def test_the_age_of_a_value_is_the_storing_processs_also_in_a_store_that_keeps_it_longer() -> None:
    rig = Rig(a=1)
    await rig.get("a")
    (record,) = await rig.store.get_many(["row:a"])
    assert record is not None
    await rig.store.delete("row:a")
    await rig.store.put_newer("row:a", record, (EPOCH, 1), 1e9)  # a store with another idea of time

    rig.clock.advance(FRESH_FOR)

    assert await rig.get("a") == (1, "miss")


# ---------------------------------------------------------------- one flight


async def test_any_number_of_callers_wait_for_one_load() -> None:
    """Trap 53."""
    rig = Rig(a=1, b=1)
    rig.source.gate.shut()
    callers = [asyncio.create_task(rig.get("a")) for _ in range(20)]
    await settle()
    assert rig.source.gate.arrived == 1

    rig.source.gate.open()
    answers = await asyncio.gather(*callers)

    assert answers == [(1, "miss")] + [(1, "collapsed")] * 19
    assert rig.cache.outcomes == {"miss": 1, "collapsed": 19}


@pytest.mark.parametrize("leaver", [0, 1, 4])
async def test_a_caller_that_gives_up_does_not_cancel_the_others(leaver: int) -> None:
    """Trap 55."""
    rig = Rig(a=1)
    rig.source.gate.shut()
    callers = [asyncio.create_task(rig.get("a")) for _ in range(5)]
    await settle()

    callers[leaver].cancel()
    await settle()
    rig.source.gate.open()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(answers.pop(leaver), asyncio.CancelledError)
    assert {answer[0] for answer in answers if isinstance(answer, tuple)} == {1}
    assert len(rig.source.asked) == 1


async def test_a_load_that_all_callers_left_still_fills_the_cache() -> None:
    rig = Rig(a=1)
    rig.source.gate.shut()
    caller = asyncio.create_task(rig.get("a"))
    await settle()
    caller.cancel()
    await settle()

    rig.source.gate.open()
    await settle()

    assert await rig.get("a") == (1, "hit")


async def test_batches_that_overlap_load_every_key_once() -> None:
    rig = Rig(a=1, b=1, c=1)
    rig.source.gate.shut()
    one = asyncio.create_task(rig.cache.get_many(["a", "b"]))
    await settle()
    other = asyncio.create_task(rig.cache.get_many(["b", "c"]))
    await settle()

    rig.source.gate.open()
    await asyncio.gather(one, other)

    assert rig.source.asked == [["a", "b"], ["c"]]
    assert {key: answer.outcome for key, answer in other.result().items()} == {"b": "collapsed", "c": "miss"}


async def test_a_load_that_fails_fails_everybody_and_the_next_caller_loads_again() -> None:
    rig = Rig(a=1)
    rig.source.error = Unavailable("gone")
    rig.source.gate.shut()
    callers = [asyncio.create_task(rig.get("a")) for _ in range(5)]
    await settle()

    rig.source.gate.open()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    rig.source.error = None

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 5
    assert await rig.get("a") == (1, "miss")


async def test_a_load_that_fails_after_everybody_left_is_not_left_unheard() -> None:
    rig = Rig(a=1)
    rig.source.error = Unavailable("gone")
    rig.source.gate.shut()
    caller = asyncio.create_task(rig.get("a"))
    await settle()
    caller.cancel()
    await settle()
    rig.source.gate.open()

    await rig.cache.close()  # "exception was never retrieved" would be a warning, and warnings are errors


async def test_closing_waits_for_the_loads_under_way() -> None:
    rig = Rig(a=1)
    rig.source.gate.shut()
    caller = asyncio.create_task(rig.get("a"))
    await settle()
    closing = asyncio.create_task(rig.cache.close())
    await settle()
    assert not closing.done()

    rig.source.gate.open()
    await closing

    assert caller.done() or await caller == (1, "miss")


# ---------------------------------------------------------------- stores that fail


@pytest.mark.parametrize("error", [Unavailable("gone"), ConnectionError(), AttributeError("decode"), TimeoutError()])
async def test_a_store_that_fails_is_a_miss_and_a_count(error: Exception) -> None:
    """Trap 54."""
    rig = Rig(a=1)
    rig.store.reading_fails = rig.store.writing_fails = error

    answers = [await rig.get("a"), await rig.get("a")]

    assert answers == [(1, "miss"), (1, "miss")]
    assert rig.cache.outcomes == {"miss": 2, "failed": 4}


async def test_a_store_that_only_reads_or_only_writes_is_borne_too() -> None:
    rig = Rig(a=1)
    rig.store.writing_fails = ConnectionError()
    assert await rig.get("a") == (1, "miss")
    rig.store.writing_fails, rig.store.reading_fails = None, ConnectionError()
    assert await rig.get("a") == (1, "miss")
    rig.store.reading_fails = None
    assert await rig.get("a") == (1, "hit")


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"garbage",
        b"\n",
        b"{}\n",
        b"[]\nx",
        b"7\nx",
        b"null\nx",
        b'{"expires_at": "soon"}\nx',
        b'{"expires_at": 1e12}\n',
        b'{"expires_at": 1e12}\ngarbage',
        b"\xff\xfe\n\xff",
        b'{"expires_at": 1e12}\n\xff\xfe',
    ],
)
async def test_a_record_that_cannot_be_read_is_a_miss_and_a_count(record: bytes) -> None:
    rig = Rig(a=1)
    await rig.store.put_newer("row:a", record, (Epoch("old shape"), 1), 60)

    assert await rig.get("a") == (1, "miss")
    assert rig.cache.outcomes["failed"] == 1
    assert await rig.get("a") == (1, "hit")


async def test_a_cancelled_caller_is_not_a_failure_of_the_store() -> None:
    """Cancellation is not an error."""
    rig = Rig(a=1)
    rig.store.reading_fails = None
    task = asyncio.create_task(rig.get("a"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert rig.cache.outcomes["failed"] == 0


# ---------------------------------------------------------------- never backwards


async def test_a_fill_that_read_the_old_row_returns_the_newer_one_that_was_put() -> None:
    """Trap 57."""
    rig = Rig(a=1)
    rig.source.gate.shut()
    caller = asyncio.create_task(rig.get("a"))
    await settle()  # revision 1 is read
    await rig.cache.put("a", Row(EPOCH, 2))

    rig.source.gate.open()

    assert await caller == (2, "miss")
    assert await rig.get("a") == (2, "hit")


@pytest.mark.parametrize("failure", ["cannot write", "cannot read", "forgets", "is dead"])
async def test_that_holds_also_while_the_store_fails(failure: str) -> None:
    """Law 3 with law 6: a cache that dies must not bring an old picture back."""
    rig = Rig(a=1)
    rig.source.gate.shut()
    caller = asyncio.create_task(rig.get("a"))
    await settle()
    if failure in {"cannot write", "is dead"}:
        rig.store.writing_fails = ConnectionError()
    if failure in {"cannot read", "is dead"}:
        rig.store.reading_fails = ConnectionError()
    await rig.cache.put("a", Row(EPOCH, 2))
    late = asyncio.create_task(rig.get("a"))  # asks after the change, and joins the old flight
    await settle()
    if failure == "forgets":
        await rig.store.close()

    rig.source.gate.open()

    assert await caller == (2, "miss")
    assert (await late or (0, ""))[0] == 2


async def test_putting_an_older_value_returns_the_one_that_stands() -> None:
    rig = Rig()
    await rig.cache.put("a", Row(EPOCH, 5))

    assert await rig.cache.put("a", Row(EPOCH, 4)) == Row(EPOCH, 5)
    assert await rig.cache.put("a", Row(EPOCH, 5)) == Row(EPOCH, 5)
    assert await rig.cache.put("a", Row(EPOCH, 6)) == Row(EPOCH, 6)


async def test_a_value_of_another_epoch_replaces() -> None:
    rig = Rig()
    await rig.cache.put("a", Row(EPOCH, 5))

    assert await rig.cache.put("a", Row(OTHER_EPOCH, 1)) == Row(OTHER_EPOCH, 1)
    assert await rig.get("a") == (1, "hit")


async def test_an_older_value_is_returned_where_the_newer_one_cannot_be_read() -> None:
    """The store refused it, but what stands is garbage: the caller gets what it has."""
    rig = Rig()
    await rig.store.put_newer("row:a", b"garbage", (EPOCH, 5), 60)

    assert await rig.cache.put("a", Row(EPOCH, 4)) == Row(EPOCH, 4)


async def test_what_is_remembered_for_a_store_that_fails_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatarium.cache.MAX_HELD", 2)
    rig = Rig(a=1, b=1, c=1)
    await rig.cache.get_many("abc")
    rig.store.writing_fails = ConnectionError()
    for key in "abc":
        await rig.cache.put(key, Row(EPOCH, 2))

    # The store still holds the old rows; the oldest answer is the one that was forgotten.
    assert [await rig.get(key) for key in "abc"] == [(1, "hit"), (2, "hit"), (2, "hit")]


async def test_what_is_remembered_gives_way_to_what_is_newer_and_to_another_epoch() -> None:
    rig = Rig()
    rig.store.writing_fails = ConnectionError()
    await rig.cache.put("a", Row(EPOCH, 5))
    await rig.cache.put("b", Row(EPOCH, 5))
    rig.store.writing_fails = None
    rig.source.rows = {"a": Row(EPOCH, 6), "b": Row(OTHER_EPOCH, 1)}

    assert await rig.get("a") == (6, "miss")
    assert await rig.get("b") == (1, "miss")


class Interleaving:
    """One run of readers, writers and failures in any order; each look-up is held against what was answered before."""

    def __init__(self) -> None:
        self.rig = Rig(a=0)
        self.answered: list[Row] = []
        self.readers: list[asyncio.Task[tuple[Row, int]]] = []

    def floor(self) -> int:
        """The highest revision that anybody was answered with in this epoch."""
        epoch = self.rig.source.rows["a"].epoch
        return max((row.revision for row in self.answered if row.epoch == epoch), default=0)

    async def look(self) -> tuple[Row, int]:
        floor = self.floor()
        found = await self.rig.cache.get("a")
        assert found is not None
        self.answered.append(found.value)
        return found.value, floor

    async def write(self, number: int) -> None:
        """The source grows; the writer tells the cache, or crashes before it can."""
        standing = self.rig.source.rows["a"]
        row = self.rig.source.rows["a"] = Row(standing.epoch, standing.revision + 1)
        if number:
            self.answered.append(await self.rig.cache.put("a", row))

    async def read(self, _: int) -> None:
        self.readers.append(asyncio.create_task(self.look()))

    async def read_slowly(self, _: int) -> None:
        self.rig.source.gate.shut()
        self.readers.append(asyncio.create_task(self.look()))

    async def leave(self, number: int) -> None:
        if self.readers:
            self.readers[number % len(self.readers)].cancel()

    async def land(self, _: int = 0) -> None:
        """Every slow load arrives, and nobody was answered with less than others before."""
        self.rig.source.gate.open()
        for outcome in await asyncio.gather(*self.readers, return_exceptions=True):
            if isinstance(outcome, tuple):
                row, floor = outcome
                assert row.revision >= floor
            else:
                assert isinstance(outcome, asyncio.CancelledError)
        self.readers.clear()

    async def fail(self, number: int) -> None:
        """The store stops or goes on reading, writing, both; or forgets everything."""
        self.rig.store.reading_fails = ConnectionError() if number & 1 else None
        self.rig.store.writing_fails = ConnectionError() if number & 2 else None
        if number & 4:
            await self.rig.store.close()

    async def wait(self, number: int) -> None:
        await self.land()  # no load outlives a freshness lifetime: deadlines are far shorter
        self.rig.clock.advance(FRESH_FOR / (number + 1))

    async def reset(self, _: int) -> None:
        await self.land()
        self.rig.source.rows["a"] = Row(Epoch(f"epoch {len(self.answered)}"), 0)
        await self.fail(4)


STEPS = ("write", "read", "read_slowly", "leave", "land", "fail", "wait", "reset")


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=40))
async def test_nobody_reads_backwards_within_an_epoch_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """Law 3: a look-up that starts after an answer was given never answers with less."""
    run = Interleaving()

    for action, number in steps:
        await getattr(run, action)(number)
        await settle()

    await run.land()
