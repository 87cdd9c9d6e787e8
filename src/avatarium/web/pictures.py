"""The routes of the bytes: immutable, readable by the world, never script."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from avatarium.default_picture import DEFAULT_FORMATS, DefaultPicture
from avatarium.default_raster import draw
from avatarium.errors import (
    MalformedImageId,
    MalformedUserId,
    RangeNotSatisfiable,
    Unavailable,
    UnknownImage,
    UnknownRendition,
)
from avatarium.model import CONTENT_TYPES, DISPLAY_SIZE, LADDER, RenditionName, parse_image_id
from avatarium.web.http import PUBLIC, SANDBOX, asked_range, http_date, is_not_modified, not_modified
from avatarium.web.negotiation import choose_format
from avatarium.web.surface import Operation, Surface, user_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.routing import APIRouter

    from avatarium.service import PictureService

GUESS_MAX_AGE_SECONDS = 600
"""How long the default picture by user id may be kept: its name may change."""
_SIZES = frozenset(str(side) for side in LADDER)
EDGE_MAX_AGE_SECONDS = 31_536_000
"""How long an edge may keep bytes: it is told when they must go."""


def _parameter(name: str, example: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}


def _bytes_of(*content_types: str) -> dict[int, dict[str, object]]:
    content = {content_type: {"schema": {"type": "string", "format": "binary"}} for content_type in content_types}
    return {
        200: {"description": "The bytes.", "content": content},
        304: {"description": "The caller's copy is current."},
    }


def add_picture_routes(
    router: APIRouter,
    service: Callable[[], PictureService],
    *,
    secret: Callable[[], bytes],
    max_age_seconds: int,
) -> None:
    """Declare the routes of the bytes on `router`.

    Args:
        router: Where the routes go.
        service: Returns the open service.
        secret: Returns the deployment's key, for the keys of default pictures.
        max_age_seconds: How long a browser keeps bytes: this bounds what an erasure cannot reach.
    """
    routes = _PictureRoutes(service, secret, max_age_seconds)
    surface = Surface(router, ["*"])
    key = _parameter("key", "1.214.ifga.2ksx6l3lrzq4q")
    surface.path(
        "/pictures/default/{key}/{name}",
        Operation(
            "GET",
            routes.read_default_picture,
            "The default picture that a mapping names",
            (UnknownImage, UnknownRendition),
            extra={
                "parameters": [key, _parameter("name", "128.svg")],
                "responses": _bytes_of("image/svg+xml", "image/webp", "image/png"),
            },
        ),
    )
    surface.path(
        "/pictures/default/{name}",
        Operation(
            "GET",
            routes.guess_default_picture,
            "The default picture of a person, by user id",
            (MalformedUserId, UnknownRendition, Unavailable),
            extra={"parameters": [_parameter("name", "ada.svg")], "responses": _bytes_of("image/svg+xml")},
        ),
    )
    whole = _bytes_of("image/webp", "image/jpeg", "image/png")
    whole[206] = {"description": "The range that was asked for."}
    surface.path(
        "/pictures/{image_id}/{name}",
        Operation(
            "GET",
            routes.read_picture,
            "The bytes of a rendition; without a format in the name, `Accept` decides",
            (MalformedImageId, UnknownImage, UnknownRendition, RangeNotSatisfiable, Unavailable),
            extra={
                "parameters": [
                    _parameter("image_id", "k3vyq6m2a7d4xw5f2hjc7nbtpe"),
                    _parameter("name", "128.webp"),
                ],
                "responses": whole,
            },
        ),
    )


class _PictureRoutes:
    """The endpoints; their names are the operation ids of the OpenAPI document."""

    def __init__(
        self, service: Callable[[], PictureService], secret: Callable[[], bytes], max_age_seconds: int
    ) -> None:
        self._service = service
        self._secret = secret
        self._keep = f"max-age={max_age_seconds}, immutable"

    async def read_picture(self, request: Request) -> Response:
        """The bytes of one rendition, named or negotiated: immutable, so a browser asks once."""
        asked_name = request.path_params["name"]
        image_id = parse_image_id(request.path_params["image_id"])
        service = self._service()
        negotiated = {}
        if asked_name in _SIZES:
            formats = (await service.image(image_id)).formats
            kind = choose_format(request.headers.get("accept"), formats)
            name = RenditionName(int(asked_name), kind)
            # Relative, so that it is right wherever the service is mounted.
            negotiated = {"Vary": "Accept", "Content-Location": str(name)}
        else:
            name = RenditionName.parse(asked_name)
        image, rendition = await service.rendition(image_id, name)
        tag = f'"{rendition.digest[:32]}"'
        headers = {
            **PUBLIC,
            **SANDBOX,
            **negotiated,
            "Cache-Control": self._keep,
            "CDN-Cache-Control": f"max-age={EDGE_MAX_AGE_SECONDS}",
            "ETag": tag,
            "Last-Modified": http_date(image.uploaded_at),
            "Accept-Ranges": "bytes",
            "Surrogate-Key": image_id,
            "Cache-Tag": image_id,
        }
        if is_not_modified(request.headers, tag, headers["Last-Modified"]):
            return not_modified(headers)
        if request.method == "HEAD":  # ranges are for GET alone (RFC 9110, 14.2)
            headers["Content-Length"] = str(rendition.byte_count)
            return Response(media_type=name.content_type, headers=headers)
        asked = asked_range(request.headers, rendition.byte_count, tag)
        data = await service.rendition_bytes(image_id, name)
        if asked is None:
            return Response(data, media_type=name.content_type, headers=headers)
        start, stop = asked
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        return Response(data[start:stop], status_code=206, media_type=name.content_type, headers=headers)

    async def read_default_picture(self, request: Request) -> Response:
        """The default picture whose inputs the key carries; it is drawn anew by any process."""
        size, _, kind = request.path_params["name"].partition(".")
        if kind not in DEFAULT_FORMATS or size not in _SIZES:
            raise UnknownRendition
        drawing = DefaultPicture.parse(request.path_params["key"], self._secret())
        data = drawing.svg(int(size)) if kind == "svg" else await asyncio.to_thread(draw, drawing, int(size), kind)
        return _drawn(request, data, kind, self._keep)

    async def guess_default_picture(self, request: Request) -> Response:
        """The default picture as it is now for this user id; kept for ten minutes, as the name may change."""
        stem, separator, kind = request.path_params["name"].rpartition(".")
        if not separator or kind != "svg":
            raise UnknownRendition
        picture = (await self._service().pack([user_id_of(request, stem)])).pictures
        name = picture[0].name if picture else None
        data = DefaultPicture.of(stem, name).svg(DISPLAY_SIZE)
        return _drawn(request, data, "svg", f"max-age={GUESS_MAX_AGE_SECONDS}")


def _drawn(request: Request, data: bytes, kind: str, cache_control: str) -> Response:
    response = Response(
        data, media_type=CONTENT_TYPES[kind], headers={**PUBLIC, **SANDBOX, "Cache-Control": cache_control}
    )
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    if is_not_modified(request.headers, tag, None):
        return not_modified(dict(response.headers))
    return response
