"""Paths and methods: what is where, in which order, and what every other request is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from avatarium.adapters.memory import MemoryDirectory
from avatarium.app import Avatarium, Parts, create_app
from avatarium.settings import Settings
from doubles import FailingDirectory
from sites import CONTRACT, METHODS, Site, open_site, problem_of
from worlds import EPOCH, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from avatarium.model import Picture, UserId

SETTINGS = Settings(secret_key=SecretStr("x" * 32))
EXAMPLES = {
    "user_id": "ada",
    "image_id": "k3vyq6m2a7d4xw5f2hjc7nbtpe",
    "key": "1.214.ifga.2ksx6l3lrzq4q",
    "name": "128.webp",
}


def example(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: EXAMPLES[match[1]], path)


def allowed(path: str) -> set[str]:
    methods = {method.upper() for method in CONTRACT["paths"][path]}
    return methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}


WRONG = [(method, path) for path in CONTRACT["paths"] for method in METHODS if method not in allowed(path)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.mark.parametrize(("method", "path"), WRONG, ids=lambda value: value)
def test_a_wrong_method_is_405_with_every_method_that_is_right(site: Site, method: str, path: str) -> None:
    response = site.client.request(method, example(path))

    assert response.status_code == 405
    assert method == "HEAD" or problem_of(response)["code"] == "method-not-allowed"
    assert set(response.headers["allow"].split(", ")) == allowed(path)


@pytest.mark.parametrize("path", CONTRACT["paths"])
def test_options_names_every_method_that_is_right(site: Site, path: str) -> None:
    response = site.client.options(example(path))

    assert (response.status_code, response.content) == (204, b"")
    assert set(response.headers["allow"].split(", ")) == allowed(path)


@pytest.mark.parametrize("path", [path for path, methods in CONTRACT["paths"].items() if "get" in methods])
def test_head_is_answered_wherever_get_is_with_the_same_headers(site: Site, path: str) -> None:
    url = example(path)
    if path == "/pictures/{image_id}/{name}":
        url = site.upload("ada")["url"]
    site.client.get(url)  # so that both find the cache warm

    got, head = site.client.get(url), site.client.head(url)

    assert head.status_code == got.status_code
    assert dict(head.headers) == dict(got.headers)
    assert head.content == b""


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/images/pack", "method-not-allowed"),
        ("/users/info", "method-not-allowed"),
        ("/images/user/pack", None),
        ("/images/user/info", None),
        ("/images/user/info/info", None),
        ("/pictures/default/ada.svg", None),
    ],
)
def test_fixed_paths_come_before_parameters(site: Site, path: str, code: str | None) -> None:
    response = site.client.get(path)

    assert (problem_of(response)["code"] if code else response.status_code) == (code or 200)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "user_id",
    ["a%2Fb", "a%2fb", "%2F", "..%2F..", "%FF", "%C3%28", "%ED%A0%80", "%00", "a%0Ab", "%7F", "a%5Cb", "%2E%2E",
     "%2E", "x" * 129, "%F0%9F%98%80" * 129],
)  # fmt: skip
def test_an_id_that_cannot_stand_in_a_path_is_malformed_however_it_is_written(
    site: Site, method: str, user_id: str
) -> None:
    response = site.client.request(method, f"/images/user/{user_id}")

    assert response.status_code == 400
    assert method == "HEAD" or problem_of(response)["code"] == "malformed-user-id"


@pytest.mark.parametrize("path", ["a%2Fb/info", "%FF/info", "..%2F../info", "%2E%2E/info", "ada%2Finfo"])
def test_the_metadata_of_such_an_id_is_refused_too(site: Site, path: str) -> None:
    assert problem_of(site.client.get(f"/images/user/{path}"))["code"] == "malformed-user-id"


@pytest.mark.parametrize("path", ["/images/user/a%2Fb", "/images/user/a/b/c"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS"])
def test_such_an_id_does_not_open_other_methods(site: Site, method: str, path: str) -> None:
    response = site.client.request(method, path)

    assert response.status_code == (204 if method == "OPTIONS" else 405)
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}


def test_a_query_is_not_a_part_of_an_id(site: Site) -> None:
    response = site.client.get("/images/user/ada?x=%2F&y=%FF")

    assert response.json()["user_id"] == "ada"


def test_an_id_of_128_code_points_and_512_bytes_is_taken(site: Site) -> None:
    user_id = "\U0001f600" * 128

    assert site.client.get(f"/images/user/{user_id}").json()["user_id"] == user_id


@pytest.mark.parametrize("path", ["/", "/nothing", "/images", "/pictures/x", "/images/", "/images/pack/", "/a%2Fb"])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_nowhere_is_404_as_a_problem(site: Site, path: str, method: str) -> None:
    response = site.client.request(method, path, follow_redirects=False)

    assert response.status_code == 404
    assert method == "HEAD" or problem_of(response)["code"] == "unknown-path"


def test_the_document_of_the_running_service_is_the_contract(site: Site) -> None:
    document = site.client.get("/openapi.json").json()

    assert document["paths"] == CONTRACT["paths"]
    assert document["components"] == CONTRACT["components"]


# ---------------------------------------------------------------- what nobody thought of


class BuggyDirectory(MemoryDirectory):
    """An engine that raises what no engine may raise."""

    async def load_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Picture]:
        raise RuntimeError("password=hunter2 in /secret/path")


def test_a_bug_is_500_without_a_word_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    """No contract names it, so no recorder stands before this app."""
    world = World(directory=BuggyDirectory(EPOCH))
    app = create_app(Avatarium(settings=SETTINGS, parts=Parts(engines=lambda: world.engines)))
    with TestClient(
        app, base_url="http://localhost", client=("127.0.0.1", 50000), raise_server_exceptions=False
    ) as client:
        response = client.get("/images/user/ada")

    assert response.status_code == 500
    assert problem_of(response)["code"] == "internal-error"
    assert "hunter2" not in response.text
    assert "request.failed" in caplog.text


def test_an_engine_that_is_down_is_reported_without_a_word_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    directory = FailingDirectory(EPOCH)
    directory.broken = True
    with open_site(World(directory=directory)) as site:
        response = site.client.get("/images/user/ada")

    assert problem_of(response)["detail"] == "The directory does not answer."
    assert response.headers["retry-after"] == "1"
    assert "request.failed" in caplog.text


def test_a_service_that_is_not_open_says_unavailable() -> None:
    app = create_app(Avatarium(settings=SETTINGS))
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000))  # its lifespan never runs

    for path in ("/images/user/ada", "/health/ready", "/pictures/default/ada.svg"):
        assert problem_of(client.get(path))["code"] == "unavailable"
    assert client.get("/health/live").status_code == 200
