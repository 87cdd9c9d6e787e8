"""Who asks: the built-in identities, and the check that a write comes from our own pages.

`none` makes every caller an administrator, so it answers on the loopback interface only, and only to a
loopback `Host` (another site cannot reach it by rebinding its name). `demo` reads a signed cookie. A host
application brings its own identity: an `async (HTTPConnection) -> Viewer`, or any FastAPI dependency.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from avatarium.errors import CrossSiteWrite, NotAllowed
from avatarium.model import UserId, Viewer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from avatarium.ports import Clock, Connection

COOKIE: Final = "avatarium_session"
SESSION_SECONDS: Final = 30 * 86_400
"""How long a demo session lasts."""
_ISSUER: Final = "avatarium-demo"


@dataclass(frozen=True, slots=True)
class OpenIdentity:
    """Mode `none`: every caller is an administrator, on the loopback interface only."""

    async def __call__(self, connection: Connection) -> Viewer:
        """See `ports.Identity`.

        Raises:
            NotAllowed: The caller, or the name it called us by, is not of this machine.
        """
        peer = connection.client.host if connection.client else "127.0.0.1"
        name = _split(f"//{connection.headers.get('host', '')}").hostname or ""
        if not (is_loopback(peer) and is_loopback(name)):
            raise NotAllowed("Without sign-in (AVATARIUM_AUTH=none) only this machine is answered, as localhost.")
        return Viewer.administrator()


@dataclass(frozen=True, slots=True)
class SessionIdentity:
    """Mode `demo`: a cookie, signed with HS256, names one of a few people.

    Args:
        secret: Key of the signature.
        people: User id -> whether an administrator.
        clock: For the end of a session.
    """

    secret: bytes
    people: Mapping[UserId, bool]
    clock: Clock

    async def __call__(self, connection: Connection) -> Viewer:
        """See `ports.Identity`; a cookie that is not ours, or too old, is nobody's."""
        token = connection.cookies.get(COOKIE)
        if token is None:
            return Viewer.anonymous()
        try:
            claims = jwt.decode(token, OctKey.import_key(self.secret), algorithms=["HS256"]).claims
            user_id, expires_at = UserId(str(claims["sub"])), float(claims["exp"])
        except (JoseError, ValueError, KeyError, TypeError):
            return Viewer.anonymous()
        if claims.get("iss") != _ISSUER or expires_at <= self.clock.now() or user_id not in self.people:
            return Viewer.anonymous()
        kind = Viewer.administrator if self.people[user_id] else Viewer.person
        return kind(user_id)

    def token(self, user_id: UserId) -> str:
        """The cookie's value for this person, good for `SESSION_SECONDS`.

        Raises:
            NotAllowed: The person cannot sign in here.
        """
        if user_id not in self.people:
            raise NotAllowed("This person cannot sign in here.")
        claims = {"iss": _ISSUER, "sub": user_id, "exp": int(self.clock.now()) + SESSION_SECONDS}
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.secret))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is of this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # "http://[" is what some scanners send
        return SplitResult("", "", "", "", "")


def check_write_origin(connection: Connection, origins: Collection[str]) -> None:
    """Return if a write comes from our own pages, an allowed origin, or no browser with a cookie.

    Raises:
        CrossSiteWrite: It comes from another site's page.
    """
    origin = connection.headers.get("origin")
    if origin is not None:
        if origin in origins or _split(origin).netloc == connection.headers.get("host", ""):
            return
        raise CrossSiteWrite
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise CrossSiteWrite
    if site is None and "cookie" in connection.headers:
        raise CrossSiteWrite("A write with a cookie needs an Origin or Sec-Fetch-Site header.")
