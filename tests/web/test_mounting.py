"""Avatarium inside of another application: the example of the docs, run."""

from __future__ import annotations

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import SecretStr
from starlette.requests import HTTPConnection  # noqa: TC002 - FastAPI reads it at run time
from starlette.testclient import TestClient

import photographs
from avatarium.adapters.memory import ThreadImageProcessor
from avatarium.app import Avatarium, Parts, create_app
from avatarium.errors import BadConfiguration, Unavailable
from avatarium.model import ImageLimits, UserId, Viewer
from avatarium.settings import Settings
from sites import Recorder, Site, open_site, problem_of
from worlds import SECRET, World

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
ADA = {"authorization": "Bearer ada-token"}
ALAN = {"authorization": "Bearer alan-token"}


def load_example(name: str) -> Any:  # noqa: ANN401 - a module
    spec = spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE = load_example("fastapi_app")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    world = World(processor=ThreadImageProcessor(ImageLimits()))
    with open_site(
        world,
        prefix="/api",
        viewer=EXAMPLE.current_viewer,
        app_of=EXAMPLE.create_app,
        origins="https://app.example",
    ) as opened:
        yield opened


def test_the_hosts_lifespan_and_ours_both_run(site: Site) -> None:
    page = site.client.get("/people")

    assert "Our people" in page.text
    assert "avatarium-pack" in page.text


def test_every_url_carries_the_prefix(site: Site) -> None:
    mapping = site.client.put("/api/images/user/ada", content=photographs.jpeg(), headers=ADA).json()
    pack = site.client.post("/api/images/pack", json={"user_ids": ["ada", "alan"]}, headers=ADA).json()

    urls = [mapping["url"], *mapping["urls"].values(), *(entry["url"] for entry in pack["pictures"].values())]
    assert all(url.startswith("/api/pictures/") for url in urls)
    assert pack["rendition_url"] == "/api/pictures/{image_id}/{size}.{format}"
    assert {site.client.get(url).status_code for url in urls} == {200}


def test_the_hosts_dependency_says_who_asks(site: Site) -> None:
    own = site.client.delete("/api/images/user/ada", headers=ADA)
    others = site.client.delete("/api/images/user/ada", headers=ALAN)
    nobody = TestClient(site.recorder.app).delete("/api/images/user/ada")  # no contract names the host's words

    assert own.status_code == 200
    assert problem_of(others)["code"] == "not-allowed"
    assert (nobody.status_code, nobody.json()) == (401, {"detail": "Sign in first."})


def test_our_errors_are_problems_and_the_hosts_stay_the_hosts(site: Site) -> None:
    ours = site.client.get("/api/images/nonsense", headers=ADA)
    wrong_method = site.client.patch("/api/images/user/ada", headers=ADA)
    theirs = site.client.get("/api/nothing/here")

    assert problem_of(ours)["code"] == "malformed-image-id"
    assert problem_of(wrong_method)["code"] == "method-not-allowed"
    assert (theirs.status_code, theirs.json()) == (404, {"detail": "Not Found"})


