"""The HTTP surface on memory adapters, with a recorder before it that holds every answer against the contract."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import SecretStr
from starlette.testclient import TestClient

from avatarium.app import Avatarium, Parts, create_app
from avatarium.model import UserId, Viewer
from avatarium.settings import Settings
from avatarium.web.identity import COOKIE
from worlds import SECRET, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx2 import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from avatarium.ports import RateLimiter

Answer = tuple[str, int, str | None]
"""Operation id, status, and the code of a problem; None for every other answer."""

CONTRACT: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "contract" / "openapi.json").read_text(encoding="utf-8")
)
PROBLEM = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _declared() -> Iterator[Answer]:
    for methods in CONTRACT["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                problem = response.get("content", {}).get(PROBLEM)
                codes = problem["schema"]["properties"]["code"]["enum"] if problem else [None]
                for code in codes:
                    yield operation["operationId"], int(status), code


DECLARED = frozenset(_declared())
"""Every answer that contract/openapi.json names."""

_TEMPLATES = [
    (re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), methods)
    # Fixed paths come before parameters, so the one with fewer of them is meant.
    for path, methods in sorted(CONTRACT["paths"].items(), key=lambda entry: entry[0].count("{"))
]


def operation_of(method: str, path: str) -> str | None:
    """The operation that the contract means by a request; HEAD is its GET. None where it names none."""
    verb = "get" if method == "HEAD" else method.lower()
    for template, methods in _TEMPLATES:
        if template.fullmatch(path):
            return methods[verb]["operationId"] if verb in methods else None
    return None


class Recorder:
    """Stands before an app and writes down what it answers to the operations of the contract.

    Args:
        app: The application.
        prefix: What stands before our paths.
    """

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self.app = app
        self._prefix = prefix
        self.answers: list[Answer] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, is_problem, body = 0, False, b""

        async def record(message: Message) -> None:
            nonlocal status, is_problem, body
            if message["type"] == "http.response.start":
                status = message["status"]
                is_problem = dict(message["headers"]).get(b"content-type", b"").decode() == PROBLEM
            elif is_problem:
                body += message.get("body", b"")
            await send(message)

        path, method = unquote(scope["path"]), scope["method"]
        await self.app(scope, receive, record)
        operation = operation_of(method, path.removeprefix(self._prefix))
        if operation is not None:
            code = json.loads(body)["code"] if is_problem else None
            self.answers.append((operation, status, code))


@dataclass(frozen=True)
class Site:
    """An open application and a client before it."""

    client: TestClient
    world: World
    pictures: Avatarium
    recorder: Recorder

    def sign_in(self, user_id: str | None) -> None:
        """Send the demo's cookie of this person with every request; None: of nobody."""
        self.client.cookies.clear()
        if user_id is not None:
            assert self.pictures.session is not None
            self.client.cookies.set(COOKIE, self.pictures.session.token(UserId(user_id)))

    def upload(self, user_id: str = "ada", data: bytes = b"photo") -> dict[str, Any]:
        """The mapping after `data` became the picture of `user_id`."""
        response = self.client.put(f"/images/user/{user_id}", content=data)
        assert response.status_code == 200, response.text
        mapping: dict[str, Any] = response.json()
        return mapping


class Exhausted:
    """A rate limiter whose callers have used up everything."""

    async def spend(self, rule: str, caller: str, cost: int = 1) -> float:
        return 7.0


@contextmanager
def open_site(
    world: World | None = None,
    *,
    viewer: Callable[..., Any] | None = None,
    limiter: Callable[[], RateLimiter] | None = None,
    prefix: str = "",
    app_of: Callable[[Avatarium], ASGIApp] = create_app,
    **settings: Any,  # noqa: ANN401 - whatever Settings takes
) -> Iterator[Site]:
    """The application on the engines of `world`; at the end every answer must have been one of the contract."""
    stood_on = world or World()
    held = Settings(secret_key=SecretStr(SECRET.decode()), **settings)
    pictures = Avatarium(
        viewer=viewer,
        prefix=prefix,
        settings=held,
        parts=Parts(engines=lambda: stood_on.engines, limiter=limiter),
    )
    recorder = Recorder(app_of(pictures), prefix)
    with TestClient(recorder, base_url="http://localhost", client=("127.0.0.1", 50000)) as client:
        yield Site(client, stood_on, pictures, recorder)
    assert set(recorder.answers) <= DECLARED, set(recorder.answers) - DECLARED


def problem_of(response: Response) -> dict[str, Any]:
    """The problem that a response is, after everything that every problem has was checked."""
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "etag" not in response.headers
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code"}
    assert problem["status"] == response.status_code
    assert problem["type"] == f"urn:avatarium:problem:{problem['code']}"
    return problem


ADMINISTRATOR = Viewer.administrator()
