"""Make sure of the system packages that the tests need: install them as root, else name them once.

Runs on the system's own Python, before anything is set up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {"chromium": "chromium", "redis-server": "redis-server", "postgres": "postgresql"}
"""Program -> the Debian package that brings it."""
FOLDERS = [str(folder) for folder in Path("/usr/lib/postgresql").glob("*/bin")]
"""Where programs are that Debian keeps off the path."""
SERVICES = ("redis-server", "postgresql")
"""What the packages may start; the tests start their own."""


def main() -> int:
    """Zero when every program is there."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *FOLDERS])  # noqa: TID251 - where programs are
    missing = sorted({package for program, package in NEEDED.items() if shutil.which(program, path=path) is None})
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
    code = subprocess.run([*line, "--quiet=2"], check=False, env=environment, stdout=subprocess.DEVNULL).returncode
    for service in SERVICES:
        if service in missing and shutil.which("service"):
            subprocess.run(["service", service, "stop"], check=False, capture_output=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
