"""The garbage collector, kept out of libvips's work."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collection_paused() -> Iterator[None]:
    """No collection starts in here, on any thread.

    libvips logs through a Python callback. A collection that starts in there frees other pictures, they log
    too, and GLib ends the process on a message within a message.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
