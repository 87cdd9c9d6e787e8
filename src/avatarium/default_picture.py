"""The default picture: initials on a colour, the same in Python and in the browser.

Deterministic: the hue comes from the user id, the initials from the name (or from the id where there is no
name). The colours are computed once, as hex. A URL carries the picture's inputs and a MAC, so any process
can draw it and nobody can mint entries in a cache (spec.md, "Two resources"; vectors in
contract/golden/default-pictures.json).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from dataclasses import dataclass
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

import regex

from avatarium.errors import UnknownImage

RECIPE: Final = 1
"""Number of this drawing; part of the URL, so a new drawing is a new URL."""

DEFAULT_FORMATS: Final = ("svg", "webp", "png")
"""Formats of a default picture, best first."""

_MAC_BYTES: Final = 8
_CLUSTER: Final = regex.compile(r"\X")
_PICTOGRAPH: Final = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}")
_SPEAKING: Final = regex.compile(r"[\p{L}\p{N}\p{M}]|\p{Extended_Pictographic}|\p{Regional_Indicator}")


def initials(name: str) -> str:
    """One or two grapheme clusters of `name`, upper case; empty where it has none to show.

    The first cluster of the first word and of the last; of an emoji name the emoji alone (trap 47).
    """
    words = [clusters for word in name.split() if (clusters := _speaking_clusters(word))]
    if not words:
        return ""
    first = _upper(words[0][0])
    if len(words) == 1 or _PICTOGRAPH.match(first):
        return first
    return first + _upper(words[-1][0])


def _speaking_clusters(word: str) -> list[str]:
    """The clusters of `word` from the first one that is a letter, a digit or an emoji."""
    clusters: list[str] = _CLUSTER.findall(word)
    for index, cluster in enumerate(clusters):
        # "©" and "™" are pictographs to Unicode, digits are emoji to some: the first code point decides.
        if _SPEAKING.match(cluster):
            return clusters[index:]
    return []


def _upper(cluster: str) -> str:
    found = _CLUSTER.match(cluster.upper())
    return "" if found is None else found.group()


def hue(user_id: str) -> int:
    """The hue of a person in degrees, 0 to 359: FNV-1a (32 bit) over the UTF-8 of the id, modulo 360."""
    hashed = 0x811C9DC5
    for byte in user_id.encode():
        hashed = ((hashed ^ byte) * 0x01000193) & 0xFFFFFFFF
    return hashed % 360


@cache
def background(degrees: int) -> str:
    """`oklch(0.42 0.09 degrees)` as sRGB hex: white on it has a contrast of at least 4.5:1.

    Source: bottosson.github.io/posts/oklab (matrices), CSS Color 4, 8.5.
    """
    angle = math.radians(degrees)
    a, b = 0.09 * math.cos(angle), 0.09 * math.sin(angle)
    long = (0.42 + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (0.42 - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (0.42 - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_encode_channel(channel):02x}" for channel in linear)


def _encode_channel(linear: float) -> int:
    """One linear channel as an sRGB byte, clamped. Source: IEC 61966-2-1."""
    clamped = min(1.0, max(0.0, linear))
    encoded = 12.92 * clamped if clamped <= 0.0031308 else 1.055 * clamped ** (1 / 2.4) - 0.055  # noqa: PLR2004 - the constants of the standard
    return math.floor(encoded * 255 + 0.5)


@dataclass(frozen=True, slots=True)
class DefaultPicture:
    """The inputs of one drawing."""

    hue: int
    """Degrees, 0 to 359."""
    initials: str
    """At most two grapheme clusters; empty for the neutral sign."""

    @classmethod
    def of(cls, user_id: str, name: str | None) -> DefaultPicture:
        """The default picture of a person, from the name where there is one, else from the id."""
        return cls(hue(user_id), initials(name or "") or initials(user_id))

    def key(self, secret: bytes) -> str:
        """The path segment that carries the inputs and their MAC: `<recipe>.<hue>.<initials>.<mac>`."""
        text = base64.b32encode(self.initials.encode()).decode().rstrip("=").lower()
        inputs = f"{RECIPE}.{self.hue}.{text}"
        return f"{inputs}.{_mac(secret, inputs)}"

    @classmethod
    def parse(cls, key: str, secret: bytes) -> DefaultPicture:
        """The default picture whose key this is.

        Raises:
            UnknownImage: This deployment made no such key.
        """
        inputs, _, mac = key.rpartition(".")
        if not hmac.compare_digest(_mac(secret, inputs).encode(), mac.encode()):
            raise UnknownImage
        recipe, degrees, text = inputs.split(".")
        if recipe != str(RECIPE):
            raise UnknownImage
        padded = text.upper() + "=" * (-len(text) % 8)
        return cls(int(degrees), base64.b32decode(padded).decode())

    def svg(self, size: int) -> bytes:
        """The drawing as an SVG document of `size` x `size` pixels, without script, style or link."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 128 128">'
            f'<rect width="128" height="128" fill="{background(self.hue)}"/>{self._sign()}</svg>'
        ).encode()

    def _sign(self) -> str:
        if not self.initials:
            return (
                '<g fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round">'
                '<circle cx="64" cy="50" r="20"/><path d="M28 106c4-22 18-32 36-32s32 10 36 32"/></g>'
            )
        return (
            '<text x="64" y="64" dy=".36em" fill="#fff" text-anchor="middle" font-weight="600" font-size="52" '
            f'font-family="Inter, system-ui, sans-serif">{escape(self.initials)}</text>'
        )


def _mac(secret: bytes, inputs: str) -> str:
    digest = hmac.new(secret, b"default-picture\0" + inputs.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_MAC_BYTES]).decode().rstrip("=").lower()
