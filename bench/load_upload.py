"""Do reads stay fast, and does no upload get lost, while fifty people upload at once?

200 reads a second (the display rendition of one picture) run against the service; first alone, then while 50 people
each upload a 12-megapixel JPEG at the same moment. Whoever gets 429 comes back after `Retry-After`, as a client does.
The last line is one JSON object.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from results_file import report  # noqa: E402
from served import serving  # noqa: E402

import photographs  # noqa: E402 - made pictures, shared with the tests

PEOPLE = 50
READS_A_SECOND = 200
IDLE_SECONDS = 10
QUEUE = 16
P99_GOAL = 5


def main() -> int:
    """Zero when no upload is lost and the queue is bounded."""
    photograph = bytes(photographs.noise(4000, 3000).jpegsave_buffer(Q=80))
    uploads = [photograph + bytes([number]) for number in range(PEOPLE)]  # fifty different uploads
    with serving(imaging_queue=str(QUEUE)) as (address, watch):
        figures = asyncio.run(_measure(address, uploads))
    figures["service, peak resident MB"] = round(watch.own_peak / 1e6)
    figures["bytes of one upload"] = len(photograph)
    idle, busy = figures["reads idle"], figures["reads under uploads"]
    holds = {
        "no upload is lost": figures["uploads"]["200"] == PEOPLE,
        "no read fails": busy["failed"] == 0 and idle["failed"] == 0,
        "the queue answers 429 rather than growing": figures["429 with Retry-After"] > 0,
        f"p99 of reads at most {P99_GOAL} times idle": busy["p99 ms"] <= P99_GOAL * idle["p99 ms"],
    }
    reading = (
        "Client, service and two imaging processes share the cores, so the reads also wait for the scheduler; their "
        "latency counts from the instant at which each was due, not from when it was sent."
    )
    question = __doc__.partition("\n")[0] if __doc__ else ""
    return report("load-upload", "make bench-load-upload", question, figures, holds, reading)


async def _measure(address: str, uploads: list[bytes]) -> dict[str, Any]:
    limits = httpx2.Limits(max_connections=PEOPLE + 60, max_keepalive_connections=PEOPLE + 60)
    async with httpx2.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        mapping = (await client.put("/images/user/reader", content=photographs.jpeg())).json()
        await _read(client, mapping["url"], asyncio.Event(), seconds=2)
        idle = await _read(client, mapping["url"], asyncio.Event(), seconds=IDLE_SECONDS)
        done = asyncio.Event()
        reading = asyncio.create_task(_read(client, mapping["url"], done, seconds=600))
        start = time.perf_counter()
        answers = await asyncio.gather(*(_upload(client, n, data) for n, data in enumerate(uploads)))
        seconds = time.perf_counter() - start
        done.set()
        busy = await reading
    return {
        "reads idle": idle,
        "reads under uploads": busy,
        "uploads": dict(Counter(status for status, _, _ in answers)),
        "429 with Retry-After": sum(refused for _, refused, _ in answers),
        "seconds until all were stored": round(seconds, 2),
        "seconds of an upload, median and largest": [
            round(statistics.median(took for _, _, took in answers), 2),
            round(max(took for _, _, took in answers), 2),
        ],
    }


async def _upload(client: httpx2.AsyncClient, number: int, data: bytes) -> tuple[str, int, float]:
    """Status, how often the queue was full, and seconds until the picture was stored."""
    start = time.perf_counter()
    refused = 0
    while True:
        response = await client.put(f"/images/user/person-{number}", content=data)
        if response.status_code != httpx2.codes.TOO_MANY_REQUESTS:
            return str(response.status_code), refused, time.perf_counter() - start
        refused += 1
        await asyncio.sleep(int(response.headers["retry-after"]))


async def _read(client: httpx2.AsyncClient, url: str, done: asyncio.Event, *, seconds: float) -> dict[str, Any]:
    """Reads at a steady rate, whether or not the ones before were answered."""
    samples: list[float] = []
    failed = 0
    tasks: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        nonlocal failed
        try:
            response = await client.get(url)
            failed += response.status_code != httpx2.codes.OK
        except httpx2.TransportError:
            failed += 1
        samples.append(1000 * (time.perf_counter() - due))

    start = time.perf_counter()
    for number in range(int(seconds * READS_A_SECOND)):
        due = start + number / READS_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if done.is_set():
            break
        task = asyncio.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    ordered = sorted(samples)
    return {
        "reads": len(samples),
        "failed": failed,
        "p50 ms": round(statistics.median(ordered), 1),
        "p99 ms": round(ordered[int(len(ordered) * 0.99)], 1),
        "largest ms": round(ordered[-1], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
