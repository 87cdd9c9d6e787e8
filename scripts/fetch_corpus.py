"""Fetch Pillow's test images into .cache/corpus: a thousand files that we did not write, never committed.

They come in the package's source distribution, pinned by hash in requirements-corpus.lock. Nothing is built or
installed. Does nothing when they are there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-corpus.lock"
CORPUS = ROOT / ".cache" / "corpus"


def main() -> int:
    """Zero when the corpus is there."""
    stamp = CORPUS / ".lock"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return 0
    print("Fetching the corpus of test images", flush=True)
    shutil.rmtree(CORPUS, ignore_errors=True)
    CORPUS.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", "pillow", "--require-hashes", "--requirement", str(LOCK), "--dest", folder]
        subprocess.run(command, check=True)
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            for member in tar:
                parts = PurePosixPath(member.name).parts[1:]
                if member.isfile() and parts[:2] == ("Tests", "images"):
                    member.name = "/".join(parts[2:])
                    tar.extract(member, CORPUS, filter="data")
    stamp.write_bytes(LOCK.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
