"""The service in a process of its own, and what that process and its workers take from the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_SECONDS = 0.02


class Watch:
    """The largest resident memory of a process, and of each of its descendants, while it runs.

    Args:
        pid: The process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.own_peak = 0
        """Of the process itself, bytes."""
        self.child_peak = 0
        """Of the largest descendant, bytes."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.own_peak = max(self.own_peak, _peak(self._pid))
            for child in _descendants(self._pid):
                self.child_peak = max(self.child_peak, _peak(child))


def _peak(pid: int) -> int:
    """The kernel's own high-water mark, bytes; 0 for a process that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0")
    return int(line.split()[1]) * 1024


def _descendants(pid: int) -> list[int]:
    try:
        children = [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return []
    return children + [grandchild for child in children for grandchild in _descendants(child)]


@contextmanager
def serving(**settings: str) -> Iterator[tuple[str, Watch]]:
    """The address of a service on the embedded default in an empty folder, and a watch on its memory."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        given = {"data_dir": folder, "limit_uploads": "off", "limit_reads": "off", **settings}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AVATARIUM_")}  # noqa: TID251 - passed on
        environment |= {f"AVATARIUM_{name.upper()}": value for name, value in given.items()}
        log = (Path(folder) / "log").open("wb")
        command = [sys.executable, "-m", "avatarium", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        watch = Watch(process.pid)
        try:
            yield _wait(f"http://127.0.0.1:{port}", process), watch
        finally:
            watch.end()
            process.terminate()
            process.wait(timeout=30)
            log.close()


def _wait(address: str, process: subprocess.Popen[bytes]) -> str:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            if httpx2.get(f"{address}/health/ready").status_code == httpx2.codes.OK:
                return address
        except httpx2.TransportError:
            time.sleep(0.1)
    raise SystemExit("The service did not start.")