def test_bytes_and_preflights_do_not_ask_the_host_who_it_is(site: Site) -> None:
    """A browser sends neither cookie nor token with a preflight."""
    url = site.client.get("/api/images/user/ada", headers=ADA).json()["url"]
    asked = {"origin": "https://app.example", "access-control-request-method": "PUT"}

    assert site.client.get(url).status_code == 200
    preflight = site.client.options("/api/images/user/ada", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://app.example")


def test_the_applications_own_code_uses_the_same_service(site: Site) -> None:
    with pytest.raises(Exception, match="not a JPEG"):
        site.client.post("/people/ada/passport-photo")


def test_our_operations_stand_in_the_hosts_document(site: Site) -> None:
    document = site.client.get("/openapi.json").json()

    assert "/api/images/pack" in document["paths"]
    assert "/people" in document["paths"]


def test_the_pack_in_a_page_is_data_that_cannot_end_its_element() -> None:
    world = World(unknown_users="default")
    user_id = "</script><script>alert(1)</script>".replace("/", "\u2028")
    app = FastAPI()
    pictures = Avatarium(settings=_settings(), parts=Parts(engines=lambda: world.engines))
    app.include_router(pictures.router)

    @app.get("/page")
    async def page() -> str:
        return await pictures.pack_script([user_id, "<!--"], with_inline=True)

    with TestClient(app) as client:
        script = client.get("/page").json()

    match = re.fullmatch(r'<script type="application/json" id="avatarium-pack">([^<\u2028\u2029]*)</script>', script)
    assert match is not None
    assert set(json.loads(match[1])["pictures"]) == {user_id, "<!--"}


def _settings(**values: Any) -> Settings:  # noqa: ANN401 - whatever Settings takes
    return Settings(secret_key=SecretStr(SECRET.decode()), **values)


async def test_without_a_router_it_is_a_context_manager_with_the_same_methods() -> None:
    world = World()
    world.processor = ThreadImageProcessor(ImageLimits())
    async with Avatarium(settings=_settings(), parts=Parts(engines=lambda: world.engines)) as pictures:
        picture = await pictures.replace("ada", photographs.jpeg(), by=Viewer.service())
        resolved = await pictures.resolve("ada")
        many = await pictures.resolve_many(["ada", "alan"])
        pack = await pictures.pack(["ada"], with_inline=True)
        removed = await pictures.remove("ada", by=Viewer.person(UserId("ada")))

    assert resolved.picture == picture
    assert set(many) == {"ada", "alan"}
    assert pack.pictures["ada"].inline.startswith("data:image/webp;base64,UklGR")
    assert removed.revision == 2


async def test_outside_of_its_lifetime_it_is_unavailable() -> None:
    world = World()
    pictures = Avatarium(settings=_settings(), parts=Parts(engines=lambda: world.engines))

    with pytest.raises(Unavailable, match="not open"):
        await pictures.resolve("ada")
    async with pictures:
        assert (await pictures.resolve("ada")).picture.revision == 0
    with pytest.raises(Unavailable, match="not open"):
        await pictures.resolve("ada")


@pytest.mark.parametrize("prefix", ["api", "/api/", "/"])
def test_a_prefix_that_would_make_broken_urls_is_refused(prefix: str) -> None:
    with pytest.raises(BadConfiguration, match="prefix"):
        Avatarium(prefix=prefix, settings=_settings())


@pytest.mark.parametrize("kind", ["identity", "plain function", "asynchronous dependency"])
def test_a_viewer_is_an_identity_or_any_dependency(kind: str) -> None:
    async def identity(connection: HTTPConnection) -> Viewer:
        return Viewer.person(UserId(connection.headers["x-user"]))

    async def asynchronous() -> Viewer:
        return Viewer.administrator()

    viewers = {"identity": identity, "plain function": Viewer.service, "asynchronous dependency": asynchronous}
    with open_site(viewer=viewers[kind]) as site:
        response = site.client.put("/images/user/ada", content=b"photo", headers={"x-user": "ada"})

    assert response.status_code == 200


@pytest.mark.parametrize(("status", "code"), [(401, "sign-in-required"), (403, "not-allowed")])
def test_a_refusal_of_the_hosts_dependency_is_a_problem_where_we_are_the_application(status: int, code: str) -> None:
    def refuse() -> Viewer:
        raise HTTPException(status, "the host's words")

    world = World()
    pictures = Avatarium(viewer=refuse, settings=_settings(), parts=Parts(engines=lambda: world.engines))
    with TestClient(Recorder(create_app(pictures)), base_url="http://localhost") as client:
        response = client.put("/images/user/ada", content=b"photo")

    assert (response.status_code, problem_of(response)["code"]) == (status, code)
