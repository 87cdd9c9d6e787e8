"""Build the wheel, install it into a clean environment without Node, and use the demo from there.

Passes when the installed `avatarium demo` serves its page, a mapping and a picture outside of the checkout.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_PICTURES_BYTES = 6_000_000
READY_SECONDS = 120


def main() -> int:
    """Zero when the wheel works."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = _build(folder)
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
        python = _install(folder, wheel)
        _check_pictures(folder)
        return _use(folder, python)


def _build(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


def _install(folder: Path, wheel: Path) -> Path:
    environment = folder / "venv"
    uv = shutil.which("uv") or "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    python = environment / "bin" / "python"
    # The lock file pins what a fresh install would resolve to, so that this check is about the wheel.
    constraints = folder / "constraints.txt"
    pins = re.findall(r"^[a-zA-Z0-9_.-]+==[^ \\]+", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    constraints.write_text("\n".join(pins))
    install = [uv, "pip", "install", "--quiet", "--python", str(python), "--constraint", str(constraints), str(wheel)]
    subprocess.run(install, check=True)
    return python


def _check_pictures(folder: Path) -> None:
    pictures = next((folder / "venv").glob("lib/python*/site-packages/avatarium/demo/pictures"))
    total = sum(file.stat().st_size for file in pictures.iterdir())
    print(f"demo pictures: {total / 1e6:.1f} MB in the wheel")
    if total > MAX_PICTURES_BYTES:
        raise SystemExit(f"The demo's pictures are over {MAX_PICTURES_BYTES} bytes.")


def _use(folder: Path, python: Path) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": str(python.parent), "HOME": str(folder), "LANG": "C.UTF-8"}
    command = [str(python.parent / "avatarium"), "demo", "--port", str(port), "--data-dir", str(folder / "data")]
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(f"{base}/health/ready", process)
        page = _fetch(f"{base}/")
        mapping = json.loads(_fetch(f"{base}/images/user/amara-okafor"))
        picture = _fetch(base + mapping["url"])
        asset = re.search(rb'src="(/assets/[^"]+\.js)"', page)
        if b'id="avatarium-pack"' not in page or asset is None or not _fetch(base + asset[1].decode()):
            print("The page is not whole.")
            return 1
        if picture[8:12] != b"WEBP":
            print("The picture is not a WebP.")
            return 1
        print(f"page {len(page)} bytes with the first pack, picture {len(picture)} bytes: the wheel works without Node")
        return 0
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"The demo ended with {process.returncode}.")
        try:
            _fetch(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"The demo was not ready within {READY_SECONDS} s.")


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback address
        body: bytes = answer.read()
        return body


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
