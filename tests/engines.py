"""Real engines as processes of this test run: PostgreSQL, Redis, and S3 servers, on free ports of the loopback.

Each lives in a folder of its own that goes with it. A program that is not there fails the run with the
command that installs it; nothing is skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from avatarium.adapters.s3 import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
INSTALL: Final = "python3 scripts/system_packages.py (as root), or the line that it prints"
ACCESS_KEY: Final = "avatariumtests"
SECRET_ACCESS_KEY: Final = "a-secret-of-the-tests-only"
BUCKET: Final = "profile-images"
POSTGRES_USER: Final = "postgres"


def credentials() -> Credentials:
    """Who the tests are for the S3 servers."""
    return Credentials(ACCESS_KEY, SECRET_ACCESS_KEY)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str, *folders: Path, install: str = INSTALL) -> str:
    """The path of a program; the run fails where it is missing."""
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is needed and not there. Install it: {install}", pytrace=False)
    return found


def minio_program() -> str | None:
    """Where a `minio` binary is, if anywhere."""
    built = ROOT / ".cache" / "bin" / "minio"
    return str(built) if built.exists() else shutil.which("minio")


@dataclass
class Engine:
    """One process that can be stopped, started again on the same port and folder, killed and frozen."""

    name: str
    port: int
    folder: Path
    command: Sequence[str]
    is_ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        log = self.folder / "engine.log"
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environment},  # noqa: TID251 - passed on to the engine
                stdout=stream,
                stderr=stream,
                stdin=subprocess.DEVNULL,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                pytest.fail(f"{self.name} did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)
            time.sleep(0.02)

    def stop(self, number: signal.Signals | None = None) -> None:
        """End it, and wait until it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number or self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        self.process = None

    def restart(self, number: signal.Signals | None = None) -> None:
        """Stop it and start it again, with what it had stored."""
        self.stop(number)
        self.start()

    def freeze(self) -> None:
        """Let it take connections and answer nothing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """End it and remove its folder."""
        self.thaw()
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"avatarium-{name}-"))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Postgres(Engine):
    """A PostgreSQL server; it refuses to run as root, so there it runs as its own user."""

    made = 0

    @classmethod
    def make(cls) -> Postgres:
        """A fresh, running server without any database of ours."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        initdb, postgres = (program(name, *folders) for name in ("initdb", "postgres"))
        folder, port = _folder("postgres"), free_port()
        user = POSTGRES_USER if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user, user)
        options = ["--no-sync", "--auth=trust", f"--username={POSTGRES_USER}", "--encoding=UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(
            [initdb, *options, f"--pgdata={folder / 'data'}"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr}", pytrace=False)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": "off",  # a killed server loses nothing by it, only a killed machine does
        }
        command = [postgres, "-D", str(folder / "data"), *(f"--{name}={value}" for name, value in settings.items())]
        ask = [program("pg_isready", *folders), "--quiet", "--host=127.0.0.1", f"--port={port}"]
        server = cls(
            "PostgreSQL",
            port,
            folder,
            command,
            lambda: subprocess.run(ask, check=False).returncode == 0,
            stop_signal=signal.SIGINT,
            user=user,
        )
        server.start()
        return server

    async def _execute(self, statement: str) -> None:
        import asyncpg  # noqa: PLC0415 - only where this engine runs

        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=POSTGRES_USER, database="postgres", timeout=5
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def new_database(self) -> str:
        """The URL of a database that has nothing in it."""
        Postgres.made += 1
        name = f"avatarium_{Postgres.made}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return f"postgresql://{POSTGRES_USER}@127.0.0.1:{self.port}/{name}"


def make_redis(*options: str) -> Engine:
    """A fresh, running Redis that writes every change to its disk."""
    folder, port = _folder("redis"), free_port()
    command = [
        program("redis-server"),
        *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""),
        *("--appendonly", "yes", "--appendfsync", "always"),
        *options,
    ]
    engine = Engine("Redis", port, folder, command, lambda: _redis_answers(port))
    engine.start()
    return engine


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith(b"+PONG")
    except OSError:
        return False


class S3Server(Engine):
    """An S3 server with one bucket."""

    def url(self, prefix: str = "", **options: str) -> str:
        """The byte store in its bucket, for `AVATARIUM_OBJECTS_URL`."""
        query = "".join(f"&{name}={value}" for name, value in options.items())
        return f"s3://{BUCKET}{f'/{prefix}' if prefix else ''}?endpoint=http://127.0.0.1:{self.port}{query}"


def make_seaweedfs() -> S3Server:
    """SeaweedFS, which comes as a Python package."""
    folder, port = _folder("seaweedfs"), free_port()
    weed = program("weed", Path(sys.executable).parent, install="make setup")
    ports = {name: str(free_port()) for name in ("master", "filer", "volume", "admin", "s3.iam")}
    command = [
        *(weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={port}"),
        *(f"-bucket={BUCKET}", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"),
        *(f"-{name}.port={ports[name]}" for name in ("master", "filer", "volume")),
    ]
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY}
    engine = S3Server("SeaweedFS", port, folder, command, lambda: _bucket_answers(port), keys)
    engine.start()
    return engine


def make_minio() -> S3Server:
    """MinIO, which `make minio` builds."""
    binary = minio_program()
    if binary is None:
        pytest.fail("minio is needed and not there. Build it: make minio", pytrace=False)
    folder, port = _folder("minio"), free_port()
    (folder / "data" / BUCKET).mkdir(parents=True)  # a folder at the root is a bucket
    command = [binary, "server", "--quiet", "--address", f"127.0.0.1:{port}", "--console-address"]
    command += [f"127.0.0.1:{free_port()}", str(folder / "data")]
    keys = {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_ACCESS_KEY, "MINIO_UPDATE": "off"}
    engine = S3Server("MinIO", port, folder, command, lambda: _bucket_answers(port), keys)
    engine.start()
    return engine


def _bucket_answers(port: int) -> bool:
    """Whether an object can be written and read: an S3 server answers before its storage does."""
    import obstore  # noqa: PLC0415 - only where such a server runs
    from obstore.store import S3Store  # noqa: PLC0415

    if not _answers(port):
        return False
    store = S3Store(
        BUCKET,
        endpoint=f"http://127.0.0.1:{port}",
        region="us-east-1",
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_ACCESS_KEY,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, "timeout": "2s"},
        retry_config={"max_retries": 0},
    )
    try:
        obstore.put(store, "ready", b"yes")
        return bytes(obstore.get(store, "ready").bytes()) == b"yes"
    except Exception:  # noqa: BLE001 - whatever it says while it starts
        return False
