"""How long does an upload take, what memory, and how good is it, beside Pillow and sharp?

Every contender makes the same ladder (64, 128, 256, 512 px; WebP q80 effort 4, JPEG q82) of the same files with one
thread, in a process of its own, in turn: paired runs on whatever else the machine does. Peak memory is of a fresh
process that made one ladder. The last line is one JSON object.
"""

from __future__ import annotations

import base64
import io
import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyvips
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench")]

from results_file import report  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = 7
POOL_GOAL, PROCESS_GOAL, MEMORY_GOAL = 1.5, 1.2, 0.5
PEOPLE = ROOT / "src" / "avatarium" / "demo" / "pictures"
PYTHON = [sys.executable, str(ROOT / "bench" / "ladders.py")]
CONTENDERS: Mapping[str, list[str]] = {
    "avatarium": [*PYTHON, "avatarium"],
    "avatarium in the worker pool": [*PYTHON, "pool"],
    "Pillow with draft()": [*PYTHON, "pillow-draft"],
    "Pillow without draft()": [*PYTHON, "pillow-naive"],
    "sharp": ["node", str(ROOT / "bench" / "node" / "ladder.mjs")],
}


def main() -> int:
    """Zero when the memory law holds and the goals are met."""
    with tempfile.TemporaryDirectory() as folder:
        files = _make_files(Path(folder))
        times = _paired_times(files)
        peaks = {
            case: {
                name: _once(command, case, file)["peak_mb"]
                for name, command in CONTENDERS.items()
                if "pool" not in name
            }
            for case, file in files.items()
        }
        answers = {name: _once(command, "12 MP JPEG", files["12 MP JPEG"]) for name, command in CONTENDERS.items()}
        quality = {name: _quality(answer, files["12 MP JPEG"]) for name, answer in answers.items()}
    medians = {case: {n: round(statistics.median(s), 1) for n, s in by.items()} for case, by in times.items()}
    ratios = {
        case: {
            name: round(statistics.median(a / b for a, b in zip(by[name], by["sharp"], strict=True)), 2)
            for name in ("avatarium", "avatarium in the worker pool", "Pillow with draft()")
        }
        for case, by in times.items()
    }
    memory = {case: round(by["avatarium"] / by["Pillow without draft()"], 2) for case, by in peaks.items()}
    figures: dict[str, Any] = {
        "ms, median": medians,
        "time against sharp, median of paired runs": ratios,
        "peak resident MB": {case: {n: round(mb) for n, mb in by.items()} for case, by in peaks.items()},
        "peak memory against Pillow without draft()": memory,
        "bytes": {name: answer["sizes"] for name, answer in answers.items()},
        "SSIM of the 256 px WebP (luma)": quality,
        "samples": {case: {n: [round(ms, 1) for ms in s] for n, s in by.items()} for case, by in times.items()},
    }
    jpegs = [case for case in ratios if "JPEG" in case]
    holds = {
        "peak memory at most half of Pillow without draft(), JPEG": all(memory[case] <= MEMORY_GOAL for case in jpegs),
        "in process at most 1.2 of sharp, JPEG": all(ratios[case]["avatarium"] <= PROCESS_GOAL for case in jpegs),
        "in the pool at most 1.5 of sharp, JPEG": all(
            ratios[case]["avatarium in the worker pool"] <= POOL_GOAL for case in jpegs
        ),
    }
    reading = (
        "One thread each. Ours also finds the attention crop, the ThumbHash, the dominant colour and the pixel digest, "
        "and in the pool crosses a process boundary and encodes the master. Peak memory includes the interpreter and "
        "its libraries. sharp and Avatarium stand on the same libvips; what differs is the fixed part around it."
    )
    return report("bench-imaging", "make bench-imaging", __doc__.partition("\n")[0], figures, holds, reading)


