"""Run the parts of `make test`, print the seconds of each, and end with one line `N passed, N failed`.

Every check counts as one; a test runner's own tests are counted from its report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"


@dataclass(frozen=True)
class Step:
    """One command of a part.

    Args:
        title: What it proves.
        command: Program and arguments; `{report}` is replaced by a fresh file's path.
        folder: Where it runs.
        report: `junit` or `vitest`: how the report counts tests; empty: the step counts as one.
    """

    title: str
    command: tuple[str, ...]
    folder: Path = ROOT
    report: str = ""


VITEST = ("vitest", "run", "--reporter=default", "--reporter=json", "--outputFile.json={report}")
OPENAPI = "contract/openapi.json"
PARTS: dict[str, tuple[Step, ...]] = {
    "check": (
        Step("Python format", ("ruff", "format", "--check", "--quiet", ".")),
        Step("Python lint", ("ruff", "check", "--quiet", ".")),
        Step("Python types", ("mypy",)),
        Step("Python import directions", ("lint-imports", "--no-logo")),
        Step("browser format and lint", ("biome", "ci", "--error-on-warnings", "."), WEB),
        Step("browser types", ("npm", "run", "--silent", "types"), WEB),
        Step("browser unused code", ("knip",), WEB),
        Step("house rules", ("python", "scripts/house_rules.py")),
        Step(
            "OpenAPI document",
            ("spectral", "lint", "--fail-severity=warn", "--ruleset", "contract/spectral.yaml", OPENAPI),
        ),
        Step("contract is exported", ("python", "scripts/export_contract.py", "--check")),
    ),
    "unit": (
        Step(
            "Python unit, port and property tests",
            ("coverage", "run", "-m", "pytest", "-q", "-m", "not integration", "--junit-xml={report}"),
            report="junit",
        ),
        Step("Python branch coverage", ("python", "scripts/coverage_gate.py")),
        Step(
            "browser unit and property tests",
            (*VITEST, "--project", "client", "--project", "demo", "--coverage"),
            WEB,
            report="vitest",
        ),
        Step("browser package sizes", ("npm", "run", "--silent", "sizes"), WEB),
    ),
    "integration": (
        Step(
            "Python integration tests",
            ("pytest", "-q", "-m", "integration", "--force-enable-socket", "--junit-xml={report}"),
            report="junit",
        ),
        Step("a sample of pictures that we did not make", ("python", "bench/accept_imaging.py", "--sample", "60")),
    ),
    "e2e": (Step("browser tests in Chromium", (*VITEST, "--project", "e2e"), WEB, report="vitest"),),
    "wheel": (Step("the wheel works without Node", ("python", "scripts/check_wheel.py")),),
    "check-the-checks": (Step("planted faults turn red", ("python", "scripts/check_the_checks.py")),),
}


def main(parts: list[str]) -> int:
    """Zero when everything passed."""
    passed = failed = 0
    seconds: dict[str, float] = {}
    for part in parts:
        for step in PARTS[part]:
            print(f"\n== {part}: {step.title}", flush=True)
            start = time.monotonic()
            good, bad = _run(step)
            seconds[f"{part}: {step.title}"] = time.monotonic() - start
            passed, failed = passed + good, failed + bad
            if bad:
                print(f"== FAILED: {step.title}", flush=True)
    print("\nSeconds")
    for title, spent in seconds.items():
        print(f"{spent:8.1f}  {title}")
    print(f"{sum(seconds.values()):8.1f}  together")
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def _run(step: Step) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        command = [part.replace("{report}", str(report)) for part in step.command]
        environment = {**os.environ, "NO_COLOR": "1"}  # noqa: TID251 - passed on to the tools
        code = subprocess.run(command, cwd=step.folder, check=False, env=environment).returncode
        if not step.report:
            return (1, 0) if code == 0 else (0, 1)
        good, bad = (0, 0) if not report.exists() else _count(step.report, report)
    if good + bad == 0:
        print("No test ran.", flush=True)
        return 0, 1
    # A runner can fail for more than its tests: coverage, an error outside of a test.
    return good, bad if code == 0 or bad else 1


def _count(kind: str, report: Path) -> tuple[int, int]:
    if kind == "junit":
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own test runner wrote it
        good = bad = 0
        for suite in suites:
            bad_here = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            good += int(suite.get("tests", 0)) - bad_here - int(suite.get("skipped", 0))
            bad += bad_here
        return good, bad
    totals = json.loads(report.read_text())
    return int(totals["numPassedTests"]), int(totals["numFailedTests"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
