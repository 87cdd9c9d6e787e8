"""The body of an upload: raw or multipart, bounded while it is read, never held twice.

Guarantees: reading stops at the first byte beyond the limit; file names and media types that the client sent
are not looked at; a multipart body keeps the bytes of one field, `file`, and the text of another, `crop`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from avatarium.errors import MalformedRequest, UploadTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from python_multipart.multipart import MultipartCallbacks
    from starlette.requests import Request

FILE_FIELD: Final = "file"
CROP_FIELD: Final = "crop"
MAX_FIELD_BYTES: Final = 1_000
"""Bytes of a field that is not the file."""
MAX_FIELDS: Final = 8
MAX_FRAMING_BYTES: Final = 65_536
"""What a multipart body may have beside the file: boundaries, headers, other fields."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload carried."""

    data: bytes
    crop: str | None = None
    """The text of the field `crop`, if there was one."""


async def read_upload(request: Request, max_bytes: int) -> Upload:
    """The uploaded bytes, raw or as the field `file` of a form.

    Raises:
        UploadTooLarge: There are more than `max_bytes`, or more around them than a form needs.
        MalformedRequest: The form cannot be read, or has no field `file`.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        return Upload(await read_bounded(request, max_bytes))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise MalformedRequest("The form has no boundary.")
    form = _Form(boundary, max_bytes)
    async for chunk in _chunks(request, max_bytes + MAX_FRAMING_BYTES):
        form.write(chunk)
    return form.finish()


async def read_bounded(request: Request, max_bytes: int) -> bytes:
    """The whole body.

    Raises:
        UploadTooLarge: There are more than `max_bytes`; known from the declared length, or while reading.
    """
    body = io.BytesIO()
    async for chunk in _chunks(request, max_bytes):
        body.write(chunk)
    return body.getvalue()  # BytesIO gives its own buffer away: no copy


async def _chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "")
    too_large = UploadTooLarge(f"At most {max_bytes} bytes are taken here.")
    if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > max_bytes:
            raise too_large
        yield chunk


@dataclass(slots=True)
class _Part:
    """A part of the form that is being read."""

    header_name: bytes = b""
    header_value: bytes = b""
    field_name: str = ""
    text: bytearray = field(default_factory=bytearray)


class _Form:
    """Keeps two fields of a multipart body and drops the rest as it comes."""

    def __init__(self, boundary: bytes, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._file: io.BytesIO | None = None
        self._crop: str | None = None
        self._fields = 0
        self._part = _Part()
        self._is_whole = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._read_header_name,
            "on_header_value": self._read_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._name_field,
            "on_part_data": self._read_data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError:
            raise MalformedRequest("The form cannot be read.") from None

    def write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise MalformedRequest("The form cannot be read.") from None

    def finish(self) -> Upload:
        if not self._is_whole:
            raise MalformedRequest("The form ends too early.")
        if self._file is None:
            raise MalformedRequest(f"The form has no field {FILE_FIELD!r}.")
        return Upload(self._file.getvalue(), self._crop)

    def _begin(self) -> None:
        self._fields += 1
        if self._fields > MAX_FIELDS:
            raise MalformedRequest(f"A form has at most {MAX_FIELDS} fields.")
        self._part = _Part()

    def _read_header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _read_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _end_header(self) -> None:
        if self._part.header_name.lower() == b"content-disposition":
            _, options = parse_options_header(self._part.header_value)
            self._part.field_name = options.get(b"name", b"").decode("utf-8", "replace")
        self._part.header_name = self._part.header_value = b""

    def _name_field(self) -> None:
        if self._part.field_name == FILE_FIELD:
            if self._file is not None:
                raise MalformedRequest(f"The form has more than one field {FILE_FIELD!r}.")
            self._file = io.BytesIO()

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.field_name == FILE_FIELD and self._file is not None:
            if self._file.tell() + end - start > self._max_bytes:
                raise UploadTooLarge(f"An upload has at most {self._max_bytes} bytes.")
            self._file.write(memoryview(data)[start:end])
            return
        if len(self._part.text) + end - start > MAX_FIELD_BYTES:
            raise UploadTooLarge(f"A field beside the file has at most {MAX_FIELD_BYTES} bytes.")
        self._part.text += data[start:end]

    def _end(self) -> None:
        if self._part.field_name == CROP_FIELD:
            self._crop = self._part.text.decode("utf-8", "replace")

    def _finish(self) -> None:
        self._is_whole = True
