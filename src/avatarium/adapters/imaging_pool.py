"""The image pipeline in worker processes, bounded in time and memory.

Guarantees: the event loop never decodes; a decoder that crashes, hangs or eats memory costs that upload
(`UndecodableImage`) and nothing else, the next upload gets a fresh worker. Workers start by forkserver: a
fork of a process that has used libvips hangs for ever.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pyvips

from avatarium import telemetry
from avatarium.errors import AvatariumError, UndecodableImage
from avatarium.imaging import allow_loaders, render

if TYPE_CHECKING:
    from avatarium.model import CropBox, ImageLimits, Rendered

_log = telemetry.logger(__name__)


class PooledImageProcessor:
    """Imaging processes, each in a pool of its own: one that dies takes only its own upload with it.

    Args:
        limits: What an upload may be.
        workers: Processes.
        seconds: Wall-clock limit of one upload, waiting for a worker not counted.
        memory_bytes: Address space of one process.
    """

    def __init__(self, limits: ImageLimits, *, workers: int, seconds: float, memory_bytes: int) -> None:
        self._limits = limits
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._slots = asyncio.Semaphore(workers)
        self._workers: set[ProcessPoolExecutor] = set()
        self._idle: list[ProcessPoolExecutor] = []

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        """See `ports.ImageProcessor`."""
        async with self._slots:
            worker = self._idle.pop() if self._idle else self._start()
            try:
                job = asyncio.get_running_loop().run_in_executor(worker, render, upload, crop, self._limits)
                rendered = await asyncio.wait_for(job, self._seconds)
            except UndecodableImage:
                self._abandon(worker)  # a decoder that failed may be short of memory from now on
                raise
            except AvatariumError:
                self._give_back(worker)
                raise
            except (BrokenProcessPool, TimeoutError, MemoryError) as error:
                _log.warning(telemetry.IMAGING_WORKER_LOST, error=type(error).__name__)
                self._abandon(worker)
                raise UndecodableImage("The picture could not be decoded within the limits.") from None
            except BaseException:
                self._abandon(worker)  # the caller went away; the worker is still at it
                raise
            self._give_back(worker)
            return rendered

    async def close(self) -> None:
        """End every worker."""
        workers, self._workers, self._idle = self._workers, set(), []
        for worker in workers:
            await asyncio.to_thread(worker.shutdown, wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        worker = ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("forkserver"),
            initializer=_confine,
            initargs=(self._memory_bytes,),
        )
        self._workers.add(worker)
        return worker

    def _give_back(self, worker: ProcessPoolExecutor) -> None:
        if worker in self._workers:  # and not closed meanwhile
            self._idle.append(worker)

    def _abandon(self, worker: ProcessPoolExecutor) -> None:
        """Kill a dead, hung or busy worker; the next upload starts another."""
        self._workers.discard(worker)
        for process in list((getattr(worker, "_processes", None) or {}).values()):
            process.kill()
        worker.shutdown(wait=False, cancel_futures=True)


def _confine(memory_bytes: int) -> None:
    """Prepare one worker: its memory is bounded, and only the allowed loaders can run."""
    pyvips.concurrency_set(1)  # type: ignore[attr-defined]  # not in its stubs; address space grows with threads
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allow_loaders()