def _make_files(folder: Path) -> dict[str, Path]:
    """A person's portrait, enlarged under grain: it compresses about as a photograph does."""
    source = pyvips.Image.new_from_file(str(PEOPLE / "grace-tembo.webp"))

    def photograph(width: int, height: int) -> pyvips.Image:
        scaled = source.resize(width / source.width, vscale=height / source.height)
        grain = pyvips.Image.gaussnoise(width, height, mean=0, sigma=4, seed=7)
        srgb = pyvips.enums.Interpretation.SRGB
        return (scaled + grain).cast(pyvips.enums.BandFormat.UCHAR).copy(interpretation=srgb).copy_memory()

    files = {name: folder / name.replace(" ", "-") for name in ("12 MP JPEG", "50 MP JPEG", "4 MP PNG", "moving GIF")}
    for name, size in {"12 MP JPEG": (4000, 3000), "50 MP JPEG": (8160, 6120)}.items():
        files[name].write_bytes(bytes(photograph(*size).jpegsave_buffer(Q=88)))
    files["4 MP PNG"].write_bytes(bytes(photograph(2000, 2000).pngsave_buffer()))
    still = source.thumbnail_image(320, height=320)
    frames = [still.rot(angle) for angle in ("d0", "d90", "d180", "d270")] * 6
    strip = pyvips.Image.arrayjoin(frames, across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", 320)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [100] * len(frames))
    files["moving GIF"].write_bytes(bytes(strip.gifsave_buffer()))
    return files


def _line(case: str, file: Path) -> str:
    return f"{'moving' if case == 'moving GIF' else 'still'}\t{file}\n"


def _paired_times(files: Mapping[str, Path]) -> dict[str, dict[str, list[float]]]:
    """Case -> contender -> milliseconds of each round, the contenders in turn."""
    times: dict[str, dict[str, list[float]]] = {case: {name: [] for name in CONTENDERS} for case in files}
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for name, command in CONTENDERS.items()
        }
        for case, file in files.items():
            for number in range(ROUNDS + 1):
                for name, process in running.items():
                    answer = _ask(process, case, file)
                    if number:  # the first one warms up
                        times[case][name].append(answer["ms"])
        for process in running.values():
            if process.stdin is not None:
                process.stdin.close()
    return times


def _ask(process: subprocess.Popen[str], case: str, file: Path) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise SystemExit("The contender has no pipes.")
    process.stdin.write(_line(case, file))
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def _once(command: list[str], case: str, file: Path) -> dict[str, Any]:
    """What a fresh process answers to one file."""
    ran = subprocess.run(command, input=_line(case, file), capture_output=True, check=True, text=True)
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def _quality(answer: dict[str, Any], file: Path) -> float:
    """SSIM of the 256 px WebP against a Lanczos reduction of the whole picture's best-matching square."""
    whole = Image.open(file).convert("L")
    made = Image.open(io.BytesIO(base64.b64decode(answer["picture"]))).convert("L")
    side = min(whole.size)
    # Contenders cut at different places along the longer side: the cut that fits best counts.
    room = max(whole.size) - side
    cuts = [round(room * step / 64) for step in range(65)]
    scores = []
    for cut in cuts:
        reference = whole.crop((cut, 0, cut + side, side)).resize((256, 256), Image.Resampling.LANCZOS)
        scores.append(_ssim(_vips(reference), _vips(made)))
    return round(max(scores), 4)


def _vips(picture: Image.Image) -> pyvips.Image:
    return pyvips.Image.new_from_memory(picture.tobytes(), *picture.size, 1, pyvips.enums.BandFormat.UCHAR)


def _ssim(one: pyvips.Image, other: pyvips.Image) -> float:
    """Mean structural similarity, Gaussian window of 1.5. Source: Wang et al. 2004."""
    small, large = (0.01 * 255) ** 2, (0.03 * 255) ** 2

    def mean(image: pyvips.Image) -> pyvips.Image:
        return image.cast(pyvips.enums.BandFormat.DOUBLE).gaussblur(1.5)

    a, b = mean(one), mean(other)
    covariance = mean(one * other) - a * b
    variances = mean(one * one) - a * a + mean(other * other) - b * b
    return float(
        (((a * b * 2 + small) * (covariance * 2 + large)) / ((a * a + b * b + small) * (variances + large))).avg()
    )


if __name__ == "__main__":
    sys.exit(main())
