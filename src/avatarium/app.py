"""The composition root: settings become adapters, adapters a service, the service routes.

Only this module knows all of the others. `Avatarium` is what an application holds: mount its `router`, or
call its methods from the application's own code. `create_app` is the service on its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from avatarium import __version__, telemetry
from avatarium.adapters.imaging_pool import PooledImageProcessor
from avatarium.adapters.memory import MemoryEventBus, MemoryKeyValue, MemoryObjectStore, MemoryRateLimiter
from avatarium.adapters.object_store import local_object_store
from avatarium.adapters.s3 import Bucket, Credentials, S3ObjectStore
from avatarium.adapters.sql_directory import SqlDirectory, sqlite_directory
from avatarium.adapters.system import SystemClock
from avatarium.delivery import Delivery
from avatarium.errors import (
    AvatariumError,
    BadConfiguration,
    MethodNotAllowed,
    NotAllowed,
    SignInRequired,
    Unavailable,
    UnknownPath,
)
from avatarium.model import UserId, Viewer, parse_user_id
from avatarium.service import Engines, PictureService
from avatarium.settings import Settings, load_settings
from avatarium.web import wire
from avatarium.web.health import add_health_routes
from avatarium.web.http import problem_response
from avatarium.web.identity import OpenIdentity, SessionIdentity
from avatarium.web.mappings import Edge, add_mapping_routes
from avatarium.web.pictures import add_picture_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from avatarium.model import CropBox, Picture
    from avatarium.ports import Directory, ImageProcessor, ObjectStore, RateLimiter
    from avatarium.service import Resolved

DEMO_PEOPLE = {
    UserId("samuel-adeyemi"): True,
    UserId("amara-okafor"): False,
    UserId("tomas-herrera"): False,
}
"""Who can sign in with `AVATARIUM_AUTH=demo` -> whether an administrator."""

_SECRET_BYTES = 32
_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Adapters that replace those which the settings name; for tests and for applications with their own."""

    engines: Callable[[], Engines] | None = None
    limiter: Callable[[], RateLimiter] | None = None
    credentials: Callable[[], Credentials] | None = None
    """Gives who we are for the S3 service, each time anew; for credentials that change while we run."""


