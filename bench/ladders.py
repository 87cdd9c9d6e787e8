"""One contender of bench/imaging.py: makes the ladder of each file that is asked for.

`python bench/ladders.py NAME`: one line in (case, tab, file), one line of JSON out. NAME is `avatarium`, `pool`,
`pillow-draft` or `pillow-naive`.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyvips
from PIL import Image, ImageOps, ImageSequence

from avatarium.adapters.imaging_pool import PooledImageProcessor
from avatarium.imaging import render
from avatarium.model import ANIMATED_SIZES, LADDER, ImageLimits

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = ImageLimits()
Ladder = dict[str, bytes]


def pillow(upload: bytes, *, draft: bool) -> Ladder:
    """The ladder by Pillow: oriented, cut in the middle, at our encoder settings."""
    picture: Image.Image = Image.open(io.BytesIO(upload))
    moves = getattr(picture, "n_frames", 1) > 1
    if draft:
        picture.draft("RGB", (LADDER[-1], LADDER[-1]))
    square = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (LADDER[-1],) * 2, Image.Resampling.LANCZOS)
    made: Ladder = {}
    for side in LADDER:
        sized = square if side == LADDER[-1] else square.resize((side, side), Image.Resampling.LANCZOS)
        webp, jpeg = io.BytesIO(), io.BytesIO()
        sized.save(webp, "WEBP", quality=80, method=4)
        sized.save(jpeg, "JPEG", quality=82, optimize=True)
        made |= {f"{side}.webp": webp.getvalue(), f"{side}.jpg": jpeg.getvalue()}
    if moves:
        made |= _moving(upload)
    return made


def _moving(upload: bytes) -> Ladder:
    picture = Image.open(io.BytesIO(upload))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
    made: Ladder = {}
    for side in ANIMATED_SIZES:
        sized = [ImageOps.fit(frame, (side, side), Image.Resampling.LANCZOS) for frame in frames]
        file = io.BytesIO()
        sized[0].save(file, "WEBP", save_all=True, append_images=sized[1:], duration=100, quality=75, method=2)
        made[f"{side}-animated.webp"] = file.getvalue()
    return made


def avatarium(upload: bytes) -> Ladder:
    """The ladder by our recipe, in this process."""
    return {str(name): data for name, data in render(upload, None, LIMITS).renditions}


def main(name: str) -> int:
    """Zero at the end of the input."""
    pyvips.concurrency_set(1)  # type: ignore[attr-defined]  # not in its stubs
    if name == "pool":
        asyncio.run(_pooled())
        return 0
    makers: dict[str, Callable[[bytes], Ladder]] = {
        "avatarium": avatarium,
        "pillow-draft": lambda upload: pillow(upload, draft=True),
        "pillow-naive": lambda upload: pillow(upload, draft=False),
    }
    for line in sys.stdin:
        upload = _read(line)
        start = time.perf_counter()
        made = makers[name](upload)
        _answer(time.perf_counter() - start, made)
    return 0


async def _pooled() -> None:
    """The ladder by our recipe, in a worker process with its limits, as the service does it: with the master."""
    processor = PooledImageProcessor(LIMITS, workers=1, seconds=60, memory_bytes=1_000_000_000, master_side=512)
    for line in sys.stdin:
        upload = _read(line)
        start = time.perf_counter()
        rendered = await processor.render(upload, None)
        _answer(time.perf_counter() - start, {str(name): data for name, data in rendered.renditions})
    await processor.close()


def _read(line: str) -> bytes:
    return Path(line.rstrip("\n").split("\t")[1]).read_bytes()


def _answer(seconds: float, made: Ladder) -> None:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
    sizes = {name: len(data) for name, data in made.items()}
    picture = base64.b64encode(made["256.webp"]).decode()
    print(json.dumps({"ms": 1000 * seconds, "sizes": sizes, "peak_mb": peak, "picture": picture}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
