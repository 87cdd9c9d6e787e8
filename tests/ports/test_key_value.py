"""The suite of `ports.KeyValue`, the same on every adapter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarium.adapters.memory import ManualClock, MemoryKeyValue
from worlds import EPOCH, OTHER_EPOCH

if TYPE_CHECKING:
    from avatarium.model import Epoch


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory"])
def store(clock: ManualClock) -> MemoryKeyValue:
    return MemoryKeyValue(clock, 10_000)


async def read(store: MemoryKeyValue, key: str) -> bytes | None:
    return (await store.get_many([key]))[0]


async def test_values_come_back_in_the_order_of_the_keys(store: MemoryKeyValue) -> None:
    for key in ("a", "b", "ü:山田"):
        await store.put_newer(key, key.encode(), (EPOCH, 1), 60)

    values = await store.get_many(["ü:山田", "nothing", "a", "b", "a"])

    assert list(values) == ["ü:山田".encode(), None, b"a", b"b", b"a"]


async def test_an_empty_look_up_has_an_empty_answer(store: MemoryKeyValue) -> None:
    assert list(await store.get_many([])) == []


@pytest.mark.parametrize("revision", [0, 4, 5])
async def test_an_equal_or_lower_revision_of_the_epoch_changes_nothing(store: MemoryKeyValue, revision: int) -> None:
    await store.put_newer("key", b"five", (EPOCH, 5), 60)

    stored = await store.put_newer("key", b"older", (EPOCH, revision), 60)

    assert not stored
    assert await read(store, "key") == b"five"


async def test_a_higher_revision_replaces(store: MemoryKeyValue) -> None:
    await store.put_newer("key", b"five", (EPOCH, 5), 60)

    assert await store.put_newer("key", b"six", (EPOCH, 6), 60)
    assert await read(store, "key") == b"six"


async def test_another_epoch_replaces_whatever_its_revision(store: MemoryKeyValue) -> None:
    await store.put_newer("key", b"five", (EPOCH, 5), 60)

    assert await store.put_newer("key", b"reset", (OTHER_EPOCH, 0), 60)
    assert await read(store, "key") == b"reset"


async def test_a_value_is_gone_once_its_time_is_over(store: MemoryKeyValue, clock: ManualClock) -> None:
    await store.put_newer("key", b"value", (EPOCH, 5), 60)

    clock.advance(59.9)
    assert await read(store, "key") == b"value"
    clock.advance(0.1)
    assert await read(store, "key") is None


async def test_an_expired_value_does_not_hold_back_a_lower_revision(store: MemoryKeyValue, clock: ManualClock) -> None:
    await store.put_newer("key", b"five", (EPOCH, 5), 60)
    clock.advance(60)

    assert await store.put_newer("key", b"four", (EPOCH, 4), 60)


async def test_deleting_is_idempotent(store: MemoryKeyValue) -> None:
    await store.put_newer("key", b"value", (EPOCH, 5), 60)

    await store.delete("key")
    await store.delete("key")

    assert await read(store, "key") is None


async def test_of_many_concurrent_writers_the_highest_revision_stays(store: MemoryKeyValue) -> None:
    revisions = [7, 3, 12, 1, 9, 12, 2, 11]

    stored = await asyncio.gather(
        *(store.put_newer("key", str(revision).encode(), (EPOCH, revision), 60) for revision in revisions)
    )

    assert await read(store, "key") == b"12"
    assert sum(stored) == 2  # 7, then 12 once


async def test_the_bytes_stay_bounded_and_the_least_recently_used_go_first(store: MemoryKeyValue) -> None:
    for index in range(9):
        await store.put_newer(f"k{index}", b"x" * 1000, (EPOCH, 1), 60)
    await read(store, "k0")

    for index in range(9, 12):
        await store.put_newer(f"k{index}", b"x" * 1000, (EPOCH, 1), 60)

    kept = [index for index in range(12) if await read(store, f"k{index}") is not None]
    assert kept == [0, 4, 5, 6, 7, 8, 9, 10, 11]
    assert store.byte_count <= 10_000


async def test_a_value_larger_than_the_whole_bound_is_forgotten_at_once(store: MemoryKeyValue) -> None:
    await store.put_newer("huge", b"x" * 20_000, (EPOCH, 1), 60)

    assert await read(store, "huge") is None
    assert store.byte_count == 0


async def test_closing_forgets_everything(store: MemoryKeyValue) -> None:
    await store.put_newer("key", b"value", (EPOCH, 1), 60)

    await store.close()

    assert await read(store, "key") is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "delete", "wait"]),
            st.sampled_from(["a", "b"]),
            st.sampled_from([EPOCH, OTHER_EPOCH]),
            st.integers(0, 5),
        ),
        max_size=40,
    )
)
async def test_whatever_happens_the_store_agrees_with_a_plain_model(steps: list[tuple[str, str, Epoch, int]]) -> None:
    clock = ManualClock()
    store = MemoryKeyValue(clock, 1_000_000)
    model: dict[str, tuple[Epoch, int, float]] = {}
    for action, key, epoch, revision in steps:
        standing = model.get(key)
        if action == "put":
            newer = standing is None or standing[0] != epoch or standing[1] < revision
            assert await store.put_newer(key, f"{epoch}{revision}".encode(), (epoch, revision), 10) == newer
            if newer:
                model[key] = (epoch, revision, clock.monotonic() + 10)
        elif action == "delete":
            await store.delete(key)
            model.pop(key, None)
        else:
            clock.advance(revision)
        model = {name: entry for name, entry in model.items() if entry[2] > clock.monotonic()}
        values = await store.get_many(["a", "b"])
        expected = [f"{model[name][0]}{model[name][1]}".encode() if name in model else None for name in ("a", "b")]
        assert list(values) == expected
