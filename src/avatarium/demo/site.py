"""The demo as a host application: its page with the first pack inside, its sign-in, its assets."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.routing import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from avatarium.app import DEMO_PEOPLE, create_app, json_script
from avatarium.errors import BadConfiguration, CrossSiteWrite, MalformedRequest, MalformedUserId, NotAllowed
from avatarium.model import parse_user_id
from avatarium.web.identity import COOKIE, SESSION_SECONDS, check_write_origin
from avatarium.web.surface import Operation, Surface
from avatarium.web.uploads import read_bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Scope

    from avatarium.app import Avatarium
    from avatarium.demo.people import Person
    from avatarium.model import Viewer
    from avatarium.web.identity import SessionIdentity

_PAGE_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_demo_app(pictures: Avatarium, people: Sequence[Person]) -> FastAPI:
    """The service with the demo's page in front.

    Args:
        pictures: Made with `auth="demo"`.
        people: Everybody on the roster.

    Raises:
        BadConfiguration: The page's assets are not in the package.
    """
    session = pictures.session
    if session is None:
        raise BadConfiguration("The demo needs AVATARIUM_AUTH=demo.")
    static = files("avatarium") / "static"
    if not (static / "index.html").is_file():
        raise BadConfiguration("The demo's page is not built. In a checkout, run: make build")
    site = _Site(pictures, session, people, (static / "index.html").read_text(encoding="utf-8"))
    app = create_app(pictures)
    router = APIRouter(include_in_schema=False)
    surface = Surface(router, ())
    surface.path("/", Operation("GET", site.page, "The page", ()))
    surface.path(
        "/demo/session",
        Operation("POST", site.sign_in, "Sign in", (CrossSiteWrite, MalformedRequest, MalformedUserId, NotAllowed)),
        Operation("DELETE", site.sign_out, "Sign out", (CrossSiteWrite,)),
    )
    app.include_router(router)
    with as_file(static) as folder:
        app.mount("/", _Assets(directory=folder))
    return app


class _Site:
    def __init__(self, pictures: Avatarium, session: SessionIdentity, people: Sequence[Person], template: str) -> None:
        self._pictures = pictures
        self._session = session
        self._people = people
        self._template = template

    async def page(self, request: Request) -> Response:
        """The page; the state and the first pack stand inside it, so its first render asks for nothing."""
        viewer = await self._session(request)
        scripts = json_script("demo-state", self._state(viewer))
        if request.query_params.get("pack") != "no":
            scripts += await self._pictures.pack_script([person.user_id for person in self._people])
        return HTMLResponse(self._template.replace("</head>", f"{scripts}</head>", 1), headers=_PAGE_HEADERS)

    async def sign_in(self, request: Request) -> Response:
        """Become one of the three people."""
        check_write_origin(request, ())
        user_id = parse_user_id((await _json_object(request)).get("user_id", ""))
        token = self._session.token(user_id)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        """Be nobody again."""
        check_write_origin(request, ())
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    def _state(self, viewer: Viewer) -> dict[str, Any]:
        by_id = {person.user_id: person for person in self._people}
        me = by_id.get(viewer.user_id) if viewer.user_id else None
        return {
            "viewer": me and {"user_id": me.user_id, "name": me.name, "administrator": viewer.kind == "administrator"},
            "sign_in": [
                {
                    "user_id": user_id,
                    "name": by_id[user_id].name,
                    "title": by_id[user_id].title,
                    "administrator": administrator,
                }
                for user_id, administrator in DEMO_PEOPLE.items()
                if user_id in by_id
            ],
            "people": [
                {
                    "user_id": person.user_id,
                    "name": person.name,
                    "title": person.title,
                    "city": person.city,
                    "presence": person.presence,
                }
                for person in self._people
            ],
        }


class _Assets(StaticFiles):
    """The built files; those with a hash in their name never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        keep = "max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        if response.status_code in {200, 304}:
            response.headers["Cache-Control"] = keep
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _json_object(request: Request) -> dict[str, str]:
    import json  # noqa: PLC0415 - the only use

    try:
        content = json.loads(await read_bounded(request, 1000))
    except (ValueError, RecursionError):
        raise MalformedRequest from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise MalformedRequest('The body is like {"user_id": "samuel-adeyemi"}.')
    return content
