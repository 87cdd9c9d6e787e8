"""The routes of the mapping: who has which picture, and changing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from avatarium.errors import (
    AspectBeyondLimit,
    CrossSiteWrite,
    EmptyUpload,
    LostRace,
    MalformedCrop,
    MalformedImageId,
    MalformedRequest,
    MalformedUserId,
    NotAllowed,
    NotAnImage,
    PreconditionFailed,
    SignInRequired,
    TooManyFrames,
    TooManyIds,
    TooManyPixels,
    TooManyRequests,
    Unavailable,
    UndecodableImage,
    UnknownImage,
    UnknownUser,
    UploadTooLarge,
)
from avatarium.model import DEFAULT_IMAGE_NAME, CropBox, Epoch, Viewer, parse_image_id, parse_user_id
from avatarium.service import MAX_BATCH
from avatarium.web import wire
from avatarium.web.http import (
    cache_status,
    expected_revisions,
    http_date,
    is_not_modified,
    json_response,
    mapping_tag,
    not_modified,
)
from avatarium.web.identity import check_write_origin
from avatarium.web.surface import Operation, Surface, user_id_of
from avatarium.web.uploads import CROP_FIELD, FILE_FIELD, read_bounded, read_upload

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi.routing import APIRouter

    from avatarium.model import Picture, UserId
    from avatarium.ports import RateLimiter
    from avatarium.service import PictureService, Resolved

M = TypeVar("M", bound=BaseModel)

_UPLOAD_BODY = {
    "required": True,
    "description": "The picture's bytes, or a form; the content type of a picture is not asked, the bytes are.",
    "content": {
        "image/*": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FILE_FIELD],
                "properties": {
                    FILE_FIELD: {"type": "string", "format": "binary"},
                    CROP_FIELD: {
                        "type": "string",
                        "description": "x,y,width,height in pixels of the oriented picture.",
                    },
                },
            }
        },
    },
}
_USER_ID = {
    "name": "user_id",
    "in": "path",
    "required": True,
    "description": "The application's id of the person, percent-encoded; 1 to 128 code points.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "example": "ada",
}
_IMAGE_ID = {
    "name": "image_id",
    "in": "path",
    "required": True,
    "description": "26 characters of a-z and 2-7, or default_pfp.png.",
    "schema": {"type": "string"},
    "example": DEFAULT_IMAGE_NAME,
}
_CROP = {
    "name": "crop",
    "in": "query",
    "required": False,
    "description": "x,y,width,height in pixels of the oriented picture.",
    "schema": {"type": "string"},
    "example": "0,0,640,640",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "ETag of the mapping that the change was made on; another revision is 412.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED = {304: {"description": "The caller's copy is current."}}
_READ_ERRORS = (MalformedUserId, UnknownUser, Unavailable)
_BATCH_ERRORS = (MalformedUserId, MalformedRequest, TooManyIds, TooManyRequests, Unavailable)
_WRITE_ERRORS = (
    MalformedUserId,
    SignInRequired,
    NotAllowed,
    CrossSiteWrite,
    UnknownUser,
    LostRace,
    PreconditionFailed,
    TooManyRequests,
    Unavailable,
)
_UPLOAD_ERRORS = (
    MalformedRequest,
    EmptyUpload,
    MalformedCrop,
    UploadTooLarge,
    TooManyPixels,
    TooManyFrames,
    NotAnImage,
    UndecodableImage,
    AspectBeyondLimit,
)


@dataclass(frozen=True, slots=True)
class Edge:
    """What the routes work with.

    Args:
        service: Returns the open service; raises where it is not open.
        viewer: FastAPI dependency that says who asks.
        limiter: Returns the rate limiter; rules `uploads` and `reads`.
        flags: Roll-out flags for the browser.
        origins: Origins other than our own that may read and write.
    """

    service: Callable[[], PictureService]
    viewer: Callable[..., Any]
    limiter: Callable[[], RateLimiter]
    flags: dict[str, bool]
    origins: Collection[str]


def add_mapping_routes(router: APIRouter, edge: Edge) -> None:
    """Declare the routes of the mapping on `router`."""
    routes = _MappingRoutes(edge)
    surface = Surface(router, edge.origins, [Depends(_remembering(edge.viewer))])
    on_user = {"parameters": [_USER_ID]}
    on_write = {"parameters": [_USER_ID, _IF_MATCH]}
    # Fixed paths first: a path with a parameter would swallow them.
    surface.path(
        "/users/info",
        Operation(
            "POST",
            routes.read_users,
            "People with their image ids",
            (*_BATCH_ERRORS, NotAllowed),
            answer=wire.UsersMessage,
            request=wire.UsersRequest,
        ),
    )
    surface.path(
        "/images/pack",
        Operation(
            "POST",
            routes.read_pack,
            "The pictures of a whole list of people",
            (*_BATCH_ERRORS, NotAllowed),
            answer=wire.PackMessage,
            request=wire.PackRequest,
        ),
    )
    surface.path(
        "/images/user/{user_id}/info",
        Operation(
            "GET",
            routes.read_info,
            "A person's picture with all metadata",
            (*_READ_ERRORS, NotAllowed),
            answer=wire.InfoMessage,
            extra={**on_user, "responses": _NOT_MODIFIED},
        ),
    )
    surface.path(
        "/images/user/{user_id}",
        Operation(
            "GET",
            routes.read_mapping,
            "A person's picture",
            (*_READ_ERRORS, NotAllowed),
            answer=wire.FullMappingMessage,
            extra={**on_user, "responses": _NOT_MODIFIED},
        ),
        Operation(
            "PUT",
            routes.replace_picture,
            "Change a person's picture",
            (*_WRITE_ERRORS, *_UPLOAD_ERRORS),
            answer=wire.FullMappingMessage,
            extra={"parameters": [_USER_ID, _CROP, _IF_MATCH], "requestBody": _UPLOAD_BODY},
        ),
        Operation(
            "DELETE",
            routes.remove_picture,
            "Go back to the default picture",
            _WRITE_ERRORS,
            answer=wire.FullMappingMessage,
            extra=on_write,
        ),
    )
    # An id with a slash in it reaches no route above; this one says what is wrong with it.
    surface.hidden_path("/images/user/{user_id:path}", ("GET", "HEAD", "PUT", "DELETE"), routes.refuse_user_id)
    surface.path(
        "/images/{image_id}",
        Operation(
            "GET",
            routes.read_image,
            "A picture by its id",
            (MalformedImageId, UnknownImage, NotAllowed, Unavailable),
            answer=wire.ImageMessage,
            extra={"parameters": [_IMAGE_ID]},
        ),
    )


def _remembering(viewer: Callable[..., Awaitable[Viewer]]) -> Callable[..., None]:
    """A dependency that keeps the viewer with the request, whatever shape the host's own dependency has."""

    def remember(connection: HTTPConnection, who: Viewer = Depends(viewer)) -> None:
        connection.state.avatarium_viewer = who

    return remember


