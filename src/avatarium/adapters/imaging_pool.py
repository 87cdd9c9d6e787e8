"""The image pipeline in worker processes, bounded in time, memory and number.

Guarantees: the event loop never decodes; a decoder that crashes, hangs or eats memory costs that upload
(`UndecodableImage`) and nothing else: the uploads in other workers go on, the next one gets a fresh worker.
Only so many uploads wait; one more is refused at once (`TooManyRequests`), so a rush never becomes a queue
that grows. Workers start by forkserver: a fork of a process that has used libvips hangs for ever.

Concurrency: any number of tasks of one loop. A caller that is cancelled gives its place up; the worker that
was at its upload is ended.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import resource
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Final

import pyvips

from avatarium import telemetry
from avatarium.errors import AvatariumError, TooManyRequests, UndecodableImage
from avatarium.imaging import allow_loaders, render

if TYPE_CHECKING:
    from avatarium.model import CropBox, ImageLimits, Rendered

JOBS_OF_A_WORKER: Final = 500
"""Uploads after which a worker is replaced, so that what a library leaks or splinters stays small."""
NICENESS: Final = 15
"""How far imaging stands back where cores are short: reads come first, and an upload has time."""
_USUAL_SECONDS: Final = 0.3
"""What an upload takes, until some have been seen."""
_SEEN: Final = 20
"""Uploads whose time counts for the estimate of a wait."""

_log = telemetry.logger(__name__)


class PooledImageProcessor:
    """Imaging processes, each in a pool of its own: one that dies takes only its own upload with it.

    Args:
        limits: What an upload may be.
        workers: Processes.
        seconds: Wall-clock limit of one upload, waiting for a worker not counted.
        memory_bytes: Address space of one process.
        cpu_seconds: CPU time of one upload, over all threads of the process.
        queue: Uploads that may wait while all workers are busy.
        master_side: Longest side of the master that is kept, in pixels; 0: none.
    """

    def __init__(
        self,
        limits: ImageLimits,
        *,
        workers: int,
        seconds: float,
        memory_bytes: int,
        cpu_seconds: int = 20,
        queue: int = 32,
        master_side: int = 0,
    ) -> None:
        self._limits = limits
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._cpu_seconds = cpu_seconds
        self._master_side = master_side
        self._slots = asyncio.Semaphore(workers)
        self._worker_count = workers
        self._room = workers + queue
        self._admitted = 0
        self._workers: dict[ProcessPoolExecutor, int] = {}
        self._idle: list[ProcessPoolExecutor] = []
        self._durations: deque[float] = deque([_USUAL_SECONDS], maxlen=_SEEN)

    async def render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        """See `ports.ImageProcessor`."""
        self.check_room()
        self._admitted += 1
        try:
            async with self._slots:
                return await self._render(upload, crop)
        finally:
            self._admitted -= 1

    def check_room(self) -> None:
        """See `ports.ImageProcessor`."""
        if self._admitted < self._room:
            return
        each = sum(self._durations) / len(self._durations)
        wait = math.ceil(each * (self._admitted - self._worker_count + 1) / self._worker_count)
        raise TooManyRequests("Too many pictures are being worked on.", retry_after_seconds=wait)

    async def close(self) -> None:
        """End every worker."""
        workers, self._workers, self._idle = list(self._workers), {}, []
        for worker in workers:
            await asyncio.to_thread(worker.shutdown, wait=True, cancel_futures=True)

    async def _render(self, upload: bytes, crop: CropBox | None) -> Rendered:
        loop = asyncio.get_running_loop()
        worker = self._idle.pop() if self._idle else self._start()
        start = loop.time()
        try:
            job = loop.run_in_executor(worker, _work, upload, crop, self._limits, self._cpu_seconds, self._master_side)
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
        self._durations.append(loop.time() - start)
        self._give_back(worker)
        return rendered

    def _start(self) -> ProcessPoolExecutor:
        worker = ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("forkserver"),
            initializer=_confine,
            initargs=(self._memory_bytes,),
        )
        self._workers[worker] = 0
        return worker

    def _give_back(self, worker: ProcessPoolExecutor) -> None:
        if worker not in self._workers:
            return  # closed meanwhile
        self._workers[worker] += 1
        if self._workers[worker] < JOBS_OF_A_WORKER:
            self._idle.append(worker)
        else:
            self._abandon(worker)

    def _abandon(self, worker: ProcessPoolExecutor) -> None:
        """Kill a dead, hung, busy or old worker; another starts at once, so that the next upload need not wait."""
        is_open = self._workers.pop(worker, None) is not None
        for process in list((getattr(worker, "_processes", None) or {}).values()):
            process.kill()
        worker.shutdown(wait=False, cancel_futures=True)
        if is_open:
            fresh = self._start()
            fresh.submit(_wake)
            self._idle.append(fresh)


def _wake() -> None:
    """Nothing: a worker process starts with its first task."""


def _confine(memory_bytes: int) -> None:
    """Prepare one worker: its memory is bounded, and only the allowed loaders can run."""
    os.nice(NICENESS)
    pyvips.concurrency_set(1)  # type: ignore[attr-defined]  # not in its stubs; address space grows with threads
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allow_loaders()


def _work(upload: bytes, crop: CropBox | None, limits: ImageLimits, cpu_seconds: int, master_side: int) -> Rendered:
    """One upload in a worker; the kernel ends the process when its CPU time is used up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, hard))
    try:
        return render(upload, crop, limits, master_side=master_side)
    except AvatariumError as error:
        error.__context__ = None  # its frames hold the decoded pixels, and a worker keeps its last error
        raise
