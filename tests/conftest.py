"""What every test stands on: one event loop, and property tests that give the same answer every time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from engines import Engine, Postgres, S3Server, make_minio, make_redis, make_seaweedfs

if TYPE_CHECKING:
    from collections.abc import Iterator

set_hypothesis_home_dir(Path(__file__).parent.parent / ".cache" / "hypothesis")
hypothesis.settings.register_profile("avatarium", deadline=None, derandomize=True, database=None, max_examples=60)
hypothesis.settings.load_profile("avatarium")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the service runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run; each test takes a database of its own."""
    server = Postgres.make()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Engine]:
    """A Redis for the whole run."""
    server = make_redis()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[S3Server]:
    """SeaweedFS for the whole run; each test takes a prefix of its own."""
    server = make_seaweedfs()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def minio() -> Iterator[S3Server]:
    """MinIO for the whole run, where there is a binary."""
    server = make_minio()
    yield server
    server.remove()
