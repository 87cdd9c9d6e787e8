"""Conditional requests, ranges and the header sets of every kind of answer.

Sources: RFC 9110 (13.1 preconditions, 14 ranges), RFC 9111 (freshness), RFC 9211 (Cache-Status), RFC 9457
(problem details), and the table "Headers" of the specification.
"""

from __future__ import annotations

import hashlib
import re
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from avatarium.errors import AvatariumError, MethodNotAllowed, RangeNotSatisfiable, TryLater
from avatarium.model import Epoch
from avatarium.web import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from avatarium.model import Picture

NOSNIFF: Final = {"X-Content-Type-Options": "nosniff"}
SANDBOX: Final = {**NOSNIFF, "Content-Security-Policy": "default-src 'none'; sandbox"}
PUBLIC: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Date, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
"""For bytes that the world may see; constant, with or without an Origin, so that no cache holds a copy without
them (trap 10)."""

NOT_MODIFIED_KEEPS: Final = frozenset(
    {
        "cache-control",
        "cdn-cache-control",
        "content-location",
        "date",
        "etag",
        "expires",
        "last-modified",
        "vary",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "cross-origin-resource-policy",
        "timing-allow-origin",
        "x-content-type-options",
        "content-security-policy",
        "cache-status",
    }
)
"""What a 304 carries: what RFC 9110, 15.4.5 asks for, and what decides whether a page may read the answer."""

_OUR_TAG: Final = re.compile(r'"([a-z2-7]{26})-r(\d{1,18})-[0-9a-f]{16}"', re.ASCII)
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))", re.ASCII)


def http_date(instant: float) -> str:
    """Unix seconds as an HTTP date, cut to whole seconds."""
    return formatdate(int(instant), usegmt=True)


def mapping_tag(picture: Picture, body: bytes) -> str:
    """The strong ETag of a mapping: `"{epoch}-r{revision}-{first 16 hex digits of the body's SHA-256}"`."""
    return f'"{picture.epoch}-r{picture.revision}-{hashlib.sha256(body).hexdigest()[:16]}"'


def expected_revisions(if_match: str | None) -> frozenset[tuple[Epoch, int]] | None:
    """The (epoch, revision) pairs that `If-Match` names; None where it accepts any.

    All of a tag but the hash of the body is compared. Weak and foreign tags match nothing (RFC 9110, 13.1.1).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [part.strip() for part in if_match.split(",")]
    found = [match for tag in tags if (match := _OUR_TAG.fullmatch(tag))]
    return frozenset((Epoch(match[1]), int(match[2])) for match in found)


def is_not_modified(request_headers: Mapping[str, str], tag: str, last_modified: str | None) -> bool:
    """Whether the caller's copy is current. `If-None-Match` decides alone where it is there (RFC 9110, 13.2.2)."""
    none_match = request_headers.get("if-none-match")
    if none_match is not None:
        return none_match.strip() == "*" or tag in _TAG.findall(none_match)
    since = request_headers.get("if-modified-since")
    if since is None or last_modified is None:
        return False
    try:
        return parsedate_to_datetime(last_modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def not_modified(headers: Mapping[str, str]) -> Response:
    """The 304 to an answer that would have had `headers`."""
    return Response(
        status_code=304,
        headers={name: value for name, value in headers.items() if name.lower() in NOT_MODIFIED_KEEPS},
    )


def asked_range(request_headers: Mapping[str, str], length: int, tag: str) -> tuple[int, int] | None:
    """Start and stop of the one range that is asked for, or None for the whole.

    Several ranges, other units and a failed `If-Range` get the whole, as RFC 9110, 14.2 allows.

    Raises:
        RangeNotSatisfiable: The range starts behind the end.
    """
    match = _RANGE.fullmatch(request_headers.get("range", "").replace(" ", ""))
    if match is None or request_headers.get("if-range", tag) != tag:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, stop = max(0, length - int(suffix)), length
    else:
        start, stop = int(first), min(length, int(last) + 1) if last else length
    if last and first and int(last) < int(first):
        return None  # not a range at all
    if start >= length or start >= stop:
        raise RangeNotSatisfiable(length)
    return start, stop


def json_response(
    message: wire.MappingMessage | wire.PackMessage | wire.UsersMessage | wire.ImageMessage,
) -> Response:
    """A message that nobody may keep without asking again."""
    return Response(
        message.encode(),
        media_type="application/json",
        headers={"Cache-Control": "private, no-cache", **NOSNIFF},
    )


def problem_response(error: AvatariumError) -> Response:
    """The answer to an error: our code, what to fix, and nothing of the inside."""
    headers = {"Cache-Control": "no-store", **NOSNIFF}
    if isinstance(error, TryLater):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.length}"
    if error.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2 asks for a challenge
        headers["WWW-Authenticate"] = 'Cookie realm="avatarium"'
    return Response(
        wire.problem(error).encode(),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )


def cache_status(outcome: str) -> str:
    """The `Cache-Status` of a look-up. Source: RFC 9211."""
    if outcome == "hit":
        return "avatarium; hit"
    return "avatarium; fwd=miss; collapsed" if outcome == "collapsed" else "avatarium; fwd=miss"
