"""What every test stands on: one event loop, and property tests that give the same answer every time."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(__file__).parent.parent / ".cache" / "hypothesis")
hypothesis.settings.register_profile("avatarium", deadline=None, derandomize=True, database=None, max_examples=60)
hypothesis.settings.load_profile("avatarium")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the service runs on."""
    return "asyncio"
