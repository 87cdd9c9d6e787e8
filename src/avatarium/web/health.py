"""The routes that a balancer or a supervisor asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from avatarium.errors import Unavailable
from avatarium.web.surface import Operation, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.routing import APIRouter

    from avatarium.service import PictureService

_NO_STORE = {"Cache-Control": "no-store"}


def add_health_routes(router: APIRouter, service: Callable[[], PictureService]) -> None:
    """Declare liveness and readiness on `router`.

    Args:
        router: Where the routes go.
        service: Returns the open service; raises `Unavailable` where it is not open.
    """

    async def read_liveness(request: Request) -> Response:  # noqa: ARG001 - every endpoint has this shape
        """Whether the process runs; asks no engine, so a dead engine does not restart the process."""
        return JSONResponse({"status": "alive"}, headers=_NO_STORE)

    async def read_readiness(request: Request) -> Response:  # noqa: ARG001 - every endpoint has this shape
        """Whether the service can answer; a balancer sends nothing here while it cannot."""
        await service().ready()
        return JSONResponse({"status": "ready"}, headers=_NO_STORE)

    status = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    answer = {"responses": {200: {"description": "Yes.", "content": {"application/json": {"schema": status}}}}}
    surface = Surface(router, ())
    surface.path("/health/live", Operation("GET", read_liveness, "Liveness", (), extra=answer))
    surface.path("/health/ready", Operation("GET", read_readiness, "Readiness", (Unavailable,), extra=answer))
