"""The suite of `ports.EventBus`, the same on every adapter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from avatarium.adapters.memory import MemoryEventBus
from avatarium.model import PictureChanged, UserId
from doubles import settle
from worlds import ADA, ALAN, EPOCH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def changed(user_id: UserId, revision: int) -> PictureChanged:
    return PictureChanged(user_id, EPOCH, revision, None)


@pytest.fixture(params=["memory"])
async def bus() -> AsyncIterator[MemoryEventBus]:
    made = MemoryEventBus()
    yield made
    await made.close()


async def rest(events: AsyncIterator[PictureChanged]) -> list[PictureChanged]:
    return [event async for event in events]


async def test_every_subscriber_gets_every_event_in_order(bus: MemoryEventBus) -> None:
    readers = [asyncio.create_task(rest(bus.subscribe())) for _ in range(3)]
    await settle()

    await bus.publish(changed(ADA, 1))
    await bus.publish(changed(ALAN, 1))
    await settle()
    await bus.publish(changed(ADA, 2))
    await bus.close()

    expected = [changed(ADA, 1), changed(ALAN, 1), changed(ADA, 2)]
    assert await asyncio.gather(*readers) == [expected] * 3


async def test_a_subscription_counts_from_the_call_not_from_the_first_read(bus: MemoryEventBus) -> None:
    """Trap 43: subscribe, then ask; what changes in between must not be missed."""
    events = bus.subscribe()

    await bus.publish(changed(ADA, 1))
    await bus.close()

    assert await rest(events) == [changed(ADA, 1)]


async def test_a_slow_subscriber_keeps_the_latest_event_of_each_person(bus: MemoryEventBus) -> None:
    events = bus.subscribe()

    for revision in range(1, 1001):
        await bus.publish(changed(ADA, revision))
    await bus.publish(changed(ALAN, 1))
    await bus.publish(changed(ADA, 1001))
    await bus.close()

    assert await rest(events) == [changed(ALAN, 1), changed(ADA, 1001)]


async def test_a_subscriber_that_leaves_disturbs_nobody(bus: MemoryEventBus) -> None:
    leaving = asyncio.create_task(rest(bus.subscribe()))
    staying = asyncio.create_task(rest(bus.subscribe()))
    await settle()

    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await bus.publish(changed(ADA, 1))
    await bus.close()

    assert await staying == [changed(ADA, 1)]


async def test_publishing_to_nobody_is_no_error(bus: MemoryEventBus) -> None:
    await bus.publish(changed(ADA, 1))


async def test_closing_ends_a_subscriber_that_waits(bus: MemoryEventBus) -> None:
    reader = asyncio.create_task(rest(bus.subscribe()))
    await settle()

    await bus.close()

    assert await reader == []
