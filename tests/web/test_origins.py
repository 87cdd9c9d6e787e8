"""Reading across origins: who may, what of an answer they may read, and preflights (trap 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sites import Site, open_site

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = "https://app.example"
OTHER = "https://other.example"
MAPPING = "/images/user/ada"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(origins=f"{APP}, https://second.example/") as opened:
        opened.upload("ada")
        yield opened


@pytest.fixture(scope="module")
def closed() -> Iterator[Site]:
    with open_site() as opened:
        opened.upload("ada")
        yield opened


@pytest.mark.parametrize("origin", [APP, "https://second.example"])
def test_a_configured_origin_may_read_with_credentials(site: Site, origin: str) -> None:
    response = site.client.get(MAPPING, headers={"origin": origin})

    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["vary"] == "Origin"
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    assert {"Date", "ETag", "Retry-After", "Cache-Status"} <= exposed


@pytest.mark.parametrize("origin", [OTHER, "null", f"{APP}.evil.example", "http://app.example", None])
def test_any_other_origin_may_not_but_caches_know_that_it_matters(site: Site, origin: str | None) -> None:
    response = site.client.get(MAPPING, headers={"origin": origin} if origin else {})

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-credentials" not in response.headers
    assert response.headers["vary"] == "Origin"


def test_without_configured_origins_mappings_are_of_the_same_origin_only(closed: Site) -> None:
    response = closed.client.get(MAPPING, headers={"origin": APP})

    assert not [name for name in response.headers if name.startswith("access-control")]
    assert "vary" not in response.headers


@pytest.mark.parametrize("path", [MAPPING, f"{MAPPING}/info"])
def test_a_304_may_be_read_by_whom_the_200_may(site: Site, path: str) -> None:
    etag = site.client.get(path).headers["etag"]

    response = site.client.get(path, headers={"origin": APP, "if-none-match": etag})

    assert response.status_code == 304
    assert response.headers["access-control-allow-origin"] == APP
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/images/nonsense", 400), ("PATCH", MAPPING, 405), ("POST", "/images/pack", 400), ("PUT", MAPPING, 400)],
)
def test_errors_may_be_read_across_origins_too(site: Site, method: str, path: str, status: int) -> None:
    response = site.client.request(method, path, headers={"origin": APP})

    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == APP


@pytest.mark.parametrize(
    ("path", "method"), [(MAPPING, "PUT"), (MAPPING, "DELETE"), ("/images/pack", "POST"), (f"{MAPPING}/info", "GET")]
)
def test_a_preflight_of_a_configured_origin_is_answered_for_a_day(site: Site, path: str, method: str) -> None:
    asked = {"origin": APP, "access-control-request-method": method, "access-control-request-headers": "if-match"}

    response = site.client.options(path, headers=asked)

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == APP
    assert response.headers["access-control-allow-credentials"] == "true"
    assert method in response.headers["access-control-allow-methods"].split(", ")
    assert {"Content-Type", "If-Match"} <= set(response.headers["access-control-allow-headers"].split(", "))
    assert response.headers["access-control-max-age"] == "86400"


def test_a_preflight_of_another_origin_is_answered_without_leave(site: Site) -> None:
    asked = {"origin": OTHER, "access-control-request-method": "PUT"}

    response = site.client.options(MAPPING, headers=asked)

    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("where", ["configured", "closed"])
@pytest.mark.parametrize("origin", [None, APP, OTHER])
def test_bytes_may_be_read_by_the_world_and_never_with_credentials(
    site: Site, closed: Site, where: str, origin: str | None
) -> None:
    """Trap 10."""
    chosen = site if where == "configured" else closed
    url = chosen.client.get(MAPPING).json()["url"]
    headers = {"origin": origin} if origin else {}

    for path, status in ((url, 200), (url.replace("128", "999"), 404), ("/pictures/default/ada.svg", 200)):
        response = chosen.client.get(path, headers=headers)
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        assert "vary" not in response.headers


def test_a_304_of_bytes_may_be_read_by_the_world(closed: Site) -> None:
    """Trap 10: a 304 without them would take the leave away from the stored copy."""
    url = closed.client.get(MAPPING).json()["url"]

    response = closed.client.get(url, headers={"if-none-match": "*"})

    assert response.status_code == 304
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_preflight_for_bytes_is_answered(closed: Site) -> None:
    url = closed.client.get(MAPPING).json()["url"]
    asked = {"origin": OTHER, "access-control-request-method": "GET", "access-control-request-headers": "range"}

    response = closed.client.options(url, headers=asked)

    assert response.headers["access-control-allow-origin"] == "*"
    assert "GET" in response.headers["access-control-allow-methods"]
    assert "Range" in response.headers["access-control-allow-headers"]
