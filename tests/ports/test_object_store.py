"""The suite of `ports.ObjectStore`, the same on every adapter."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest
from obstore.store import MemoryStore

from avatarium.adapters.memory import MemoryObjectStore
from avatarium.adapters.object_store import ObstoreObjectStore, local_object_store
from avatarium.adapters.s3 import Bucket, S3ObjectStore
from engines import credentials, minio_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from avatarium.ports import ObjectStore
    from engines import S3Server

KEY = "pictures/ab/abcdefghijklmnopqrstuvwxyz/128.webp"


S3_SERVERS = ["seaweedfs", *(["minio"] if minio_program() else [])]
"""MinIO takes part wherever there is a binary; `make minio` builds one."""


@pytest.fixture(
    params=[
        "memory",
        "local folder",
        "library's memory",
        *(pytest.param(name, marks=pytest.mark.integration) for name in S3_SERVERS),
        *(pytest.param(f"{name} without conditional put", marks=pytest.mark.integration) for name in S3_SERVERS),
    ]
)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    made: ObjectStore = MemoryObjectStore()
    if request.param == "local folder":
        made = local_object_store(tmp_path / "objects")
    elif request.param == "library's memory":
        made = ObstoreObjectStore(MemoryStore())
    elif request.param != "memory":
        name, _, without = request.param.partition(" ")
        server: S3Server = request.getfixturevalue(name)
        options = {"conditional_put": "false"} if without else {}
        bucket = Bucket.parse(server.url(f"suite/{secrets.token_hex(8)}", **options))
        # SeaweedFS lets the losers of a race for one key wait for seconds.
        made = S3ObjectStore(bucket, credentials, call_seconds=30.0)
    yield made
    await made.close()


async def listed(store: ObjectStore, prefix: str) -> set[str]:
    return {key async for key in store.list(prefix)}


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 4096])
async def test_bytes_come_back_as_they_were_put(store: ObjectStore, data: bytes) -> None:
    stored = await store.put_if_absent(KEY, data)

    assert stored
    assert await store.get(KEY) == data
    assert await store.head(KEY) == len(data)


async def test_a_key_that_was_never_put_has_nothing(store: ObjectStore) -> None:
    assert await store.get(KEY) is None
    assert await store.head(KEY) is None
    assert await store.get_range(KEY, 0, 10) is None


async def test_a_key_is_written_once(store: ObjectStore) -> None:
    await store.put_if_absent(KEY, b"first")

    stored = await store.put_if_absent(KEY, b"second")

    assert not stored
    assert await store.get(KEY) == b"first"


async def test_of_thirty_two_racers_one_writes_and_everybody_reads_that(store: ObjectStore) -> None:
    offers = [bytes([index]) * 10_000 for index in range(32)]

    stored = await asyncio.gather(*(store.put_if_absent(KEY, offer) for offer in offers))

    if isinstance(store, S3ObjectStore) and not store.is_conditional:
        # Without a conditional put several may pass each other; what is there is one of theirs, whole.
        assert await store.get(KEY) in {offer for offer, was_stored in zip(offers, stored, strict=True) if was_stored}
        return
    assert sum(stored) == 1
    assert await store.get(KEY) == offers[stored.index(True)]


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0, 10, b"0123456789"),
        (0, 1, b"0"),
        (9, 10, b"9"),
        (3, 7, b"3456"),
        (8, 99, b"89"),
        (10, 20, b""),
        (99, 200, b""),
        (0, 0, b""),
    ],
)
async def test_a_range_is_cut_at_the_end_of_the_object(
    store: ObjectStore, start: int, stop: int, expected: bytes
) -> None:
    await store.put_if_absent(KEY, b"0123456789")

    assert await store.get_range(KEY, start, stop) == expected


async def test_after_a_delete_the_key_has_nothing_and_may_be_put_again(store: ObjectStore) -> None:
    await store.put_if_absent(KEY, b"first")

    await store.delete(KEY)

    assert await store.get(KEY) is None
    assert await store.put_if_absent(KEY, b"second")


async def test_deleting_what_is_not_there_is_no_error(store: ObjectStore) -> None:
    await store.delete(KEY)
    await store.put_if_absent(KEY, b"data")
    await asyncio.gather(*(store.delete(KEY) for _ in range(8)))

    assert await store.head(KEY) is None


async def test_a_list_names_every_key_under_the_folder_and_no_other(store: ObjectStore) -> None:
    inside = {f"pictures/ab/{index}/128.webp" for index in range(60)}
    for key in {*inside, "pictures/abc/0/128.webp", "other/ab/1.webp"}:
        await store.put_if_absent(key, b"x")

    assert await listed(store, "pictures/ab") == inside
    assert await listed(store, "nothing/here") == set()


async def test_a_deleted_key_is_not_listed(store: ObjectStore) -> None:
    await store.put_if_absent("pictures/ab/1.webp", b"x")
    await store.put_if_absent("pictures/ab/2.webp", b"x")

    await store.delete("pictures/ab/1.webp")

    assert await listed(store, "pictures") == {"pictures/ab/2.webp"}


async def test_two_handles_on_one_folder_see_each_others_bytes(tmp_path: Path) -> None:
    one, other = local_object_store(tmp_path), local_object_store(tmp_path)

    await one.put_if_absent(KEY, b"data")

    assert await other.get(KEY) == b"data"
    assert not await other.put_if_absent(KEY, b"more")
