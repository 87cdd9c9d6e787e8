"""The suite of `ports.RateLimiter`, the same on every adapter."""

from __future__ import annotations

import asyncio

import pytest

from avatarium.adapters.memory import MemoryRateLimiter
from avatarium.adapters.system import SystemClock
from avatarium.errors import BadConfiguration

RULES = {"uploads": "3/hour", "reads": "5/hour", "free": "off"}


@pytest.fixture(params=["memory"])
def limiter() -> MemoryRateLimiter:
    return MemoryRateLimiter(RULES, SystemClock())


async def test_a_caller_has_its_share_and_then_must_wait(limiter: MemoryRateLimiter) -> None:
    waits = [await limiter.spend("uploads", "10.0.0.1") for _ in range(5)]

    assert waits[:3] == [0.0, 0.0, 0.0]
    assert all(1 <= wait <= 7200 and wait.is_integer() for wait in waits[3:])


async def test_callers_and_rules_do_not_share(limiter: MemoryRateLimiter) -> None:
    for _ in range(4):
        await limiter.spend("uploads", "10.0.0.1")

    assert await limiter.spend("uploads", "10.0.0.2") == 0.0
    assert await limiter.spend("reads", "10.0.0.1") == 0.0


async def test_a_rule_that_is_off_or_unknown_never_limits(limiter: MemoryRateLimiter) -> None:
    waits = [await limiter.spend(rule, "10.0.0.1") for rule in ("free", "unheard-of") for _ in range(100)]

    assert set(waits) == {0.0}


async def test_a_cost_counts_as_that_many(limiter: MemoryRateLimiter) -> None:
    assert await limiter.spend("reads", "10.0.0.1", cost=4) == 0.0
    assert await limiter.spend("reads", "10.0.0.1", cost=2) > 0
    assert await limiter.spend("reads", "10.0.0.1", cost=1) == 0.0


async def test_concurrent_callers_do_not_get_more_than_the_share(limiter: MemoryRateLimiter) -> None:
    waits = await asyncio.gather(*(limiter.spend("reads", "10.0.0.1") for _ in range(20)))

    assert waits.count(0.0) == 5


@pytest.mark.parametrize("rule", ["", "sixty a minute", "60/fortnight", "-1/minute", "60"])
def test_a_rule_that_cannot_be_read_is_a_bad_configuration(rule: str) -> None:
    with pytest.raises(BadConfiguration, match="60/minute"):
        MemoryRateLimiter({"reads": rule}, SystemClock())
