"""Which format an `Accept` header asks for. Source: RFC 9110, 12.5.1 (Accept), 12.4.2 (weights)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from avatarium.model import CONTENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

SAFE_FORMAT: Final = "jpg"
"""What everything can show: the answer where nothing that was asked for exists, so it is never 406."""

_WEIGHT: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE | re.ASCII)
_RANGE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)
_MAX_LENGTH: Final = 2_000
"""Characters of an Accept header that are read; browsers send about 100."""


def choose_format(accept: str | None, available: Sequence[str]) -> str:
    """The format of `available` (best first) that weighs most; JPEG where none of them is asked for.

    A wildcard says only that anything will do, not that the client can show it: between equal weights a format
    that is named wins over one that a wildcard covers, and among those JPEG wins.
    """
    asked = _parse(accept or "*/*")
    weighed = [(*_weight(kind, asked), kind) for kind in available]
    best = max(((weight, is_named) for weight, is_named, _ in weighed), default=(0.0, False))
    candidates = [kind for weight, is_named, kind in weighed if (weight, is_named) == best]
    if not best[0] or (not best[1] and SAFE_FORMAT in candidates):
        return SAFE_FORMAT
    return candidates[0]


def _weight(kind: str, asked: dict[str, float]) -> tuple[float, bool]:
    """The weight of a format, and whether it was named; the most specific range decides."""
    content_type = CONTENT_TYPES[kind]
    if content_type in asked:
        return asked[content_type], True
    for wildcard in (content_type.partition("/")[0] + "/*", "*/*"):
        if wildcard in asked:
            return asked[wildcard], False
    return 0.0, False


def _parse(accept: str) -> dict[str, float]:
    """Media range -> weight; what is not well formed is skipped."""
    asked: dict[str, float] = {}
    for part in accept[:_MAX_LENGTH].split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if _RANGE.fullmatch(media_range) is None:
            continue
        weight = 1.0
        for parameter in parameters:
            if parameter.replace(" ", "").startswith("q="):
                match = _WEIGHT.fullmatch(parameter.replace(" ", ""))
                weight = float(match[1]) if match else 0.0
                break
        asked[media_range] = max(weight, asked.get(media_range, 0.0))
    return asked
