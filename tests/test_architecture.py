"""ARCHITECTURE.md tells the truth: its tables name what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avatarium import Settings, telemetry

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LINKING = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")


def table(heading: str) -> list[list[str]]:
    """The rows of the table under `heading`, without its head."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def defaults(cell: str) -> list[tuple[str, int]]:
    """Every `setting` (number unit) that a cell names, in seconds or bytes."""
    found = re.findall(r"`(\w+)` \(([\d,]+) (s|MB)\)", cell)
    return [(name, int(number.replace(",", "")) * (1_000_000 if unit == "MB" else 1)) for name, number, unit in found]


def test_the_age_budget_names_settings_with_their_defaults() -> None:
    named = [pair for row in table("The age budget") for cell in row for pair in defaults(cell)]

    assert {name for name, _ in named} == {"fresh_for_seconds", "cache_seconds", "cache_max_bytes"}
    assert [(name, Settings.model_fields[name].default) for name, _ in named] == named


def test_the_http_cache_keeps_bytes_for_as_long_as_the_table_says() -> None:
    (row,) = [row for row in table("The age budget") if row[0] == "HTTP cache"]

    assert row[2] == f"{Settings.model_fields['bytes_max_age_seconds'].default:,} s"


def test_the_failure_table_names_log_events_that_exist() -> None:
    events = {value for name, value in vars(telemetry).items() if name.isupper() and isinstance(value, str)}

    named = [event for row in table("The failure table") for event in re.findall(r"log `([\w.-]+)`", row[2])]

    assert len(named) >= 5
    assert set(named) <= events


@pytest.mark.parametrize("document", LINKING)
def test_every_link_of_the_documents_leads_to_a_file(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")

    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_is_short_and_names_where_to_start_reading() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) < 150
    assert any("src/avatarium/service.py" in line for line in lines)
    assert any("web/client/src/core/client.ts" in line for line in lines)
