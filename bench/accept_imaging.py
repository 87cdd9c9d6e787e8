"""Does every file that people upload end in a whole ladder or a 4xx problem, whatever it is?

Uploads Pillow's own test images (a thousand files that we did not write), and what is made to hurt, to the service in
a process of its own, and looks at every answer, at every byte that comes out, and at the memory of the service and its
workers. `--sample N` takes every n-th file, so that N are left. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import http.client
import json
import select
import socket
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pyvips

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from results_file import report  # noqa: E402
from served import serving  # noqa: E402

import photographs  # noqa: E402 - made pictures, shared with the tests

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = ROOT / ".cache" / "corpus"
DEADLINE_SECONDS = 10
MEMORY_LIMIT = 1_000_000_000
HURT_GOAL_MS = 200
IN_TIME = f"and in under {HURT_GOAL_MS} ms"
"""A goal: seconds depend on what else the machine does."""
LOADED = (b"Exif\0\0", b"ICC_PROFILE", b"http://ns.adobe.com", b"<x:xmpmeta", b"Photoshop 3.0", b"<script", b"<?php")
"""What must not be in anything that comes out."""


def main() -> int:
    """Zero when every law holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=0)
    asked = parser.parse_args()
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.name != ".lock")
    if not files:
        raise SystemExit("The corpus is not there: python scripts/fetch_corpus.py")
    if asked.sample:
        files = files[:: max(1, len(files) // asked.sample)]
    with serving(imaging_queue="100") as (address, watch), httpx2.Client(base_url=address, timeout=60) as client:
        hurt = dict(_hurt(client))
        with ThreadPoolExecutor(2) as pool:
            uploads = list(pool.map(lambda path: _upload(client, path), files))
        alive = client.get("/health/ready").status_code == httpx2.codes.OK
    outcomes = Counter(upload["outcome"] for upload in uploads)
    slow = sorted(uploads, key=lambda upload: -upload["seconds"])[:10]
    kinds = Counter((upload["kind"], upload["outcome"]) for upload in uploads)
    figures: dict[str, Any] = {
        "files": len(files),
        "outcomes": dict(outcomes.most_common()),
        "by ending": {f"{kind} {outcome}": count for (kind, outcome), count in sorted(kinds.items())},
        "seconds, median and largest": [statistics.median(u["seconds"] for u in uploads), slow[0]["seconds"]],
        "slowest": [{"file": u["file"], "seconds": u["seconds"], "outcome": u["outcome"]} for u in slow],
        "faults": [fault for upload in uploads for fault in upload["faults"]],
        "what is made to hurt": hurt,
        "service, peak resident MB": round(watch.own_peak / 1e6),
        "largest worker, peak resident MB": round(watch.child_peak / 1e6),
    }
    expected = {name: answer["got"] == answer["expected"] for name, answer in hurt.items()}
    holds = {
        "every file ends in a whole ladder or a 4xx problem": all(_is_fine(upload) for upload in uploads),
        "within the deadline": all(upload["seconds"] < DEADLINE_SECONDS + 2 for upload in uploads),
        "nothing of an upload comes out but pixels": figures["faults"] == [],
        "the service never crashed": alive,
        "no worker above the limit": watch.child_peak <= MEMORY_LIMIT,
        "what is made to hurt gets its problem": all(expected.values()),
        IN_TIME: all(answer["ms"] < HURT_GOAL_MS for answer in hurt.values()),
    }
    reading = (
        f"{outcomes['200']} of {len(files)} files became a ladder; the others got a problem of their own: what is no "
        "JPEG, PNG, WebP, GIF, AVIF or HEIC by its first bytes (415), what is damaged by its decoder (422). "
        "Seconds are client-side, two uploads at a time, beside whatever else the machine did."
    )
    return report(
        "" if asked.sample else "imaging",
        "make accept-imaging",
        "does every upload end in a ladder or a problem?",
        figures,
        holds,
        reading,
        goals=frozenset({IN_TIME}),
    )


def _is_fine(upload: dict[str, Any]) -> bool:
    return bool(upload["outcome"] == "200" or upload["outcome"].startswith("4"))


def _upload(client: httpx2.Client, path: Path) -> dict[str, Any]:
    name = path.relative_to(CORPUS).as_posix()
    user_id = name.replace("/", "_")[-120:]
    start = time.perf_counter()
    response = client.put(f"/images/user/{user_id}", content=path.read_bytes())
    seconds = round(time.perf_counter() - start, 3)
    faults: list[str] = []
    outcome = str(response.status_code)
    if response.status_code == httpx2.codes.OK:
        faults = [f"{name}: {fault}" for fault in _ladder_faults(client, response.json())]
    elif response.headers.get("content-type") == "application/problem+json":
        outcome += f" {response.json()['code']}"
    else:
        faults = [f"{name}: not a problem"]
    return {"file": name, "kind": path.suffix.lower(), "outcome": outcome, "seconds": seconds, "faults": faults}


def _ladder_faults(client: httpx2.Client, mapping: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the ladder of an upload that was taken."""
    wanted = {f"{size}.{kind}" for size in mapping["sizes"] for kind in mapping["formats"]}
    if not wanted <= set(mapping["urls"]):
        yield "the ladder is not whole"
    for name, url in mapping["urls"].items():
        response = client.get(url)
        size = int(name.partition(".")[0].removesuffix("-animated"))
        picture = pyvips.Image.new_from_buffer(response.content, "")
        if (picture.width, picture.get("page-height") if picture.get_typeof("page-height") else picture.height) != (
            size,
            size,
        ):
            yield f"{name} is {picture.width} x {picture.height}"
        if any(field.endswith("-data") or field.startswith("exif") for field in picture.get_fields()):
            yield f"{name} has metadata"
        if any(secret in response.content for secret in LOADED):
            yield f"{name} carries something of the upload"
        if response.headers.get("x-content-type-options") != "nosniff":
            yield f"{name} may be sniffed"


def _hurt(client: httpx2.Client) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is made to hurt: its problem, and how long the service took for it (median of five)."""
    noise = bytes(photographs.noise(2000, 2000).jpegsave_buffer())
    gif_js = b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//"
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    client.put("/images/user/warm", content=photographs.jpeg())
    cases: list[tuple[str, bytes | int, str]] = [
        ("a PNG that claims 20,000 x 20,000", photographs.png_bomb(), "413 too-many-pixels"),
        ("a GIF of 10,000 frames", photographs.long_animation(10_000), "413 too-many-frames"),
        ("a JPEG cut in half", noise[: len(noise) // 2], "422 undecodable-image"),
        ("a GIF/JS polyglot", gif_js, "422 undecodable-image"),
        ("a PNG/HTML polyglot", photographs.png() + b"<html><script>alert(1)</script></html>", "200"),
        ("an SVG with script", svg, "415 not-an-image"),
        ("a 3 GB body, declared", 3_000_000_000, "413 upload-too-large"),
        ("a 3 GB body, in chunks", -3_000_000_000, "413 upload-too-large"),
    ]
    for name, body, expected in cases:
        samples, got = [], ""
        for number in range(5):
            start = time.perf_counter()
            try:
                got = _answer(client, f"/images/user/hurt-{number}", body)
            except (httpx2.TransportError, OSError, http.client.HTTPException) as error:
                got = type(error).__name__
            samples.append(round(1000 * (time.perf_counter() - start), 1))
            client.put("/images/user/warm", content=photographs.jpeg())  # a fresh worker is there again
        yield name, {"got": got, "expected": expected, "ms": statistics.median(samples), "samples": samples}


def _answer(client: httpx2.Client, path: str, body: bytes | int) -> str:
    if isinstance(body, int):
        return _flood(client.base_url.host, client.base_url.port or 80, path, body)
    response = client.put(path, content=body)
    return f"{response.status_code} {response.json()['code']}" if response.is_error else str(response.status_code)


def _flood(host: str, port: int, path: str, size: int) -> str:
    """The answer to a body of `size` bytes: declared where positive; else sent in chunks until somebody speaks."""
    with socket.create_connection((host, port), timeout=20) as line:
        length = f"Content-Length: {size}" if size > 0 else "Transfer-Encoding: chunked"
        line.sendall(f"PUT {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{length}\r\n\r\n".encode())
        chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
        left = 0 if size > 0 else -size
        while left > 0 and not select.select([line], [], [], 0)[0]:
            try:
                line.sendall(chunk)
            except OSError:
                break
            left -= 65_536
        answer = http.client.HTTPResponse(line)
        answer.begin()
        body = answer.read()
    return f"{answer.status} {json.loads(body)['code']}"


if __name__ == "__main__":
    sys.exit(main())
