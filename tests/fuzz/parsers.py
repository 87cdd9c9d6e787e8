"""Coverage-guided fuzzing of our own parsers: first bytes, Accept, Range, ETags, forms, names, keys.

`make fuzz [FUZZ_SECONDS=30]`. Anything but an answer or an error of ours is a finding; its input is written to the
folder from which this is run.
"""

from __future__ import annotations

import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["avatarium", "python_multipart"]):
    from starlette.requests import Request

    from avatarium.default_picture import DefaultPicture
    from avatarium.errors import AvatariumError
    from avatarium.imaging.sniffing import sniff
    from avatarium.model import CropBox, RenditionName, parse_image_id, parse_user_id
    from avatarium.web.http import asked_range, expected_revisions, is_not_modified
    from avatarium.web.negotiation import choose_format
    from avatarium.web.uploads import read_upload

SECRET = b"a key for fuzzing, of 32 bytes and more"
FORM = b"multipart/form-data; boundary=b"


def first_bytes(data: bytes) -> None:
    """Step `sniff`."""
    sniff(data)


def accept(data: bytes) -> None:
    """`Accept`."""
    if choose_format(data.decode("latin-1"), ("webp", "jpg", "png")) not in {"webp", "jpg", "png"}:
        raise RuntimeError("a format that does not exist")


def ranges(data: bytes) -> None:
    """`Range` and `If-Range`."""
    found = asked_range({"range": data.decode("latin-1"), "if-range": '"t"'}, 1000, '"t"')
    if found is not None and not 0 <= found[0] < found[1] <= 1000:
        raise RuntimeError("a range that is none")


def tags(data: bytes) -> None:
    """`If-Match`, `If-None-Match` and dates."""
    text = data.decode("latin-1")
    expected_revisions(text)
    is_not_modified({"if-none-match": text}, '"t"', None)
    is_not_modified({"if-modified-since": text}, '"t"', "Tue, 01 Jul 2025 00:00:00 GMT")


def names(data: bytes) -> None:
    """Whatever stands in a path or a query."""
    text = data.decode("utf-8", "surrogateescape")
    for parse in (CropBox.parse, RenditionName.parse, parse_image_id, parse_user_id):
        try:
            parse(text)
        except AvatariumError:
            continue
    DefaultPicture.parse(data.decode("utf-8", "replace"), SECRET)  # as servers decode a path


def forms(data: bytes) -> None:
    """A multipart body, in two chunks."""
    half = len(data) // 2
    waiting = [b"--b\r\n" + data[:half], data[half:] + b"\r\n--b--\r\n"]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    request = Request({"type": "http", "method": "PUT", "path": "/", "headers": [(b"content-type", FORM)]}, receive)
    task = read_upload(request, 1000)
    try:
        task.send(None)  # nothing waits, so one step is the whole
    except StopIteration:
        return
    raise RuntimeError("it waits for something")


TARGETS = (first_bytes, accept, ranges, tags, names, forms)


def one_input(data: bytes) -> None:
    """The first byte chooses the parser."""
    if not data:
        return
    try:
        TARGETS[data[0] % len(TARGETS)](data[1:])
    except AvatariumError as error:
        if not 400 <= error.status < 500:
            raise


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