class Avatarium:
    """Profile pictures for an application.

    Mount `router` with `app.include_router(pictures.router)`: it opens the service in the application's
    lifespan and closes it there. Without a router, use it as an asynchronous context manager.

    Args:
        directory: Record store as a SQLAlchemy URL; empty: SQLite in the data folder.
        objects: Byte store, `s3://bucket`, `file:///folder` or `memory://`; empty: the data folder.
        viewer: Who asks: an `async (HTTPConnection) -> Viewer`, or any FastAPI dependency that returns a
            `Viewer`. Left out: as `settings.auth` says.
        prefix: What stands before our paths, for example `/api`. Give it here and not to
            `include_router`, so that the URLs in the answers carry it too.
        settings: Everything else; read from the environment when left out.
        parts: Own adapters.

    Raises:
        BadConfiguration: The settings cannot work together.
    """

    def __init__(
        self,
        *,
        directory: str = "",
        objects: str = "",
        viewer: Callable[..., Any] | None = None,
        prefix: str = "",
        settings: Settings | None = None,
        parts: Parts | None = None,
    ) -> None:
        given = {"directory_url": directory, "objects_url": objects}
        self.settings = (settings or load_settings()).model_copy(
            update={name: value for name, value in given.items() if value}
        )
        if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
            raise BadConfiguration("A prefix starts with a slash and does not end with one.")
        self._parts = parts or Parts()
        self._service: PictureService | None = None
        self._secret = _load_secret(self.settings)
        self._limiter = (self._parts.limiter or self._make_limiter)()
        self._delivery = Delivery(
            self._secret,
            prefix,
            self.settings.rendition_url,
            self.settings.fresh_for_seconds,
        )
        self._is_open_to_all = False
        self.session: SessionIdentity | None = None
        """The sign-in of `AVATARIUM_AUTH=demo`; None in every other mode."""
        self.router = self._make_router(viewer or self._built_in_identity(), prefix)

    # ------------------------------------------------------------------ lifetime

    @property
    def service(self) -> PictureService:
        """The open service.

        Raises:
            Unavailable: It is not open.
        """
        if self._service is None:
            raise Unavailable("Avatarium is not open: include its router, or enter it in the lifespan.")
        return self._service

    async def __aenter__(self) -> Self:
        """Open the service; it answers only after this."""
        if self._is_open_to_all:
            _log.warning(telemetry.DEVELOPMENT_ONLY, auth="none", meaning="every caller here may do everything")
        make = self._parts.engines or self._make_engines
        service = PictureService(
            make(),
            self._delivery,
            secret=self._secret,
            limits=self.settings.image_limits,
            unknown_users=self.settings.unknown_users,
            cache_seconds=self.settings.cache_seconds,
        )
        await service.open()
        self._service = service
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let what is under way end, and close."""
        service, self._service = self._service, None
        if service is not None:
            await service.close()

    async def migrate(self) -> bool:
        """Whether anything had to be done to bring the record store to this release; see `ports.Directory`."""
        directory = self._make_directory()
        try:
            return await directory.migrate()
        finally:
            await directory.close()

    # ------------------------------------------------------------------ the application's own code

    async def resolve(self, user_id: str) -> Resolved:
        """See `PictureService.resolve`."""
        return await self.service.resolve(parse_user_id(user_id))

    async def resolve_many(self, user_ids: Sequence[str]) -> Mapping[UserId, Resolved]:
        """See `PictureService.resolve_many`."""
        return await self.service.resolve_many([parse_user_id(user_id) for user_id in user_ids])

    async def replace(self, user_id: str, upload: bytes, *, by: Viewer, crop: CropBox | None = None) -> Picture:
        """See `PictureService.replace`."""
        return await self.service.replace(parse_user_id(user_id), upload, by=by, crop=crop)

    async def remove(self, user_id: str, *, by: Viewer) -> Picture:
        """See `PictureService.remove`."""
        return await self.service.remove(parse_user_id(user_id), by=by)

    async def pack(self, user_ids: Sequence[str], *, with_inline: bool = False) -> wire.PackMessage:
        """The answer that `POST /images/pack` would give for these people."""
        answer = await self.service.pack([parse_user_id(user_id) for user_id in user_ids], with_inline=with_inline)
        return wire.pack(answer, self._delivery, self.settings.all_flags)

    async def pack_script(self, user_ids: Sequence[str], *, with_inline: bool = False) -> str:
        """A script element with the first mappings, for the page's head: then the page makes no API call.

        It holds data and no code, so it needs no `script-src` of a content security policy.
        """
        message = await self.pack(user_ids, with_inline=with_inline)
        return json_script("avatarium-pack", message.model_dump(exclude_unset=True))

    # ------------------------------------------------------------------ composition

    def _built_in_identity(self) -> Callable[..., Any]:
        if self.settings.auth == "demo":
            self.session = SessionIdentity(self._derived_key("demo-session"), DEMO_PEOPLE, SystemClock())
            return _as_dependency(self.session)
        self._is_open_to_all = True
        return _as_dependency(OpenIdentity())

    def _derived_key(self, purpose: str) -> bytes:
        return hmac.new(self._secret, f"avatarium:{purpose}".encode(), hashlib.sha256).digest()

    def _make_router(self, viewer: Callable[..., Any], prefix: str) -> APIRouter:
        @asynccontextmanager
        async def lifespan(_: object) -> AsyncIterator[None]:
            async with self:
                yield

        outer = APIRouter(lifespan=lifespan)
        pictures = APIRouter(prefix=prefix, tags=["bytes"])
        add_picture_routes(
            pictures,
            lambda: self.service,
            secret=lambda: self._secret,
            max_age_seconds=self.settings.bytes_max_age_seconds,
        )
        mappings = APIRouter(prefix=prefix, tags=["mapping"])
        edge = Edge(
            service=lambda: self.service,
            viewer=viewer,
            limiter=lambda: self._limiter,
            flags=self.settings.all_flags,
            origins=self.settings.origins,
        )
        add_mapping_routes(mappings, edge)
        outer.include_router(pictures)
        outer.include_router(mappings)
        return outer

    def _make_engines(self) -> Engines:
        clock = SystemClock()
        return Engines(
            directory=self._make_directory(),
            objects=self._make_objects(),
            key_value=MemoryKeyValue(clock, self.settings.cache_max_bytes),
            events=MemoryEventBus(),
            processor=self._make_processor(),
            clock=clock,
        )

    def _make_directory(self) -> Directory:
        if self.settings.directory_url:
            return SqlDirectory(self.settings.directory_url)
        return sqlite_directory(_folder(self.settings.data_dir) / "avatarium.sqlite3")

    def _make_objects(self) -> ObjectStore:
        url = self.settings.objects_url
        if not url:
            return local_object_store(_folder(self.settings.data_dir) / "objects")
        parts = urlsplit(url)
        if parts.scheme == "memory":
            return MemoryObjectStore()
        if parts.scheme == "s3":
            return S3ObjectStore(Bucket.parse(url), self._credentials())
        if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
            return local_object_store(Path(unquote(parts.path)))
        raise BadConfiguration("AVATARIUM_OBJECTS_URL is s3://bucket, file:///folder or memory://.")

    def _credentials(self) -> Callable[[], Credentials] | None:
        """Gives who we are for the S3 service now; None: as its library finds out."""
        if self._parts.credentials is not None:
            return self._parts.credentials
        if not self.settings.s3_access_key_id:
            return None
        fixed = Credentials(
            self.settings.s3_access_key_id,
            self.settings.s3_secret_access_key.get_secret_value(),
            self.settings.s3_session_token.get_secret_value(),
            self.settings.s3_credentials_end_at or None,
        )
        return lambda: fixed

    def _make_processor(self) -> ImageProcessor:
        return PooledImageProcessor(
            self.settings.image_limits,
            workers=self.settings.imaging_workers,
            seconds=self.settings.imaging_seconds,
            memory_bytes=self.settings.imaging_memory_bytes,
            cpu_seconds=self.settings.imaging_cpu_seconds,
            queue=self.settings.imaging_queue,
            master_side=self.settings.master_side,
        )

    def _make_limiter(self) -> RateLimiter:
        rules = {"uploads": self.settings.limit_uploads, "reads": self.settings.limit_reads}
        return MemoryRateLimiter(rules, SystemClock())


def create_app(pictures: Avatarium | None = None) -> FastAPI:
    """The service on its own: the routes of `pictures`, health, and problem+json for everything else.

    Args:
        pictures: Made from the environment when left out.
    """
    held = pictures or Avatarium()
    app = FastAPI(
        title="Avatarium",
        version=__version__,
        summary="Profile pictures that are on screen in the first frame.",
        description="Who has which picture (the mapping), and the bytes that never change.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        redirect_slashes=False,
        docs_url=None,  # the framework's pages load scripts from elsewhere; /openapi.json is the document
        redoc_url=None,
        contact={"name": "Avatarium"},
        servers=[{"url": "/", "description": "Where the service is mounted."}],
        openapi_tags=[
            {"name": "mapping", "description": "Who has which picture: small, mutable, revalidated."},
            {"name": "bytes", "description": "What a picture looks like: immutable for ever."},
            {"name": "operations", "description": "For balancers and supervisors."},
        ],
    )
    health = APIRouter(tags=["operations"])
    add_health_routes(health, lambda: held.service)
    app.include_router(health)
    app.include_router(held.router)
    app.add_exception_handler(HTTPException, _foreign_error)
    app.add_exception_handler(Exception, _unexpected_error)
    return app


def json_script(element_id: str, content: object) -> str:
    """A script element that holds `content` as JSON; nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" id="{element_id}">{safe}</script>'


