"""The mapping over HTTP: single, with metadata, in batches, and as older front ends ask for it."""

from __future__ import annotations

import base64
import json
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from avatarium.model import ALL_RENDITIONS, LADDER, UserId, Viewer
from avatarium.settings import FLAGS
from doubles import FailingDirectory, FailingObjectStore
from sites import Site, open_site, problem_of
from worlds import ADA, EPOCH, World

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = Viewer.service()
MAPPING_FIELDS = {
    "success", "user_id", "image_id", "revision", "epoch", "url", "digest", "sizes", "formats", "animated",
    "animated_sizes",
    "thumbhash", "color", "fresh_for_seconds", "expires_at",
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of which a test may expect that nothing was changed before."""
    with open_site() as opened:
        yield opened


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """A site for questions that change nothing, or only what no other test asks for."""
    with open_site() as opened:
        yield opened


def test_a_mapping_says_everything_a_client_needs(site: Site) -> None:
    site.upload("ada")

    mapping = site.client.get("/images/user/ada").json()

    image_id = mapping["image_id"]
    names = [str(name) for name in ALL_RENDITIONS]
    assert set(mapping) == MAPPING_FIELDS | {"urls", "digests"}
    assert mapping["urls"] == {name: f"/pictures/{image_id}/{name}" for name in names}
    assert mapping | {"urls": 0, "digests": 0} == {
        "success": True,
        "user_id": "ada",
        "image_id": image_id,
        "revision": 1,
        "epoch": EPOCH,
        "url": f"/pictures/{image_id}/128.webp",
        "digest": mapping["digests"]["128.webp"],
        "sizes": list(LADDER),
        "formats": ["webp", "jpg"],
        "animated": False,
        "animated_sizes": [],
        "thumbhash": "3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
        "color": "#8a7b6c",
        "fresh_for_seconds": 1800,
        "expires_at": None,
        "urls": 0,
        "digests": 0,
    }


def test_a_person_without_a_picture_has_the_default_picture(shared: Site) -> None:
    mapping = shared.client.get("/images/user/ada").json()

    assert mapping.pop("url").startswith("/pictures/default/1.163.")
    assert mapping == {
        "success": True,
        "user_id": "ada",
        "image_id": None,
        "revision": 0,
        "epoch": EPOCH,
        "digest": None,
        "sizes": list(LADDER),
        "formats": ["svg", "webp", "png"],
        "animated": False,
        "animated_sizes": [],
        "thumbhash": None,
        "color": None,
        "fresh_for_seconds": 1800,
        "expires_at": None,
        "urls": {},
        "digests": {},
    }


@pytest.mark.parametrize("suffix", ["", "/info"])
def test_a_mapping_carries_the_headers_of_the_table(site: Site, suffix: str) -> None:
    """Trap 7."""
    site.upload("ada")

    response = site.client.get(f"/images/user/ada{suffix}")

    headers = dict(response.headers)
    tag = headers.pop("etag")
    assert headers == {
        "content-type": "application/json",
        "content-length": str(len(response.content)),
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "last-modified": formatdate(site.world.clock.now(), usegmt=True),
        "cache-status": "avatarium; hit",
    }
    assert tag.startswith(f'"{EPOCH}-r1-')
    assert len(tag.rpartition("-")[2].strip('"')) == 16


def test_cache_status_says_which_layer_answered(site: Site) -> None:
    statuses = [site.client.get("/images/user/ada").headers["cache-status"] for _ in range(2)]

    assert statuses == ["avatarium; fwd=miss", "avatarium; hit"]


def test_a_mapping_of_a_person_that_never_had_a_picture_has_no_last_modified(shared: Site) -> None:
    assert "last-modified" not in shared.client.get("/images/user/ada").headers


def test_a_current_copy_is_304_and_a_changed_one_is_not(site: Site) -> None:
    site.upload("ada")
    first = site.client.get("/images/user/ada")
    condition = {"if-none-match": f'"other", W/{first.headers["etag"]}'}

    same = site.client.get("/images/user/ada", headers=condition)
    site.upload("ada", b"another")
    changed = site.client.get("/images/user/ada", headers=condition)

    assert (same.status_code, same.content) == (304, b"")
    kept = {"etag", "cache-control", "last-modified", "cache-status", "x-content-type-options"}
    assert set(same.headers) == kept
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)


def test_two_changes_in_one_second_have_different_tags(site: Site) -> None:
    tags = [site.client.put("/images/user/ada", content=data).headers["etag"] for data in (b"one", b"two", b"one")]

    assert len(set(tags)) == 3


def test_a_write_answers_with_the_tag_that_a_read_has(site: Site) -> None:
    written = site.client.put("/images/user/ada", content=b"photo")

    assert site.client.get("/images/user/ada").headers["etag"] == written.headers["etag"]
    assert written.headers["cache-control"] == "private, no-cache"


def test_info_adds_the_metadata_of_the_upload(site: Site) -> None:
    mapping = site.upload("ada", b"photo")

    info = site.client.get("/images/user/ada/info").json()

    renditions = info.pop("renditions")
    assert [rendition["name"] for rendition in renditions] == [str(name) for name in ALL_RENDITIONS]
    assert {rendition["name"]: rendition["digest"] for rendition in renditions} == mapping["digests"]
    assert {rendition["name"]: rendition["url"] for rendition in renditions} == mapping["urls"]
    for rendition in renditions:
        response = site.client.get(rendition["url"])
        assert (rendition["size"], rendition["content_type"]) == (
            len(response.content),
            response.headers["content-type"],
        )
    assert info == {
        **mapping,
        "size": 5,
        "content_type": "image/jpeg",
        "upload_date": site.world.clock.now(),
        "width": 640,
        "height": 480,
    }


def test_info_of_a_person_without_a_picture_is_empty(shared: Site) -> None:
    info = shared.client.get("/images/user/ada/info").json()

    assert [info[name] for name in ("size", "content_type", "upload_date", "width", "height")] == [None] * 5
    assert info["renditions"] == []


def test_a_picture_is_found_by_its_id_and_by_the_name_of_none(site: Site) -> None:
    image_id = site.upload("ada")["image_id"]

    by_id = site.client.get(f"/images/{image_id}").json()
    none = site.client.get("/images/default_pfp.png").json()

    assert by_id == {"success": True, "image_id": image_id, "url": f"/pictures/{image_id}/128.webp"}
    assert (none["success"], none["image_id"]) == (True, "default_pfp.png")
    assert site.client.get(none["url"]).headers["content-type"] == "image/svg+xml"


def test_older_front_ends_get_image_ids_and_never_urls(site: Site) -> None:
    image_id = site.upload("ada")["image_id"]

    answer = site.client.post("/users/info", json={"user_ids": ["ada", "alan"]}).json()

    assert answer == {
        "users": {
            "ada": {"user_id": "ada", "user_picture_url": image_id, "revision": 1, "epoch": EPOCH},
            "alan": {"user_id": "alan", "user_picture_url": None, "revision": 0, "epoch": EPOCH},
        }
    }


# ---------------------------------------------------------------- packs


def test_a_pack_holds_mappings_flags_the_template_and_the_time(site: Site) -> None:
    mapping = site.upload("ada")

    response = site.client.post("/images/pack", json={"user_ids": ["ada", "alan"]})

    pack = response.json()
    assert response.headers["cache-control"] == "private, no-cache"
    assert (pack["now"], pack["contract"], pack["epoch"]) == (site.world.clock.now(), 1, EPOCH)
    assert pack["flags"] == dict.fromkeys(FLAGS, True)
    assert pack["rendition_url"] == "/pictures/{image_id}/{size}.{format}"
    assert pack["unknown"] == ["alan"]
    assert pack["pictures"]["ada"] == {name: mapping[name] for name in MAPPING_FIELDS}
    assert set(pack["pictures"]["alan"]) == MAPPING_FIELDS


def test_a_pack_leaves_out_what_the_caller_knows_of_this_epoch(site: Site) -> None:
    site.upload("ada")
    asked = {"user_ids": ["ada", "alan"], "known": {"ada": 1, "alan": 0}}

    same = site.client.post("/images/pack", json={**asked, "epoch": EPOCH}).json()
    other = site.client.post("/images/pack", json={**asked, "epoch": "b" * 26}).json()
    none = site.client.post("/images/pack", json=asked).json()

    assert (set(same["pictures"]), same["unknown"]) == (set(), ["alan"])
    assert set(other["pictures"]) == set(none["pictures"]) == {"ada", "alan"}


def test_a_pack_with_inline_pictures_carries_the_smallest_rendition_of_each(site: Site) -> None:
    mapping = site.upload("ada")
    smallest = site.client.get(mapping["urls"]["64.webp"]).content

    pack = site.client.post("/images/pack", json={"user_ids": ["ada", "alan"], "inline_size": 64}).json()

    inline = "data:image/webp;base64," + base64.b64encode(smallest).decode()
    assert pack["pictures"]["ada"]["inline"] == inline
    assert "inline" not in pack["pictures"]["alan"]


def test_a_dead_object_store_costs_a_pack_only_its_inline_pictures() -> None:
    """Law 6."""
    objects = FailingObjectStore()
    with open_site(World(objects=objects)) as site:
        site.upload("ada")
        objects.broken = True
        response = site.client.post("/images/pack", json={"user_ids": ["ada"], "inline_size": 64})

    assert response.status_code == 200
    assert "inline" not in response.json()["pictures"]["ada"]


def test_flags_and_the_rendition_template_come_from_the_settings() -> None:
    template = "https://cdn.example/{image_id}/{size}.{format}"
    with open_site(rendition_url=template, flags="service_worker=off,preload=off", fresh_for_seconds=60) as site:
        mapping = site.upload("ada")
        pack = site.client.post("/images/pack", json={"user_ids": ["ada"]}).json()

    assert pack["rendition_url"] == template
    assert [name for name, on in pack["flags"].items() if not on] == ["service_worker", "preload"]
    assert mapping["url"] == f"https://cdn.example/{mapping['image_id']}/128.webp"
    assert pack["pictures"]["ada"]["fresh_for_seconds"] == 60


async def test_unknown_people_are_named_and_not_answered_where_the_directory_is_the_list_of_users() -> None:
    world = World()
    await world.directory.name_people({ADA: "Ada Lovelace"})
    with open_site(world, unknown_users="404") as site:
        pack = site.client.post("/images/pack", json={"user_ids": ["ada", "alan"]}).json()
        users = site.client.post("/users/info", json={"user_ids": ["ada", "alan"]}).json()

    assert (set(pack["pictures"]), pack["unknown"]) == ({"ada"}, ["alan"])
    assert set(users["users"]) == {"ada"}


@pytest.mark.parametrize("path", ["/images/pack", "/users/info"])
def test_an_empty_batch_has_an_empty_answer(shared: Site, path: str) -> None:
    answer = shared.client.post(path, json={"user_ids": []}).json()

    assert answer.get("pictures", answer.get("users")) == {}


def test_a_batch_of_a_thousand_ids_is_answered_and_one_more_is_not(shared: Site) -> None:
    ids = [f"person-{index}" for index in range(1001)]

    good = shared.client.post("/images/pack", json={"user_ids": ids[:1000]})
    bad = shared.client.post("/images/pack", json={"user_ids": ids})

    assert len(good.json()["pictures"]) == 1000
    assert (bad.status_code, problem_of(bad)["code"]) == (413, "too-many-ids")


@pytest.mark.parametrize("path", ["/images/pack", "/users/info"])
@pytest.mark.parametrize("declared", ["declared", "streamed"])
def test_a_batch_of_more_than_256_kilobytes_is_refused(shared: Site, path: str, declared: str) -> None:
    body = b'{"user_ids": [' + b" " * 256_000 + b"]}"
    content = body if declared == "declared" else iter([body[:1000], body[1000:]])

    response = shared.client.post(path, content=content)

    assert (response.status_code, problem_of(response)["code"]) == (413, "too-many-ids")


BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"user_ids=ada",
    "a list": b"[]",
    "null": b"null",
    "no ids": b"{}",
    "ids as a text": b'{"user_ids": "ada"}',
    "a number as id": b'{"user_ids": [7]}',
    "null as id": b'{"user_ids": [null]}',
    "half a surrogate": b'{"user_ids": ["\\ud800"]}',
    "not UTF-8": b'{"user_ids": ["\xff"]}',
    "cut short": b'{"user_ids": ["ada"',
    "nested without end": b"[" * 100_000,
}
BAD_PACKS = {
    "known as a list": b'{"user_ids": [], "known": []}',
    "revision as a text": b'{"user_ids": [], "known": {"ada": "1"}}',
    "revision as a fraction": b'{"user_ids": [], "known": {"ada": 1.5}}',
    "epoch as a number": b'{"user_ids": [], "epoch": 1}',
    "an epoch without end": b'{"user_ids": [], "epoch": "' + b"x" * 65 + b'"}',
    "another inline size": b'{"user_ids": [], "inline_size": 128}',
    "inline size as a text": b'{"user_ids": [], "inline_size": "64"}',
}


@pytest.mark.parametrize("name", [*BAD_BODIES, *BAD_PACKS])
def test_a_body_that_is_not_what_the_operation_takes_is_malformed(shared: Site, name: str) -> None:
    response = shared.client.post("/images/pack", content={**BAD_BODIES, **BAD_PACKS}[name])

    assert (response.status_code, problem_of(response)["code"]) == (400, "malformed-request")
    assert "Traceback" not in response.text


@pytest.mark.parametrize("name", BAD_BODIES)
def test_the_older_batch_is_as_strict(shared: Site, name: str) -> None:
    response = shared.client.post("/users/info", content=BAD_BODIES[name])

    assert problem_of(response)["code"] == "malformed-request"


def test_the_detail_names_the_field_that_is_wrong(shared: Site) -> None:
    response = shared.client.post("/images/pack", json={"user_ids": ["ada", 7]})

    assert problem_of(response)["detail"].startswith("user_ids.1: ")


@pytest.mark.parametrize("body", [{"user_ids": ["a/b"]}, {"user_ids": [""]}, {"user_ids": [], "known": {"..": 1}}])
def test_one_malformed_id_makes_the_whole_batch_malformed(shared: Site, body: object) -> None:
    response = shared.client.post("/images/pack", json=body)

    assert (response.status_code, problem_of(response)["code"]) == (400, "malformed-user-id")


@pytest.mark.parametrize("revision", [-1, 2**70])
def test_a_revision_that_nobody_has_is_no_error(shared: Site, revision: int) -> None:
    body = json.dumps({"user_ids": ["ada"], "known": {"ada": revision}, "epoch": EPOCH})

    pack = shared.client.post("/images/pack", content=body).json()

    assert bool(pack["pictures"]) == (revision < 0)


def test_what_a_later_release_may_add_to_a_request_is_ignored(shared: Site) -> None:
    assert shared.client.post("/images/pack", json={"user_ids": [], "added_later": True}).status_code == 200


def test_a_dead_directory_answers_what_the_cache_holds_and_says_so_for_the_rest() -> None:
    """Law 6."""
    directory = FailingDirectory(EPOCH)
    with open_site(World(directory=directory)) as site:
        site.upload("ada")
        directory.broken = True
        held = site.client.get("/images/user/ada")
        missing = site.client.get("/images/user/alan")

    assert held.json()["revision"] == 1
    assert problem_of(missing)["code"] == "unavailable"
    assert missing.headers["retry-after"] == "1"


async def test_a_dead_cache_is_no_error_and_no_change() -> None:
    """Trap 54."""
    world = World()
    world.key_value.reading_fails = world.key_value.writing_fails = ConnectionError("gone")
    with open_site(world) as site:
        site.upload("ada")
        response = site.client.get("/images/user/ada")
        image = site.client.get(response.json()["url"])

    assert (response.status_code, response.json()["revision"], image.status_code) == (200, 1, 200)


@pytest.mark.parametrize(
    "user_id", ["ünïcødé", "山田 太郎", "🦊", "a+b", "a b", "50%", "a;b=c", "a?b", "a#b", "~", "info"]
)
def test_every_well_formed_id_makes_the_round_trip(shared: Site, user_id: str) -> None:
    path = f"/images/user/{quote(user_id, safe='')}"

    written = shared.client.put(path, content=b"photo").json()
    read = shared.client.get(path).json()
    info = shared.client.get(f"{path}/info").json()
    packed = shared.client.post("/images/pack", json={"user_ids": [user_id]}).json()["pictures"][user_id]

    assert {message["user_id"] for message in (written, read, info, packed)} == {user_id}
    assert {message["revision"] for message in (written, read, info, packed)} == {1}
    assert UserId(user_id) in {event.user_id for event in shared.world.events.published}
