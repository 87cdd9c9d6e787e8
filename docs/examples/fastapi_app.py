"""Avatarium inside of an application that has its own users, login and lifespan.

Run it:  uvicorn --factory docs.examples.fastapi_app:app
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import HTMLResponse

from avatarium import Avatarium, UserId, Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EMPLOYEES = {"ada": "Ada Lovelace", "alan": "Alan Turing"}
TOKENS = {"ada-token": "ada", "alan-token": "alan"}


def current_viewer(authorization: Annotated[str, Header()] = "") -> Viewer:
    """Who asks: the application's own login, as a dependency like any other."""
    user_id = TOKENS.get(authorization.removeprefix("Bearer "))
    if user_id is None:
        raise HTTPException(401, "Sign in first.")
    return Viewer.person(UserId(user_id))


def create_app(pictures: Avatarium) -> FastAPI:
    """The application; `pictures.router` opens Avatarium in its lifespan and closes it there."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.greeting = "Our people"
        yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(pictures.router)

    @app.get("/people", response_class=HTMLResponse)
    async def people() -> str:
        # The first mappings stand inside of the page, so its first render makes no API call.
        script = await pictures.pack_script(list(EMPLOYEES))
        return f"<!doctype html><head>{script}</head><h1>{app.state.greeting}</h1>"

    @app.post("/people/{user_id}/passport-photo")
    async def take_passport_photo(user_id: str) -> dict[str, int]:
        # The application's own code changes pictures through the same service.
        picture = await pictures.replace(user_id, read_passport_photo(user_id), by=Viewer.service())
        return {"revision": picture.revision}

    return app


def read_passport_photo(user_id: str) -> bytes:
    """Bytes that the application has from somewhere."""
    return f"<svg>{user_id}</svg>".encode()


def app() -> FastAPI:
    """The application as `uvicorn --factory` makes it, with pictures under `/api`."""
    return create_app(Avatarium(prefix="/api", viewer=current_viewer))
