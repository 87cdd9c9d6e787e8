"""The demo as a host application: its page, its sign-in, its assets; without a browser and without the built page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from avatarium.app import Avatarium, Parts
from avatarium.demo import Person, create_demo_app
from avatarium.errors import BadConfiguration
from avatarium.model import UserId
from avatarium.settings import Settings
from avatarium.web.identity import COOKIE
from sites import problem_of
from worlds import SECRET, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = (
    Person(UserId("samuel-adeyemi"), "Samuel Adeyemi", "Engineer", "Lagos", "online", None),
    Person(UserId("amara-okafor"), "Amara </script><script>", "Designer", "Enugu", "away", None),
    Person(UserId("wei-chen"), "Wei Chen", "Writer", "Chengdu", "offline", None),
)
SAME_ORIGIN = {"origin": "http://localhost"}


def made(folder: Path, **settings: Any) -> Avatarium:  # noqa: ANN401 - whatever Settings takes
    world = World()
    held = Settings(data_dir=folder, secret_key=SecretStr(SECRET.decode()), **settings)
    return Avatarium(settings=held, parts=Parts(engines=lambda: world.engines))


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a page that was built."""
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (assets / "main-abc123.js").write_text("export {};")
    (tmp_path / "static" / "index.html").write_text("<!doctype html><head><title>x</title></head><body></body>")
    (tmp_path / "static" / "icon.svg").write_text("<svg/>")
    monkeypatch.setattr("avatarium.demo.site.files", lambda _: tmp_path)
    return tmp_path


@pytest.fixture
def client(built: Path) -> Iterator[TestClient]:
    app = create_demo_app(made(built, auth="demo"), PEOPLE)
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000)) as opened:
        yield opened


def scripts(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(content) for name, content in found}


def test_the_page_carries_the_state_and_the_first_pack_before_the_end_of_its_head(client: TestClient) -> None:
    page = client.get("/")

    data = scripts(page.text)
    assert page.text.index("avatarium-pack") < page.text.index("</head>")
    assert data["demo-state"]["viewer"] is None
    assert [person["name"] for person in data["demo-state"]["people"]] == [person.name for person in PEOPLE]
    assert [person["user_id"] for person in data["demo-state"]["sign_in"]] == ["samuel-adeyemi", "amara-okafor"]
    assert set(data["avatarium-pack"]["pictures"]) == {person.user_id for person in PEOPLE}
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in page.headers["content-security-policy"]  # default-src 'self' holds for scripts


def test_signing_in_makes_somebody_of_the_viewer_and_signing_out_nobody(client: TestClient) -> None:
    signed_in = client.post("/demo/session", json={"user_id": "samuel-adeyemi"}, headers=SAME_ORIGIN)
    viewer = scripts(client.get("/").text)["demo-state"]["viewer"]
    signed_out = client.delete("/demo/session", headers=SAME_ORIGIN)
    after = scripts(client.get("/").text)["demo-state"]["viewer"]

    assert (signed_in.status_code, signed_out.status_code) == (204, 204)
    assert "HttpOnly" in signed_in.headers["set-cookie"]
    assert "Secure" not in signed_in.headers["set-cookie"]
    assert viewer == {"user_id": "samuel-adeyemi", "name": "Samuel Adeyemi", "administrator": True}
    assert after is None


def test_over_https_the_cookie_is_secure(built: Path) -> None:
    app = create_demo_app(made(built, auth="demo"), PEOPLE)
    with TestClient(app, base_url="https://localhost", client=("127.0.0.1", 50000)) as client:
        response = client.post(
            "/demo/session", json={"user_id": "amara-okafor"}, headers={"origin": "https://localhost"}
        )

    assert "Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"user_id": "wei-chen"}', "not-allowed"),
        (b'{"user_id": ""}', "malformed-user-id"),
        (b"{}", "malformed-user-id"),
        (b"[]", "malformed-request"),
        (b'{"user_id": 7}', "malformed-request"),
        (b"", "malformed-request"),
        (b"\xff", "malformed-request"),
        (b"[" * 999, "malformed-request"),
        (b"x" * 1001, "upload-too-large"),
    ],
)
def test_a_sign_in_that_cannot_be_is_a_problem_and_no_cookie(client: TestClient, body: bytes, code: str) -> None:
    response = client.post("/demo/session", content=body, headers=SAME_ORIGIN)

    assert problem_of(response)["code"] == code
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_sites_neither_sign_in_nor_out(client: TestClient, method: str) -> None:
    response = client.request(method, "/demo/session", headers={"origin": "https://evil.example"})

    assert problem_of(response)["code"] == "cross-site-write"


def test_assets_with_a_hash_are_kept_for_ever_and_the_rest_is_asked_for(client: TestClient) -> None:
    hashed, plain = client.get("/assets/main-abc123.js"), client.get("/icon.svg")

    assert hashed.headers["cache-control"] == "max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "no-cache"
    assert {response.headers["x-content-type-options"] for response in (hashed, plain)} == {"nosniff"}


@pytest.mark.parametrize("path", ["/nothing", "/assets/nothing.js", "/../secret.key", "/%2e%2e/secret.key"])
def test_what_is_nowhere_is_404_as_a_problem(client: TestClient, path: str) -> None:
    assert problem_of(client.get(path))["code"] == "unknown-path"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/demo/session", {"POST", "DELETE", "OPTIONS"}),
        ("PUT", "/demo/session", {"POST", "DELETE", "OPTIONS"}),
        ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/icon.svg", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_405_with_the_right_ones(
    client: TestClient, method: str, path: str, allowed: set[str]
) -> None:
    response = client.request(method, path)

    assert problem_of(response)["code"] == "method-not-allowed"
    assert set(response.headers["allow"].split(", ")) == allowed


def test_the_demo_needs_its_own_sign_in(built: Path) -> None:
    with pytest.raises(BadConfiguration, match="AVATARIUM_AUTH=demo"):
        create_demo_app(made(built), PEOPLE)


def test_a_page_that_was_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avatarium.demo.site.files", lambda _: tmp_path)

    with pytest.raises(BadConfiguration, match="make build"):
        create_demo_app(made(tmp_path, auth="demo"), PEOPLE)
