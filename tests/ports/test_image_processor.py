"""The suite of `ports.ImageProcessor`, on the thread and on the worker processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import pytest
import pyvips

import photographs
from avatarium.adapters import imaging_pool
from avatarium.adapters.imaging_pool import PooledImageProcessor
from avatarium.adapters.memory import ThreadImageProcessor
from avatarium.errors import (
    AvatariumError,
    EmptyUpload,
    MalformedCrop,
    NotAnImage,
    TooManyPixels,
    TooManyRequests,
    UndecodableImage,
)
from avatarium.imaging import render
from avatarium.model import ALL_RENDITIONS, CropBox, ImageLimits
from doubles import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from avatarium.ports import ImageProcessor

LIMITS = ImageLimits()
MEMORY = 1_000_000_000


def pooled(*, workers: int = 1, seconds: float = 30.0, cpu_seconds: int = 30, queue: int = 10) -> PooledImageProcessor:
    return PooledImageProcessor(
        LIMITS, workers=workers, seconds=seconds, memory_bytes=MEMORY, cpu_seconds=cpu_seconds, queue=queue
    )


@pytest.fixture(params=["thread", "worker processes"])
async def processor(request: pytest.FixtureRequest) -> AsyncIterator[ImageProcessor]:
    made: ImageProcessor = ThreadImageProcessor(LIMITS) if request.param == "thread" else pooled(workers=2)
    yield made
    await made.close()


async def test_what_it_makes_is_what_the_pipeline_makes(processor: ImageProcessor) -> None:
    upload = photographs.jpeg()

    rendered = await processor.render(upload, CropBox(0, 0, 64, 64))

    assert rendered == render(upload, CropBox(0, 0, 64, 64), LIMITS)
    assert tuple(name for name, _ in rendered.renditions) == ALL_RENDITIONS


@pytest.mark.parametrize(
    ("upload", "crop", "expected"),
    [
        (b"", None, EmptyUpload),
        (b"hello", None, NotAnImage),
        (photographs.png_bomb(), None, TooManyPixels),
        (photographs.jpeg()[:400], None, UndecodableImage),
        (photographs.jpeg(), CropBox(90, 90, 50, 50), MalformedCrop),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_our_errors_come_through_whole(
    processor: ImageProcessor, upload: bytes, crop: CropBox | None, expected: type[AvatariumError]
) -> None:
    with pytest.raises(expected) as here:
        render(upload, crop, LIMITS)

    with pytest.raises(expected) as there:
        await processor.render(upload, crop)

    assert there.value.detail == here.value.detail


async def test_many_at_once_are_all_made(processor: ImageProcessor) -> None:
    uploads = [photographs.jpeg(color=(10 * index, 100, 50)) for index in range(6)]

    rendered = await asyncio.gather(*(processor.render(upload, None) for upload in uploads))

    assert len({picture.color for picture in rendered}) == 6


async def test_closing_twice_is_no_error(processor: ImageProcessor) -> None:
    await processor.close()
    await processor.close()


def workers() -> list[multiprocessing.process.BaseProcess]:
    """The worker processes that are running."""
    return [child for child in multiprocessing.active_children() if child.is_alive()]


async def test_a_worker_that_crashes_costs_one_upload_and_the_next_works() -> None:
    processor = pooled()
    await processor.render(photographs.jpeg(), None)
    (worker,) = workers()
    os.kill(worker.pid or 0, signal.SIGSTOP)  # it holds the upload, so that the crash comes in the middle
    render_it = asyncio.create_task(processor.render(photographs.jpeg(), None))
    await asyncio.sleep(0)

    os.kill(worker.pid or 0, signal.SIGKILL)

    with pytest.raises(UndecodableImage):
        await render_it
    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()
    assert workers() == []


async def test_a_worker_that_hangs_costs_one_upload_and_the_next_works() -> None:
    processor = pooled(seconds=3.0)
    await processor.render(photographs.jpeg(), None)
    (worker,) = workers()
    os.kill(worker.pid or 0, signal.SIGSTOP)

    with pytest.raises(UndecodableImage, match="within the limits"):
        await processor.render(photographs.jpeg(), None)

    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()
    assert workers() == []


async def test_a_crash_costs_the_uploads_of_other_workers_nothing() -> None:
    processor = pooled(workers=2)
    await asyncio.gather(*(processor.render(photographs.jpeg(), None) for _ in range(2)))
    victim, other = workers()
    for worker in (victim, other):
        os.kill(worker.pid or 0, signal.SIGSTOP)
    renders = [asyncio.create_task(processor.render(photographs.jpeg(), None)) for _ in range(2)]
    await asyncio.sleep(0)

    os.kill(victim.pid or 0, signal.SIGKILL)
    done, _ = await asyncio.wait(renders, return_when=asyncio.FIRST_COMPLETED)
    os.kill(other.pid or 0, signal.SIGCONT)
    outcomes = await asyncio.gather(*renders, return_exceptions=True)

    assert len(done) == 1
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Rendered", "UndecodableImage"]
    await processor.close()


async def test_a_caller_that_goes_away_does_not_cost_the_next_one_its_time() -> None:
    processor = pooled()
    await processor.render(photographs.jpeg(), None)
    (worker,) = workers()
    os.kill(worker.pid or 0, signal.SIGSTOP)
    gone = asyncio.create_task(processor.render(photographs.jpeg(), None))
    await asyncio.sleep(0)

    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()


async def test_a_worker_that_runs_out_of_memory_costs_one_upload() -> None:
    processor = PooledImageProcessor(LIMITS, workers=1, seconds=30.0, memory_bytes=400_000_000)
    lying = photographs.plain(7900, 7900).copy()
    lying.set_type(pyvips.GValue.gint_type, "orientation", 6)
    upload = bytes(lying.pngsave_buffer(interlace=True))  # the one kind that must be held whole, twice

    with pytest.raises(UndecodableImage):
        await processor.render(upload, None)

    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()


async def test_a_worker_that_computes_for_too_long_is_ended_by_the_kernel() -> None:
    processor = pooled(cpu_seconds=1)
    colors = [(level, 0, 255 - level, 120) for level in range(150)]
    many_frames = photographs.animation(colors, 480, 480, kind="webp")  # clear colours are the most work

    with pytest.raises(UndecodableImage, match="within the limits"):
        await processor.render(many_frames, None)

    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()


async def test_a_rush_is_refused_and_not_queued_without_end() -> None:
    processor = pooled(queue=2)
    await processor.render(photographs.jpeg(), None)
    (worker,) = workers()
    os.kill(worker.pid or 0, signal.SIGSTOP)
    waiting = [asyncio.create_task(processor.render(photographs.jpeg(), None)) for _ in range(3)]
    await settle()

    with pytest.raises(TooManyRequests) as before_the_body:
        processor.check_room()
    with pytest.raises(TooManyRequests) as after_it:
        await processor.render(photographs.jpeg(), None)

    assert before_the_body.value.retry_after_seconds >= 1
    assert after_it.value.retry_after_seconds >= 1
    os.kill(worker.pid or 0, signal.SIGCONT)
    assert [rendered.width for rendered in await asyncio.gather(*waiting)] == [96, 96, 96]
    processor.check_room()
    await processor.close()


async def test_whoever_goes_away_gives_the_place_to_the_next() -> None:
    processor = pooled(queue=0)
    await processor.render(photographs.jpeg(), None)
    (worker,) = workers()
    os.kill(worker.pid or 0, signal.SIGSTOP)
    gone = asyncio.create_task(processor.render(photographs.jpeg(), None))
    await settle()

    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    assert (await processor.render(photographs.jpeg(), None)).width == 96
    await processor.close()


async def test_a_worker_is_replaced_before_it_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging_pool, "JOBS_OF_A_WORKER", 2)
    processor = pooled()
    seen = set()

    for _ in range(4):
        await processor.render(photographs.jpeg(), None)
        seen |= {worker.pid for worker in workers()}

    assert len(seen) >= 2
    await processor.close()