async def _foreign_error(_: Request, error: Exception) -> Response:
    """Paths and methods that no route of ours has, and what a viewer dependency refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:  # noqa: PLR2004 - the framework's own refusal
        headers = (error.headers or {}) if isinstance(error, HTTPException) else {}
        return problem_response(MethodNotAllowed(tuple(headers.get("Allow", headers.get("allow", "GET")).split(", "))))
    kinds: dict[int, type[AvatariumError]] = {401: SignInRequired, 403: NotAllowed, 404: UnknownPath}
    return problem_response(kinds.get(status, AvatariumError)())


async def _unexpected_error(_: Request, error: Exception) -> Response:
    _log.error(telemetry.REQUEST_FAILED, code=AvatariumError.code, exc_info=error)
    return problem_response(AvatariumError())


def _as_dependency(identity: Callable[[Any], Any]) -> Callable[..., Any]:
    """An identity as a FastAPI dependency: a function whose one parameter is the connection."""

    async def viewer(connection: HTTPConnection) -> Viewer:
        who: Viewer = await identity(connection)
        return who

    return viewer


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration("AVATARIUM_DATA_DIR: the folder cannot be made.") from error
    return path


def _load_secret(settings: Settings) -> bytes:
    """The deployment's key: from the settings, else made once in the data folder (mode 0600).

    Raises:
        BadConfiguration: It is too short, or cannot be read or made.
    """
    given = settings.secret_key.get_secret_value()
    if given:
        if len(given) < _SECRET_BYTES:
            raise BadConfiguration(f"AVATARIUM_SECRET_KEY has at least {_SECRET_BYTES} characters.")
        return given.encode()
    file = _folder(settings.data_dir) / "secret.key"
    try:
        # Made whole beside it and linked: of two processes that start at once, both read the same key.
        if not file.exists():
            mine = file.with_suffix(f".{secrets.token_hex(4)}")
            handle = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(_SECRET_BYTES))
            try:
                os.link(mine, file)
            except FileExistsError:
                pass
            finally:
                mine.unlink()
        key = file.read_bytes().strip()
    except OSError as error:
        raise BadConfiguration("The key in AVATARIUM_DATA_DIR cannot be read or made.") from error
    if len(key) < _SECRET_BYTES:
        raise BadConfiguration(
            f"The key in AVATARIUM_DATA_DIR has less than {_SECRET_BYTES} characters: it is damaged."
        )
    return key
