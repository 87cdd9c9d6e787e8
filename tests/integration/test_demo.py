"""`avatarium demo` as a person runs it: seeded once, signed in, changed, and reset."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

import photographs
from integration.processes import environment, run, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.processes import Server

pytestmark = [pytest.mark.integration, pytest.mark.enable_socket]

AMARA = "/images/user/amara-okafor"


@pytest.fixture(scope="module", autouse=True)
def _built_page() -> None:
    page = files("avatarium") / "static" / "index.html"
    if not page.is_file():
        pytest.fail("The demo's page is not built. Run: make build")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Server]:
    with serving("demo", "--data-dir", str(folder / "data"), env=environment(folder), log=folder / "log") as server:
        yield server


def scripts(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(content) for name, content in found}


def own_origin(server: Server) -> dict[str, str]:
    return {"origin": str(server.client.base_url).rstrip("/")}


def test_the_page_holds_two_hundred_people_and_their_pictures(demo: Server) -> None:
    page = demo.client.get("/")

    data = scripts(page.text)
    people, pack = data["demo-state"]["people"], data["avatarium-pack"]
    assert (len(people), len(pack["pictures"])) == (200, 200)
    with_picture = [mapping for mapping in pack["pictures"].values() if mapping["image_id"]]
    assert len(with_picture) == 175  # one in eight has none
    assert page.headers["cache-control"] == "private, no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert {demo.client.get(mapping["url"]).status_code for mapping in with_picture[:20]} == {200}


def test_the_pack_can_be_left_out_of_the_page(demo: Server) -> None:
    assert set(scripts(demo.client.get("/?pack=no").text)) == {"demo-state"}


def test_assets_with_a_hash_are_kept_for_ever_and_the_rest_is_asked_for(demo: Server) -> None:
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', demo.client.get("/").text)

    assert assets
    for asset in assets:
        assert demo.client.get(asset).headers["cache-control"] == "max-age=31536000, immutable"


def test_a_person_signs_in_changes_their_own_picture_and_signs_out(demo: Server) -> None:
    origin = own_origin(demo)
    assert demo.client.put(AMARA, content=photographs.jpeg(), headers=origin).status_code == 401

    signed_in = demo.client.post("/demo/session", json={"user_id": "amara-okafor"}, headers=origin)
    own = demo.client.put(AMARA, content=photographs.jpeg(), headers=origin)
    others = demo.client.put("/images/user/samuel-adeyemi", content=photographs.jpeg(), headers=origin)
    viewer = scripts(demo.client.get("/").text)["demo-state"]["viewer"]
    signed_out = demo.client.delete("/demo/session", headers=origin)
    after = demo.client.put(AMARA, content=photographs.png(), headers=origin)

    cookie = signed_in.headers["set-cookie"]
    assert signed_in.status_code == signed_out.status_code == 204
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert own.status_code == 200
    assert (others.status_code, others.json()["code"]) == (403, "not-allowed")
    assert viewer == {"user_id": "amara-okafor", "name": "Amara Okafor", "administrator": False}
    assert after.status_code == 401


def test_a_second_start_seeds_nothing_and_a_reset_begins_a_new_epoch(demo: Server, folder: Path) -> None:
    arguments = ("--data-dir", str(folder / "data"))
    before = demo.client.get(AMARA).json()
    demo.stop()

    with serving("demo", *arguments, env=environment(folder), log=folder / "second") as again:
        kept = again.client.get(AMARA).json()
    with serving("demo", *arguments, "--reset", env=environment(folder), log=folder / "third") as reset:
        fresh = reset.client.get(AMARA).json()

    assert kept == before
    assert "0 new pictures" in (folder / "second").read_text()
    assert fresh["epoch"] != before["epoch"]
    assert fresh["revision"] == 1
    assert "175 new pictures" in (folder / "third").read_text()


def test_the_demo_takes_no_other_sign_in(tmp_path: Path) -> None:
    ended = run("demo", "--port", "0", env=environment(tmp_path, AVATARIUM_AUTH="everybody"))

    assert ended.returncode == 1
    assert "AVATARIUM_AUTH" in ended.stderr
