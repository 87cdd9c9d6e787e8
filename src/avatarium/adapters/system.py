"""The machine's own clock."""

from __future__ import annotations

import time


class SystemClock:
    """The wall clock and the monotonic clock of this machine."""

    def now(self) -> float:
        """The wall clock in Unix seconds."""
        return time.time()  # noqa: TID251 - this is the Clock

    def monotonic(self) -> float:
        """Seconds since an arbitrary instant; never goes back."""
        return time.monotonic()
