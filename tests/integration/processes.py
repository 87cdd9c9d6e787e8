"""Our own programs as processes on free ports of the loopback interface; each ends with its test."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

START_SECONDS = 120.0
STOP_SECONDS = 30.0


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The caller's environment with our settings and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AVATARIUM_")}  # noqa: TID251
    return {**kept, "AVATARIUM_DATA_DIR": str(data_dir), "NO_COLOR": "1", "COLUMNS": "200", **settings}


def run(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`avatarium ...` run to its end."""
    command = [sys.executable, "-m", "avatarium", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=START_SECONDS, check=False)


@dataclass
class Server:
    """A running process and a client before it."""

    process: subprocess.Popen[str]
    client: httpx2.Client
    log: Path

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after `number` was sent."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def wait_until_ready(self) -> None:
        """Return when `/health/ready` answers 200."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.client.get("/health/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            try:
                code = self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"It ended with {code}: {self.log.read_text()}")
        raise AssertionError(f"It was not ready within {START_SECONDS} seconds: {self.log.read_text()}")


@contextmanager
def launched(command: str, *arguments: str, env: Mapping[str, str], log: Path) -> Iterator[Server]:
    """`avatarium COMMAND` on a free port; not yet ready."""
    port = free_port()
    line = [sys.executable, "-m", "avatarium", command, "--port", str(port), *arguments]
    with (
        log.open("a") as output,
        subprocess.Popen(line, env=env, stdout=output, stderr=output, text=True) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client,
    ):
        try:
            yield Server(process, client, log)
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def serving(command: str, *arguments: str, env: Mapping[str, str], log: Path) -> Iterator[Server]:
    """`avatarium COMMAND` on a free port, ready."""
    with launched(command, *arguments, env=env, log=log) as server:
        server.wait_until_ready()
        yield server


def descendants(process: subprocess.Popen[str]) -> set[int]:
    """The processes that `process` started, and those that they started."""
    found: set[int] = set()
    waiting = [process.pid]
    while waiting:
        pid = waiting.pop()
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        except OSError:
            continue
        fresh = {int(child) for child in children} - found
        found |= fresh
        waiting += fresh
    return found


def wait_until_gone(pids: set[int]) -> set[int]:
    """The processes of `pids` that are still there after `STOP_SECONDS`."""
    deadline = time.monotonic() + STOP_SECONDS
    left = set(pids)
    while left and time.monotonic() < deadline:
        left = {pid for pid in left if _is_running(pid)}
        select.select([], [], [], 0.05)
    return left


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
