"""The bytes over HTTP: the header table of the specification, conditional requests and ranges, row by row."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from avatarium.default_picture import DefaultPicture
from avatarium.model import ALL_RENDITIONS, UserId, Viewer
from doubles import FailingObjectStore
from sites import Site, open_site, problem_of
from worlds import SECRET, World

if TYPE_CHECKING:
    from collections.abc import Iterator

UPLOADED_AT = 1_750_000_000  # where the manual clock stands


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened:
        opened.upload("ada")
        yield opened


@pytest.fixture
def url(site: Site) -> str:
    url: str = site.client.get("/images/user/ada").json()["url"]
    return url


@pytest.fixture
def data(site: Site, url: str) -> bytes:
    return site.client.get(url).content


def test_every_rendition_that_a_mapping_names_is_there_with_its_digest(site: Site) -> None:
    mapping = site.client.get("/images/user/ada").json()

    assert sorted(mapping["urls"]) == sorted(str(name) for name in ALL_RENDITIONS)
    for name in ALL_RENDITIONS:
        response = site.client.get(mapping["urls"][str(name)])
        assert response.headers["content-type"] == name.content_type
        assert hashlib.sha256(response.content).hexdigest() == mapping["digests"][str(name)]


def test_bytes_carry_the_headers_of_the_table(site: Site, url: str) -> None:
    headers = dict(site.client.get(url).headers)

    image_id = url.split("/")[2]
    assert headers.pop("etag").startswith('"')
    assert headers.pop("content-length").isdigit()
    assert headers == {
        "content-type": "image/webp",
        "cache-control": "max-age=604800, immutable",
        "cdn-cache-control": "max-age=31536000",
        "last-modified": formatdate(UPLOADED_AT, usegmt=True),
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "timing-allow-origin": "*",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Date, ETag",
        "cross-origin-resource-policy": "cross-origin",
        "surrogate-key": image_id,
        "cache-tag": image_id,
    }


def test_how_long_bytes_are_kept_is_a_setting() -> None:
    with open_site(bytes_max_age_seconds=600) as site:
        response = site.client.get(site.upload("ada")["url"])

    assert response.headers["cache-control"] == "max-age=600, immutable"


@pytest.mark.parametrize("origin", [None, "https://other.example", "null"])
def test_the_headers_of_bytes_are_the_same_for_every_origin(site: Site, url: str, origin: str | None) -> None:
    """Trap 10: no cache may hold a copy without CORS headers."""
    plain = site.client.get(url)

    response = site.client.get(url, headers={"origin": origin} if origin else {})

    assert dict(response.headers) == dict(plain.headers)
    assert "vary" not in response.headers


def test_bytes_ask_nobody_who_they_are() -> None:
    def refuse() -> Viewer:
        raise AssertionError("asked")

    with open_site() as site:
        url = site.upload("ada")["url"]
        world = site.world
    with open_site(world, viewer=refuse) as site:
        assert site.client.get(url, headers={"host": "cdn.example"}).status_code == 200


# ---------------------------------------------------------------- conditional requests


def tags(tag: str) -> dict[str, bool]:
    return {
        tag: True,
        f"W/{tag}": True,
        f'"other", {tag}': True,
        f'"a,b",{tag} , W/"c"': True,
        "*": True,
        " * ": True,
        '"other"': False,
        tag.strip('"'): False,
        "": False,
    }


@pytest.mark.parametrize("row", range(len(tags('"x"'))))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_none_match_is_read_as_a_list_with_weak_comparison(site: Site, url: str, method: str, row: int) -> None:
    etag = site.client.get(url).headers["etag"]
    sent, current = list(tags(etag).items())[row]

    response = site.client.request(method, url, headers={"if-none-match": sent})

    assert response.status_code == (304 if current else 200)


def test_a_304_carries_what_a_cache_updates_and_no_body(site: Site, url: str) -> None:
    whole = site.client.get(url).headers

    response = site.client.get(url, headers={"if-none-match": whole["etag"]})

    assert (response.status_code, response.content) == (304, b"")
    kept = {"content-length", "content-type", "accept-ranges", "surrogate-key", "cache-tag"}
    assert dict(response.headers) == {name: value for name, value in whole.items() if name not in kept}


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (formatdate(UPLOADED_AT, usegmt=True), 304),
        (formatdate(UPLOADED_AT + 1, usegmt=True), 304),
        (formatdate(UPLOADED_AT - 1, usegmt=True), 200),
        ("yesterday", 200),
        ("", 200),
        ("Thu, 99 Foo 2025 00:00:00 GMT", 200),
    ],
)
def test_if_modified_since_compares_whole_seconds(site: Site, url: str, since: str, status: int) -> None:
    assert site.client.get(url, headers={"if-modified-since": since}).status_code == status


def test_if_none_match_decides_alone(site: Site, url: str) -> None:
    headers = {"if-none-match": '"other"', "if-modified-since": formatdate(UPLOADED_AT + 99, usegmt=True)}

    assert site.client.get(url, headers=headers).status_code == 200


def test_a_304_asks_the_object_store_for_nothing() -> None:
    """Trap 18."""
    objects = FailingObjectStore()
    with open_site(World(objects=objects)) as site:
        url = site.upload("ada")["url"]
        etag = site.client.get(url).headers["etag"]
        objects.broken = True

        assert site.client.get(url, headers={"if-none-match": etag}).status_code == 304
        assert site.client.head(url).status_code == 200


# ---------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-9", 0, 10),
        ("bytes=3-", 3, None),
        ("bytes=-4", -4, None),
        ("bytes=-9999", 0, None),
        ("bytes=2-99999", 2, None),
        ("bytes= 1 - 2 ", 1, 3),
    ],
)
def test_a_range_is_answered_with_exactly_that(
    site: Site, url: str, data: bytes, asked: str, start: int, stop: int | None
) -> None:
    response = site.client.get(url, headers={"range": asked})

    assert response.status_code == 206
    assert response.content == data[start:stop]
    first = start % len(data)
    last = first + len(response.content) - 1
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(data)}"
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers["etag"] == site.client.get(url).headers["etag"]


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_behind_the_end_is_416_with_the_length(site: Site, url: str, data: bytes, asked: str) -> None:
    response = site.client.get(url, headers={"range": asked})

    assert response.status_code == 416
    assert problem_of(response)["code"] == "range-not-satisfiable"
    assert response.headers["content-range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=5-3", "pages=0-1", "bytes=a-b", "bytes=", "bytes=--1", "", "bytes=" + "9" * 40]
)
def test_what_is_no_single_range_gets_the_whole(site: Site, url: str, data: bytes, asked: str) -> None:
    response = site.client.get(url, headers={"range": asked})

    assert (response.status_code, response.content) == (200, data)


def test_if_range_with_the_current_tag_gets_the_range_and_any_other_the_whole(site: Site, url: str) -> None:
    etag = site.client.get(url).headers["etag"]
    statuses = {
        condition: site.client.get(url, headers={"range": "bytes=0-3", "if-range": condition}).status_code
        for condition in (etag, f"W/{etag}", '"other"', formatdate(0, usegmt=True))
    }

    assert list(statuses.values()) == [206, 200, 200, 200]


@pytest.mark.parametrize("asked", ["bytes=0-3", "bytes=99999-"])
def test_head_has_the_headers_of_get_and_ignores_ranges(site: Site, url: str, data: bytes, asked: str) -> None:
    """RFC 9110, 14.2: a range is defined for GET alone."""
    whole = site.client.get(url)

    response = site.client.head(url, headers={"range": asked})

    assert (response.status_code, response.content) == (200, b"")
    assert dict(response.headers) == dict(whole.headers)


# ---------------------------------------------------------------- ids and names


@pytest.mark.parametrize(
    "name", ["100.webp", "128.gif", "128.png", "100", "128.webp.webp", "0128.webp", "128.WEBP", ".webp"]
)
def test_other_sizes_and_formats_do_not_exist(site: Site, url: str, name: str) -> None:
    response = site.client.get(f"{url.rpartition('/')[0]}/{name}")

    assert problem_of(response)["code"] == "unknown-rendition"


@pytest.mark.parametrize("image_id", ["a" * 25, "a" * 27, "A" * 26, "1" * 26, "ü" * 26, "%00", "a" * 25 + "%0A"])
def test_a_malformed_image_id_is_400(site: Site, image_id: str) -> None:
    response = site.client.get(f"/pictures/{image_id}/128.webp")

    assert (response.status_code, problem_of(response)["code"]) == (400, "malformed-image-id")


# ---------------------------------------------------------------- default pictures


def test_the_default_picture_of_a_mapping_is_kept_like_bytes(site: Site) -> None:
    url = site.client.get("/images/user/alan").json()["url"]

    response = site.client.get(url)

    headers = dict(response.headers)
    assert headers.pop("etag").startswith('"')
    assert response.content == DefaultPicture.of("alan", None).svg(128)
    assert headers == {
        "content-type": "image/svg+xml",
        "content-length": str(len(response.content)),
        "cache-control": "max-age=604800, immutable",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "timing-allow-origin": "*",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Date, ETag",
        "cross-origin-resource-policy": "cross-origin",
    }


def test_the_guess_of_a_default_picture_is_kept_for_ten_minutes(site: Site) -> None:
    response = site.client.get("/pictures/default/alan.svg")

    assert response.headers["cache-control"] == "max-age=600"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.content == DefaultPicture.of("alan", None).svg(128)


async def test_the_guess_knows_the_name_where_the_directory_does() -> None:
    world = World()
    await world.directory.name_people({UserId("u-42"): "Ada Lovelace"})
    with open_site(world) as site:
        response = site.client.get("/pictures/default/u-42.svg")
        keyed = site.client.get(site.client.get("/images/user/u-42").json()["url"])

    assert b">AL</text>" in response.content
    assert keyed.content == response.content


@pytest.mark.parametrize("user_id", ["ada.lovelace", "Ünï cødé", "山田", "a.svg", "50%", "🦊"])
def test_the_guess_takes_every_well_formed_id(site: Site, user_id: str) -> None:
    response = site.client.get(f"/pictures/default/{user_id.replace('%', '%25')}.svg")

    assert response.content == DefaultPicture.of(user_id, None).svg(128)


@pytest.mark.parametrize("name", ["%FF.svg", "a%01.svg", "..svg", ".svg"])
def test_the_guess_refuses_what_is_no_id(site: Site, name: str) -> None:
    response = site.client.get(f"/pictures/default/{name}")

    assert problem_of(response)["code"] == "malformed-user-id"


def test_nobody_can_mint_a_default_picture(site: Site) -> None:
    key = DefaultPicture(12, "AL").key(SECRET)
    assert site.client.get(f"/pictures/default/{key}/128.svg").status_code == 200

    forged = DefaultPicture(12, "EVIL").key(b"a guess of the deployment's secret")
    for tampered in (forged, key.replace("1.12.", "1.13.", 1), key[:-1], f"{key}a", "ada", "ü", "...", "%00"):
        response = site.client.get(f"/pictures/default/{tampered}/128.svg")
        assert problem_of(response)["code"] == "unknown-image"


@pytest.mark.parametrize("name", ["128.jpg", "100.svg", "128", "svg", "128.svg.svg"])
def test_the_default_picture_exists_in_the_sizes_of_the_ladder(site: Site, name: str) -> None:
    key = DefaultPicture(12, "AL").key(SECRET)

    response = site.client.get(f"/pictures/default/{key}/{name}")

    assert problem_of(response)["code"] == "unknown-rendition"


def test_a_default_picture_is_revalidated_by_its_tag(site: Site) -> None:
    first = site.client.get("/pictures/default/alan.svg")

    again = site.client.get("/pictures/default/alan.svg", headers={"if-none-match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.headers["access-control-allow-origin"] == "*"
