"""Every name of a log event, so that a dashboard and the code cannot drift apart; and the logger itself.

Events go to the standard library's `logging` under `avatarium.*`, so a host application decides where they
end; nothing is configured at import.
"""

from __future__ import annotations

import logging
from typing import Final, cast

import structlog


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The structured logger of a module: an event name and values, written as `event key=value`."""
    wrapped = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return cast("structlog.stdlib.BoundLogger", wrapped)


CACHE_FAILED: Final = "cache.failed"
"""A cache store did not answer; the read went on without it."""
EVENT_LOST: Final = "event.lost"
"""A change was committed, but telling the subscribers failed."""
PICTURE_REPLACED: Final = "picture.replaced"
PICTURE_REMOVED: Final = "picture.removed"
SERVICE_OPENED: Final = "service.opened"
SERVICE_CLOSED: Final = "service.closed"
REQUEST_FAILED: Final = "request.failed"
"""An error of ours left the service; the caller was told nothing of the inside."""
IMAGING_WORKER_LOST: Final = "imaging.worker-lost"
"""A decoder crashed or ran out of time and was replaced."""
REBUILD_FAILED: Final = "rebuild.failed"
"""One person's ladder could not be made anew; the old one stays."""
DEVELOPMENT_ONLY: Final = "development-only"
"""A mode that must not face the internet is in use."""
