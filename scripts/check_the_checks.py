"""Plant a fault for each check and gate, and fail if one stays green.

A fault is a patch in tests/faults/, one a file; its first lines say what it breaks and which command must
turn red. Each is planted in a copy of the tree, so the tree itself is never touched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "faults"
SECONDS = 300


def main() -> int:
    """Zero when every planted fault turned its check red, and every check is green without it."""
    faults = sorted(FAULTS.glob("*.patch"))
    if not faults:
        print("There are no faults to plant.")
        return 1
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        _copy(tree)
        for command in sorted({_command(fault) for fault in faults}):
            code, spent, output = _run(command, tree)
            print(f"{'green' if code == 0 else 'RED  '}  {spent:5.1f} s  without a fault: {command}", flush=True)
            if code:
                print(output[-2000:])
                wrong += 1
        for fault in faults:
            _patch(tree, fault)
            code, spent, _ = _run(_command(fault), tree)
            _patch(tree, fault, "--reverse")
            print(f"{'red  ' if code else 'GREEN'}  {spent:5.1f} s  {fault.stem}: {_command(fault)}", flush=True)
            wrong += code == 0
    print(
        f"{len(faults)} faults planted, {wrong} checks did not notice"
        if wrong
        else f"{len(faults)} faults, all noticed"
    )
    return 1 if wrong else 0


def _copy(tree: Path) -> None:
    """The tracked and new files of the tree; what was installed is linked, not copied."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if name.startswith("src/avatarium/demo/pictures/") or not (ROOT / name).is_file():
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    (tree / ".venv").symlink_to(ROOT / ".venv")
    modules = tree / "web" / "node_modules"
    modules.mkdir(exist_ok=True)
    for entry in (ROOT / "web" / "node_modules").iterdir():
        # A workspace's own packages must be the copy's, not the original's.
        if entry.name == "avatarium":
            (modules / entry.name).symlink_to(tree / "web" / "client")
        elif entry.name == "@avatarium":
            (modules / entry.name).mkdir()
            for inner in entry.iterdir():
                (modules / entry.name / inner.name).symlink_to(tree / "web" / inner.name)
        else:
            (modules / entry.name).symlink_to(entry)


def _command(fault: Path) -> str:
    found = re.search(r"^# turns red: (.+)$", fault.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{fault.name} does not say which command it turns red.")
    return found[1]


def _patch(tree: Path, fault: Path, *options: str) -> None:
    subprocess.run(["git", "apply", "--whitespace=nowarn", *options, str(fault)], cwd=tree, check=True)


def _run(command: str, tree: Path) -> tuple[int, float, str]:
    path = os.pathsep.join([str(ROOT / ".venv/bin"), str(ROOT / "web/node_modules/.bin"), os.environ["PATH"]])  # noqa: TID251
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(tree / "src"), "NO_COLOR": "1"}  # noqa: TID251
    start = time.monotonic()
    ran = subprocess.run(
        ["bash", "-c", command], cwd=tree, env=environment, capture_output=True, check=False, timeout=SECONDS, text=True
    )
    return ran.returncode, time.monotonic() - start, ran.stdout + ran.stderr


if __name__ == "__main__":
    sys.exit(main())
