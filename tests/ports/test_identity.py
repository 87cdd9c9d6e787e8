"""The suite of `ports.Identity`, on the built-in identities: it always says who, and never raises what is foreign."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from avatarium.adapters.memory import ManualClock
from avatarium.errors import CrossSiteWrite, NotAllowed
from avatarium.model import UserId, Viewer
from avatarium.web.identity import (
    COOKIE,
    SESSION_SECONDS,
    OpenIdentity,
    SessionIdentity,
    check_write_origin,
    is_loopback,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = b"a key of a session, 32 bytes long"
PEOPLE = {UserId("samuel"): True, UserId("amara"): False}


@dataclass(frozen=True)
class Peer:
    host: str
    port: int = 50000


@dataclass(frozen=True)
class MadeConnection:
    """A request as far as an identity may read it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    client: Peer | None = Peer("127.0.0.1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def session(clock: ManualClock) -> SessionIdentity:
    return SessionIdentity(SECRET, PEOPLE, clock)


def signed(claims: dict[str, object], secret: bytes = SECRET) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


def with_cookie(value: str) -> MadeConnection:
    return MadeConnection(cookies={COOKIE: value})


async def test_without_a_cookie_nobody_is_signed_in(session: SessionIdentity) -> None:
    assert await session(MadeConnection()) == Viewer.anonymous()


@pytest.mark.parametrize(
    ("user_id", "expected"),
    [("samuel", Viewer.administrator(UserId("samuel"))), ("amara", Viewer.person(UserId("amara")))],
)
async def test_a_session_names_the_person_it_was_made_for(
    session: SessionIdentity, user_id: str, expected: Viewer
) -> None:
    token = session.token(UserId(user_id))

    assert await session(with_cookie(token)) == expected


def test_a_stranger_gets_no_session(session: SessionIdentity) -> None:
    with pytest.raises(NotAllowed):
        session.token(UserId("eve"))


async def test_a_session_ends_when_its_time_is_over(session: SessionIdentity, clock: ManualClock) -> None:
    token = session.token(UserId("amara"))

    clock.advance(SESSION_SECONDS - 1)
    assert await session(with_cookie(token)) == Viewer.person(UserId("amara"))
    clock.advance(1)
    assert await session(with_cookie(token)) == Viewer.anonymous()


def forged(clock: ManualClock) -> dict[str, str]:
    exp = int(clock.now()) + 1000
    good = {"iss": "avatarium-demo", "sub": "samuel", "exp": exp}
    token = signed(good)
    head, body, signature = token.split(".")
    return {
        "another key": signed(good, b"another key of 32 bytes and more!"),
        "another issuer": signed({**good, "iss": "somebody"}),
        "no issuer": signed({"sub": "samuel", "exp": exp}),
        "no end": signed({"iss": "avatarium-demo", "sub": "samuel"}),
        "an end that is no number": signed({**good, "exp": None}),
        "nobody": signed({"iss": "avatarium-demo", "exp": exp}),
        "a stranger": signed({**good, "sub": "eve"}),
        "changed body": f"{head}.{body[:-2]}AA.{signature}",
        "changed signature": f"{head}.{body}.{signature[:-4]}AAAA",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "alg none": f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.",
        "alg none, signed": f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.{signature}",
        "empty": "",
        "not ASCII": "ünïcødé.山田.🦊",
    }


@pytest.mark.parametrize("name", sorted(forged(ManualClock())))
async def test_a_cookie_that_is_not_ours_is_nobodys(session: SessionIdentity, clock: ManualClock, name: str) -> None:
    assert await session(with_cookie(forged(clock)[name])) == Viewer.anonymous()


@given(st.text(max_size=200))
async def test_no_garbage_in_the_cookie_is_anything_but_nobody(text: str) -> None:
    session = SessionIdentity(SECRET, PEOPLE, ManualClock())

    assert await session(with_cookie(text)) == Viewer.anonymous()


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "127.8.8.8"])
async def test_without_sign_in_a_caller_on_this_machine_is_an_administrator(host: str) -> None:
    viewer = await OpenIdentity()(MadeConnection(headers={"host": host}))

    assert viewer == Viewer.administrator()


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("example.com", "127.0.0.1"),
        ("localhost.example.com", "127.0.0.1"),
        ("127.0.0.1.example.com:8000", "127.0.0.1"),
        ("localhost", "192.168.0.7"),
        ("localhost", "2001:db8::1"),
        ("", "127.0.0.1"),
        ("[", "127.0.0.1"),
    ],
)
async def test_without_sign_in_other_machines_and_other_names_are_refused(host: str, peer: str) -> None:
    """A name that was rebound to this machine must not reach it."""
    with pytest.raises(NotAllowed):
        await OpenIdentity()(MadeConnection(headers={"host": host}, client=Peer(peer)))


async def test_a_caller_on_a_unix_socket_is_of_this_machine() -> None:
    viewer = await OpenIdentity()(MadeConnection(headers={"host": "localhost"}, client=None))

    assert viewer == Viewer.administrator()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.1.2.3"])
def test_loopback_names_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com"])  # noqa: S104
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost:8000"},
        {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin", "cookie": "a=b"},
        {"origin": "https://app.example", "cookie": "a=b"},
        {"sec-fetch-site": "same-origin", "cookie": "a=b"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_write_from_our_own_pages_or_from_no_browser_is_let_in(headers: dict[str, str]) -> None:
    check_write_origin(MadeConnection({"host": "localhost:8000", **headers}), ["https://app.example"])


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://localhost:9000"},
        {"origin": "https://app.example.evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"cookie": "a=b"},
    ],
)
def test_a_write_from_another_site_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSiteWrite):
        check_write_origin(MadeConnection({"host": "localhost:8000", **headers}), ["https://app.example"])
