"""How our paths are declared: each with all its methods, every error in the OpenAPI document, and one edge.

Guarantees, for every path declared here, mounted or not: errors are problem+json; a wrong method is 405 with
a whole `Allow` (the framework's own names one method); `HEAD` works wherever `GET` does; a preflight is
answered. Fixed paths must be declared before paths with parameters.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from avatarium import telemetry
from avatarium.errors import (
    AvatariumError,
    MalformedRequest,
    MalformedUserId,
    MethodNotAllowed,
)
from avatarium.model import UserId, parse_user_id
from avatarium.web.http import problem_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence

    from fastapi.params import Depends
    from pydantic import BaseModel

ALL_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EXPOSED: Final = "Date, ETag, Cache-Status, Retry-After"
"""Response fields that a page of another origin may read (trap 9)."""

_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path.

    Args:
        method: In capitals.
        endpoint: Answers it; annotated for FastAPI.
        summary: One line for the OpenAPI document.
        answer: Message of the 200 answer; None for bytes.
        errors: Every error that it can answer with.
        request: Message of a JSON request body.
        extra: More of the OpenAPI operation (a body of bytes, other successful answers).
    """

    method: str
    endpoint: Callable[..., Awaitable[Response]]
    summary: str
    errors: tuple[type[AvatariumError], ...]
    answer: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Surface:
    """Declares paths on a router.

    Args:
        router: Where the routes go.
        origins: Origins other than our own that may read; `*` for all, without credentials.
        dependencies: What FastAPI solves before every operation; not before preflights and refusals, for which
            a browser sends neither cookie nor token.
    """

    def __init__(self, router: APIRouter, origins: Collection[str], dependencies: Sequence[Depends] = ()) -> None:
        self._router = router
        self._dependencies = dependencies
        self._route_class = _edge(frozenset(origins))

    def path(self, path: str, *operations: Operation) -> None:
        """Declare `path` with all of its methods."""
        allowed = [operation.method for operation in operations]
        if "GET" in allowed:
            allowed.append("HEAD")
        for operation in operations:
            self._add(path, operation.method, operation.endpoint, operation)
            if operation.method == "GET":
                self._add(path, "HEAD", operation.endpoint, None)

        self._refuse_others(path, allowed)

    def hidden_path(self, path: str, methods: tuple[str, ...], endpoint: Callable[..., Awaitable[Response]]) -> None:
        """Declare a path that the OpenAPI document does not name."""
        for method in methods:
            self._add(path, method, endpoint, None)
        self._refuse_others(path, list(methods))

    def _refuse_others(self, path: str, allowed: list[str]) -> None:
        async def refuse(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": ", ".join([*allowed, "OPTIONS"])})
            raise MethodNotAllowed((*allowed, "OPTIONS"))

        for method in ALL_METHODS:
            if method not in allowed:
                self._add(path, method, refuse, None, guarded=False)

    def _add(
        self,
        path: str,
        method: str,
        endpoint: Callable[..., Awaitable[Response]],
        operation: Operation | None,
        *,
        guarded: bool = True,
    ) -> None:
        documented: dict[str, Any] = {"include_in_schema": False}
        if operation is not None:
            documented = {
                "summary": operation.summary,
                "description": (endpoint.__doc__ or operation.summary).strip().splitlines()[0],
                "operation_id": endpoint.__name__,
                "responses": _responses(operation),
                "openapi_extra": _request_body(operation),
                "include_in_schema": True,
            }
        self._router.add_api_route(
            path,
            endpoint,
            methods=[method],
            response_class=Response,
            response_model=None,
            route_class_override=self._route_class,
            dependencies=self._dependencies if guarded else None,
            **documented,
        )


def user_id_of(request: Request, text: str | None = None) -> UserId:
    """The user id in the path, checked as it was sent: a slash in an id cannot move it to another route.

    Args:
        request: Its path has the parameter `user_id`, where `text` is left out.
        text: The id, where it is a part of another parameter.

    Raises:
        MalformedUserId: It is not well formed, or not UTF-8.
    """
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    try:
        unquote_to_bytes(raw.partition(b"?")[0]).decode()
    except UnicodeDecodeError:
        raise MalformedUserId("A user id is UTF-8, percent-encoded.") from None
    if b"%2f" in raw.lower():
        raise MalformedUserId('A user id has no "/".')
    return parse_user_id(request.path_params["user_id"] if text is None else text)


def _edge(origins: frozenset[str]) -> type[APIRoute]:
    """A route class that turns our errors into answers and speaks CORS."""

    class EdgeRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    response = await inner(request)
                except AvatariumError as error:
                    if error.report:
                        _log.error(telemetry.REQUEST_FAILED, code=error.code, path=request.url.path, exc_info=error)
                    response = problem_response(error)
                except (RequestValidationError, ClientDisconnect):
                    response = problem_response(MalformedRequest())
                _allow_origin(request, response, origins)
                return response

            return answer

    return EdgeRoute


def _allow_origin(request: Request, response: Response, origins: frozenset[str]) -> None:
    if "access-control-allow-origin" in response.headers:
        return
    if "*" in origins:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif origins:
        response.headers.append("Vary", "Origin")
        origin = request.headers.get("origin")
        if origin not in origins:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    else:
        return
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, If-Match, If-None-Match, Range"
        response.headers["Access-Control-Max-Age"] = "86400"


def _responses(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """The answers of the OpenAPI operation: one for success, one for each status of an error, with its codes."""
    responses: dict[int | str, dict[str, Any]] = {}
    if operation.answer is not None:
        responses[200] = {"model": operation.answer, "description": "The answer."}
    responses.update(operation.extra.get("responses", {}))
    by_status: dict[int, list[type[AvatariumError]]] = defaultdict(list)
    for error in operation.errors:
        by_status[error.status].append(error)
    for status, errors in sorted(by_status.items()):
        responses[status] = {
            "description": " ".join(error.title for error in errors),
            "content": {"application/problem+json": {"schema": _problem_schema(errors)}},
        }
    return responses


def _problem_schema(errors: list[type[AvatariumError]]) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "Problem",
        "description": "RFC 9457 problem details with a stable code.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": {"type": "string", "enum": sorted({error.code for error in errors})},
        },
    }


def _request_body(operation: Operation) -> dict[str, Any]:
    body = operation.extra.get("requestBody")
    if operation.request is not None:
        schema = operation.request.model_json_schema()
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
    extra = {name: value for name, value in operation.extra.items() if name not in {"responses", "requestBody"}}
    return {**extra, **({"requestBody": body} if body else {})}
