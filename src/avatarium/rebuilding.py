"""Making everybody's ladder anew from kept masters, after the recipe changed.

Guarantees: it may be interrupted at any time and run again, also on several machines: whoever has a picture of
the current recipe is passed over, and a person who changes the picture meanwhile wins. The service goes on
answering, by the old picture until the new one is stored whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from avatarium import telemetry
from avatarium.errors import BadConfiguration, BadRequest, Conflict, TryLater, UnknownUser
from avatarium.model import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from avatarium.model import UserId
    from avatarium.service import PictureService

_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares of all people, the same on every machine."""

    number: int = 1
    """1 to `count`."""
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that `i/n` spells.

        Raises:
            BadConfiguration: `text` is anything else, or i is not 1 to n.
        """
        match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
        shard = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= shard.number <= shard.count:
            raise BadConfiguration("A shard is i/n, for example 2/3, with i from 1 to n.")
        return shard

    def __contains__(self, user_id: UserId) -> bool:
        """Whether this share has the person."""
        digest = hashlib.sha256(user_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


@dataclass(slots=True)
class Report:
    """What became of everybody's picture."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """`rebuilt`, `current`, `kept` (there is no master), `overtaken`, `failed` -> people."""


async def rebuild(
    service: PictureService,
    *,
    shard: Shard,
    at_once: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Make a new ladder for everybody of `shard` whose picture is of an older recipe.

    Args:
        service: The open service.
        shard: Whose pictures.
        at_once: Pictures that are worked on at the same time.
        progress: Called with the outcome of each person.

    Raises:
        Unavailable: The directory does not answer; run it again.
    """
    report = Report()
    people = service.people()
    reading = asyncio.Lock()

    async def work() -> None:
        while True:
            async with reading:
                user_id = await anext(people, None)
            if user_id is None:
                return
            if user_id in shard:
                outcome = await _rebuild_one(service, user_id)
                report.outcomes[outcome] += 1
                progress(outcome)

    tasks = [asyncio.ensure_future(work()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return report


async def _rebuild_one(service: PictureService, user_id: UserId) -> str:
    try:
        return await service.rebuild(user_id, by=Viewer.service())
    except (BadRequest, Conflict, TryLater, UnknownUser) as error:
        # One picture that cannot be made anew must not stop those behind it; its old ladder stays.
        _log.warning(telemetry.REBUILD_FAILED, user_id=user_id, code=error.code)
        return "failed"
