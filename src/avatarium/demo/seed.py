"""Everybody of the demo uploads their picture, through the real service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from avatarium.model import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from avatarium.app import Avatarium
    from avatarium.demo.people import Person

AT_ONCE = 4
"""Uploads under way at a time."""


async def seed(pictures: Avatarium, people: Sequence[Person], *, progress: Callable[[], None]) -> int:
    """How many pictures were uploaded; people who ever had one are left alone, so it can be interrupted.

    Args:
        pictures: The open service.
        people: Who uploads.
        progress: Called once a person.
    """
    await pictures.service.name_people({person.user_id: person.name for person in people}, by=Viewer.service())
    there = await pictures.resolve_many([person.user_id for person in people])
    slots = asyncio.Semaphore(AT_ONCE)
    uploaded = 0

    async def upload(person: Person) -> None:
        nonlocal uploaded
        async with slots:
            data = person.upload()
            if data is not None and there[person.user_id].picture.revision == 0:
                await pictures.replace(person.user_id, data, by=Viewer.service())
                uploaded += 1
            progress()

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(upload(person))
    return uploaded
