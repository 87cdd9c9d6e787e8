"""Rules of the house that no linter knows: file sizes, names that say nothing, addresses and paths in files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 600
CODE = {".py", ".ts", ".tsx", ".mjs", ".css"}
EMPTY_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|managers?)(\.|/|$)", re.IGNORECASE)
MACHINE_PATHS = re.compile(r"/(?:root|work|home)/[a-z]")
REGISTRIES = re.compile(r'"resolved": *"https?:|registry *= *"?https?:|--(?:extra-)?index-url|files\.pythonhosted')


def main() -> int:
    """Zero when no rule is broken."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    faults = [fault for name in filter(None, listed.split("\0")) for fault in _faults(name)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def _faults(name: str) -> list[str]:
    path = ROOT / name
    faults = [f"{name}: the name says nothing"] if EMPTY_NAMES.search(name) else []
    if not path.is_file() or name == "scripts/house_rules.py":
        return faults
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return faults
    if path.suffix in CODE and text.count("\n") > MAX_LINES:
        faults.append(f"{name}: {text.count(chr(10))} lines; name the second idea in it and split")
    if MACHINE_PATHS.search(text):
        faults.append(f"{name}: a path of somebody's machine")
    if REGISTRIES.search(text):
        faults.append(f"{name}: the address of a package registry")
    return faults


if __name__ == "__main__":
    sys.exit(main())
