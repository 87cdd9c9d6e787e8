"""What only real S3 servers show: a restart, a server that is away or hangs, what it says of our bytes."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import httpx2
import pytest

from avatarium.adapters.s3 import Bucket, Credentials, S3ObjectStore
from avatarium.errors import Unavailable
from engines import ACCESS_KEY, S3Server, credentials, make_minio, make_seaweedfs, minio_program
from proxies import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

KEY = "pictures/ab/abcdefghijklmnopqrstuvwxyz/128.webp"
SERVERS = ["seaweedfs", *(["minio"] if minio_program() else [])]
RECOVERY_SECONDS = 5.0


@pytest.fixture(params=SERVERS)
def mortal(request: pytest.FixtureRequest) -> Iterator[S3Server]:
    """A server of the test's own, to be stopped."""
    server = make_minio() if request.param == "minio" else make_seaweedfs()
    yield server
    server.remove()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> S3Server:
    made: S3Server = request.getfixturevalue(request.param)
    return made


def store_at(port: int) -> S3ObjectStore:
    url = f"s3://profile-images/{secrets.token_hex(8)}?endpoint=http://127.0.0.1:{port}"
    return S3ObjectStore(Bucket.parse(url), credentials)


async def test_after_a_restart_everything_that_was_answered_is_there(mortal: S3Server) -> None:
    store = store_at(mortal.port)
    keys = [f"pictures/ab/{index}/128.webp" for index in range(20)]
    for key in keys:
        assert await store.put_if_absent(key, key.encode())

    mortal.stop()
    with pytest.raises(Unavailable):
        await store.get(keys[0])
    await asyncio.to_thread(mortal.start)

    async with asyncio.timeout(RECOVERY_SECONDS):
        found = await asyncio.gather(*(store.get(key) for key in keys))
    assert found == [key.encode() for key in keys]
    assert await store.put_if_absent("pictures/ab/new/128.webp", b"new")


async def test_connections_that_were_cut_are_replaced_without_an_error(server: S3Server) -> None:
    async with Proxy(server.port) as proxy:
        store = store_at(proxy.port)
        for index in range(3):
            key = f"pictures/ab/{index}/64.webp"
            await store.put_if_absent(key, b"data")
            proxy.cut()
            assert await store.get(key) == b"data"
            proxy.cut()


async def test_a_hung_server_costs_a_bounded_wait(server: S3Server) -> None:
    async with Proxy(server.port) as proxy:
        url = f"s3://profile-images?endpoint=http://127.0.0.1:{proxy.port}"
        store = S3ObjectStore(Bucket.parse(url), credentials, call_seconds=0.5)
        proxy.hold()

        async with asyncio.timeout(RECOVERY_SECONDS):
            with pytest.raises(Unavailable):
                await store.get(KEY)
        proxy.release()


async def test_cancelled_calls_disturb_nobody(server: S3Server) -> None:
    store = store_at(server.port)
    await store.put_if_absent(KEY, b"data" * 1000)
    reads = [asyncio.create_task(store.get(KEY)) for _ in range(40)]
    await asyncio.sleep(0)
    for read in reads[::2]:
        read.cancel()

    answers = await asyncio.gather(*reads, return_exceptions=True)

    assert answers[1::2] == [b"data" * 1000] * 20
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])


async def test_a_service_that_refuses_us_is_unavailable(server: S3Server) -> None:
    bucket = Bucket.parse(f"s3://profile-images?endpoint=http://127.0.0.1:{server.port}")
    stranger = S3ObjectStore(bucket, lambda: Credentials(ACCESS_KEY, "hunter2"))

    for call in (stranger.put_if_absent(KEY, b"data"), stranger.get(KEY), stranger.head(KEY)):
        with pytest.raises(Unavailable) as caught:
            await call
        assert "hunter2" not in str(caught.value)


async def test_the_bytes_are_not_public(server: S3Server) -> None:
    store = store_at(server.port)
    await store.put_if_absent(KEY, b"data")

    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{server.port}/profile-images/{KEY}")

    assert answer.status_code in {403, 404}


async def test_a_server_that_has_no_conditional_put_is_asked_otherwise() -> None:
    """Such a server answers 501; the store looks first from then on."""
    stored: dict[str, bytes] = {}
    conditional = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal conditional
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split(" ", 2)
                headers = {}
                while (header := await reader.readline()) != b"\r\n":
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, length = "404 Not Found", 0
                if "if-none-match" in headers:
                    conditional += 1
                    status = "501 Not Implemented"
                elif method == "PUT":
                    stored[path], status = body, "200 OK"
                elif path in stored:
                    status, length = "200 OK", len(stored[path])
                date = "Thu, 01 Jan 2026 00:00:00 GMT"
                head = f'HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: "x"\r\nLast-Modified: {date}\r\n\r\n'
                writer.write(head.encode())
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        store = store_at(listening.sockets[0].getsockname()[1])

        outcomes = [await store.put_if_absent(key, b"data") for key in (KEY, KEY, "other.webp")]

        assert outcomes == [True, False, True]
        assert not store.is_conditional
        assert conditional <= 3  # the library tries a 5xx again, once a process
        assert len(stored) == 2
