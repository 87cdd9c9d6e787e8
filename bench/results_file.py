"""A result: figures with commit, date, machine and command, in bench/results/; and one JSON object as the last line."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def report(
    name: str,
    command: str,
    question: str,
    figures: dict[str, Any],
    holds: dict[str, bool],
    reading: str,
    goals: frozenset[str] = frozenset(),
) -> int:
    """Zero when every law holds; the file is written either way, if it has a name.

    Args:
        name: End of the file's name; empty: no file.
        command: What a person types to repeat it.
        question: What was asked.
        figures: What was measured, raw samples among them.
        holds: Each law or goal, and whether it held.
        reading: One paragraph: what the figures say, and what they do not.
        goals: Those of `holds` that are seconds or ratios: reported, and never what a run fails for.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    date = time.strftime("%Y-%m-%d", time.gmtime())
    machine = {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}
    answer = {"question": question, "figures": figures, "holds": holds}
    document = {
        "commit": commit.stdout.strip(),
        "date": date,
        "machine": machine,
        "command": command,
        "reading": reading,
    }
    if name:
        RESULTS.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**document, **answer}, indent=1, ensure_ascii=False)
        (RESULTS / f"{date}-{name}.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps(answer))
    return 0 if all(held for law, held in holds.items() if law not in goals) else 1
