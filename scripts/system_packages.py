"""Make sure of the system packages that the tests need: install them as root, else name them once.

Runs on the system's own Python, before anything is set up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NEEDED = {"chromium": "chromium"}
"""Program -> the Debian package that brings it."""


def main() -> int:
    """Zero when every program is there."""
    missing = sorted({package for program, package in NEEDED.items() if shutil.which(program) is None})
    if not missing:
        return 0
    line = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("The tests need system packages. Run this once, then `make test` again:", file=sys.stderr)
        print("    sudo apt-get update && sudo " + " ".join(line), file=sys.stderr)
        return 1
    print("Installing system packages:", " ".join(line), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}  # noqa: TID251 - passed on to apt
    subprocess.run(["apt-get", "update", "--quiet=2"], check=True, env=environment)
    return subprocess.run([*line, "--quiet=2"], check=False, env=environment, stdout=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