def _viewer_of(request: Request) -> Viewer:
    viewer: Viewer = request.state.avatarium_viewer
    return viewer


class _MappingRoutes:
    """The endpoints; their names are the operation ids of the OpenAPI document."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def read_mapping(self, request: Request) -> Response:
        """Which picture the person has, with the addresses of all renditions."""
        service = self._edge.service()
        resolved = await service.resolve(user_id_of(request))
        return self._conditional(request, resolved, wire.full_mapping(resolved.picture, service.delivery))

    async def read_info(self, request: Request) -> Response:
        """Which picture the person has, with the metadata of the upload."""
        service = self._edge.service()
        resolved = await service.resolve(user_id_of(request))
        return self._conditional(request, resolved, wire.info(resolved.picture, service.delivery))

    async def refuse_user_id(self, request: Request) -> Response:
        """An id that cannot stand in a path."""
        user_id_of(request)
        raise MalformedUserId

    async def read_image(self, request: Request) -> Response:
        """A picture by its id; `default_pfp.png` is the default picture."""
        service = self._edge.service()
        name = request.path_params["image_id"]
        if name == DEFAULT_IMAGE_NAME:
            return json_response(wire.image(None, service.delivery))
        image = await service.image(parse_image_id(name))
        return json_response(wire.image(image.image_id, service.delivery))

    async def read_users(self, request: Request) -> Response:
        """People with their image ids, for existing front ends."""
        await self._spend(request, "reads")
        service = self._edge.service()
        asked = await _read_json(request, wire.UsersRequest)
        answer = await service.pack(_parse_ids(asked.user_ids))
        return json_response(wire.users(answer.pictures))

    async def read_pack(self, request: Request) -> Response:
        """One answer for a whole list: only what is newer than what the caller knows."""
        await self._spend(request, "reads")
        service = self._edge.service()
        asked = await _read_json(request, wire.PackRequest)
        if asked.inline_size not in {None, 64}:
            raise MalformedRequest("inline_size is 64 or left out.")
        answer = await service.pack(
            _parse_ids(asked.user_ids),
            known={parse_user_id(user_id): revision for user_id, revision in asked.known.items()},
            epoch=None if asked.epoch is None else Epoch(asked.epoch),
            with_inline=asked.inline_size is not None,
        )
        return json_response(wire.pack(answer, service.delivery, self._edge.flags))

    async def replace_picture(self, request: Request) -> Response:
        """Make the uploaded bytes the person's picture; the same upload twice is one revision."""
        user_id = user_id_of(request)
        viewer = await self._admit_write(request, user_id)
        service = self._edge.service()
        service.check_room()
        asked = request.query_params.get("crop")
        box = None if asked is None else CropBox.parse(asked)
        upload = await read_upload(request, service.limits.max_bytes)
        if upload.crop:
            box = CropBox.parse(upload.crop)
        expected = expected_revisions(request.headers.get("if-match"))
        picture = await service.replace(user_id, upload.data, by=viewer, crop=box, expected=expected)
        return self._written(picture)

    async def remove_picture(self, request: Request) -> Response:
        """Back to the default picture; unchanged where there was none."""
        user_id = user_id_of(request)
        viewer = await self._admit_write(request, user_id)
        expected = expected_revisions(request.headers.get("if-match"))
        return self._written(await self._edge.service().remove(user_id, by=viewer, expected=expected))

    async def _admit_write(self, request: Request, owner: UserId) -> Viewer:
        """Who writes; refused before a byte of the body is read."""
        check_write_origin(request, self._edge.origins)
        viewer = _viewer_of(request)
        self._edge.service().authorize(viewer, owner)
        await self._spend(request, "uploads")
        return viewer

    async def _spend(self, request: Request, rule: str) -> None:
        address = request.client.host if request.client else "unknown"
        wait = await self._edge.limiter().spend(rule, address)
        if wait > 0:
            raise TooManyRequests("Too many requests from this address.", retry_after_seconds=int(wait))

    def _written(self, picture: Picture) -> Response:
        message = wire.full_mapping(picture, self._edge.service().delivery)
        response = json_response(message)
        response.headers["ETag"] = mapping_tag(picture, bytes(response.body))
        return response

    @staticmethod
    def _conditional(request: Request, resolved: Resolved, message: wire.FullMappingMessage) -> Response:
        picture = resolved.picture
        response = json_response(message)
        tag = mapping_tag(picture, bytes(response.body))
        last_modified = http_date(picture.changed_at) if picture.changed_at else None
        response.headers["ETag"] = tag
        if last_modified is not None:
            response.headers["Last-Modified"] = last_modified
        response.headers["Cache-Status"] = cache_status(resolved.source)
        if is_not_modified(request.headers, tag, last_modified):
            return not_modified(dict(response.headers))
        return response


async def _read_json(request: Request, message: type[M]) -> M:
    """The body as `message`; the caller learns which field is wrong, by its place."""
    try:
        body = await read_bounded(request, wire.MAX_BATCH_BYTES)
    except UploadTooLarge as error:
        raise TooManyIds(error.detail) from None
    try:
        return message.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise MalformedRequest(f"{where}: {first['msg']}") from None


def _parse_ids(user_ids: list[str]) -> list[UserId]:
    if len(user_ids) > MAX_BATCH:
        raise TooManyIds(f"A batch has at most {MAX_BATCH} ids.")
    return [parse_user_id(user_id) for user_id in user_ids]
