"""Every answer that contract/openapi.json names is produced here, and nothing that it does not name.

One row a (operation, status, code): what is sent to which site. A missing row fails, and so does a row too many.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

import photographs
from avatarium.adapters.memory import ThreadImageProcessor
from avatarium.model import ImageLimits
from doubles import FailingDirectory, FailingObjectStore, LosingDirectory
from sites import CONTRACT, DECLARED, Exhausted, Site, open_site, problem_of
from worlds import EPOCH, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx2 import Response

    from sites import Answer

NO_SUCH_IMAGE = "z" * 26
LONG_ID = "x" * 129
FOREIGN = {"host": "evil.example"}
CROSS_SITE = {"origin": "https://evil.example"}
PHOTO = photographs.jpeg()


def _broken_directory() -> World:
    directory = FailingDirectory(EPOCH)
    directory.broken = True
    return World(directory=directory)


SITES: dict[str, Callable[[], dict[str, Any]]] = {
    "open": dict,
    "demo": lambda: {"auth": "demo"},
    "strict": lambda: {"unknown_users": "404"},
    "real": lambda: {"world": World(processor=ThreadImageProcessor(ImageLimits()))},
    "limited": lambda: {"limiter": Exhausted},
    "losing": lambda: {"world": World(directory=LosingDirectory(EPOCH, losses=0))},
    "no directory": lambda: {"world": _broken_directory()},
    "no objects": lambda: {"world": World(objects=FailingObjectStore())},
}


class Sites:
    """The sites of `SITES`, each opened when it is first asked for."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: dict[str, Site] = {}

    def __getitem__(self, name: str) -> Site:
        if name not in self._open:
            self._open[name] = self._stack.enter_context(open_site(**SITES[name]()))
        return self._open[name]

    def seen(self) -> set[Answer]:
        """What was answered so far."""
        return {answer for site in self._open.values() for answer in site.recorder.answers}

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    made = Sites()
    yield made
    made.close()


def get(site: str, path: str, **headers: str) -> Callable[[Sites], Response]:
    return lambda sites: sites[site].client.get(path, headers=headers)


def head_twice(site: str, path: str) -> Callable[[Sites], Response]:
    def send(sites: Sites) -> Response:
        client = sites[site].client
        return client.get(path, headers={"if-none-match": client.get(path).headers["etag"]})

    return send


def post(site: str, path: str, body: object, **headers: str) -> Callable[[Sites], Response]:
    return lambda sites: sites[site].client.post(path, json=body, headers=headers)


def put(site: str, path: str, data: bytes = PHOTO, **headers: str) -> Callable[[Sites], Response]:
    return lambda sites: sites[site].client.put(path, content=data, headers=headers)


def delete(site: str, path: str, **headers: str) -> Callable[[Sites], Response]:
    return lambda sites: sites[site].client.delete(path, headers=headers)


def of_ada(site: str, suffix: str = "", **headers: str) -> Callable[[Sites], Response]:
    """Ask for the working rendition of Ada's picture, which is uploaded first."""

    def send(sites: Sites) -> Response:
        url = sites[site].upload("ada")["url"]
        return sites[site].client.get(url + suffix, headers=headers)

    return send


def without_bytes(sites: Sites) -> Response:
    site = sites["no objects"]
    url = site.upload("ada")["url"]
    assert isinstance(site.world.objects, FailingObjectStore)
    site.world.objects.broken = True
    response = site.client.get(url)
    site.world.objects.broken = False
    return response


def lost(method: str) -> Callable[[Sites], Response]:
    def send(sites: Sites) -> Response:
        site = sites["losing"]
        directory = site.world.directory
        assert isinstance(directory, LosingDirectory)
        directory.losses = 0
        site.upload("ada")
        directory.losses = 1_000_000
        return site.client.request(method, "/images/user/ada", content=b"another" if method == "PUT" else None)

    return send


def signed_in(user_id: str | None, method: str, path: str) -> Callable[[Sites], Response]:
    def send(sites: Sites) -> Response:
        site = sites["demo"]
        site.sign_in(user_id)
        origin = {"origin": "http://localhost"}
        return site.client.request(method, path, content=PHOTO if method == "PUT" else None, headers=origin)

    return send


def default_picture(sites: Sites) -> Response:
    client = sites["open"].client
    return client.get(client.get("/images/user/nobody").json()["url"])


def default_picture_again(sites: Sites) -> Response:
    first = default_picture(sites)
    return sites["open"].client.get(str(first.url), headers={"if-none-match": first.headers["etag"]})


def batch_rows(operation: str, path: str) -> dict[Answer, Callable[[Sites], Response]]:
    many = {"user_ids": [f"person-{index}" for index in range(1001)]}
    return {
        (operation, 200, None): post("open", path, {"user_ids": ["ada"]}),
        (operation, 400, "malformed-request"): post("open", path, {"user_ids": "ada"}),
        (operation, 400, "malformed-user-id"): post("open", path, {"user_ids": ["a/b"]}),
        (operation, 403, "not-allowed"): post("open", path, {"user_ids": ["ada"]}, **FOREIGN),
        (operation, 413, "too-many-ids"): post("open", path, many),
        (operation, 429, "too-many-requests"): post("limited", path, {"user_ids": ["ada"]}),
        (operation, 503, "unavailable"): post("no directory", path, {"user_ids": ["ada"]}),
    }


def mapping_rows(operation: str, suffix: str) -> dict[Answer, Callable[[Sites], Response]]:
    return {
        (operation, 200, None): get("open", f"/images/user/ada{suffix}"),
        (operation, 304, None): head_twice("open", f"/images/user/ada{suffix}"),
        (operation, 400, "malformed-user-id"): get("open", f"/images/user/{LONG_ID}{suffix}"),
        (operation, 403, "not-allowed"): get("open", f"/images/user/ada{suffix}", **FOREIGN),
        (operation, 404, "unknown-user"): get("strict", f"/images/user/nobody{suffix}"),
        (operation, 503, "unavailable"): get("no directory", f"/images/user/ada{suffix}"),
    }


def write_rows(operation: str, method: str) -> dict[Answer, Callable[[Sites], Response]]:
    write = put if method == "PUT" else delete
    return {
        (operation, 400, "malformed-user-id"): write("open", f"/images/user/{LONG_ID}"),
        (operation, 401, "sign-in-required"): signed_in(None, method, "/images/user/ada"),
        (operation, 403, "not-allowed"): signed_in("amara-okafor", method, "/images/user/ada"),
        (operation, 403, "cross-site-write"): write("open", "/images/user/ada", **CROSS_SITE),
        (operation, 404, "unknown-user"): write("strict", "/images/user/nobody"),
        (operation, 409, "lost-race"): lost(method),
        (operation, 412, "precondition-failed"): write("open", "/images/user/ada", **{"if-match": '"another"'}),
        (operation, 429, "too-many-requests"): write("limited", "/images/user/ada"),
        (operation, 503, "unavailable"): write("no directory", "/images/user/ada"),
    }


ROWS: dict[Answer, Callable[[Sites], Response]] = {
    ("read_liveness", 200, None): get("open", "/health/live"),
    ("read_readiness", 200, None): get("open", "/health/ready"),
    ("read_readiness", 503, "unavailable"): get("no directory", "/health/ready"),
    # ------------------------------------------------------------ bytes
    ("read_picture", 200, None): of_ada("open"),
    ("read_picture", 206, None): of_ada("open", range="bytes=0-3"),
    ("read_picture", 304, None): of_ada("open", **{"if-none-match": "*"}),
    ("read_picture", 400, "malformed-image-id"): get("open", "/pictures/UPPER/128.webp"),
    ("read_picture", 404, "unknown-image"): get("open", f"/pictures/{NO_SUCH_IMAGE}/128.webp"),
    ("read_picture", 404, "unknown-rendition"): get("open", f"/pictures/{NO_SUCH_IMAGE}/100.webp"),
    ("read_picture", 416, "range-not-satisfiable"): of_ada("open", range="bytes=1000000-"),
    ("read_picture", 503, "unavailable"): without_bytes,
    ("read_default_picture", 200, None): default_picture,
    ("read_default_picture", 304, None): default_picture_again,
    ("read_default_picture", 404, "unknown-image"): get("open", "/pictures/default/1.2.ifga.aaaa/128.svg"),
    ("read_default_picture", 404, "unknown-rendition"): get("open", "/pictures/default/1.2.ifga.aaaa/100.svg"),
    ("guess_default_picture", 200, None): get("open", "/pictures/default/ada.svg"),
    ("guess_default_picture", 304, None): head_twice("open", "/pictures/default/ada.svg"),
    ("guess_default_picture", 400, "malformed-user-id"): get("open", f"/pictures/default/{LONG_ID}.svg"),
    ("guess_default_picture", 404, "unknown-rendition"): get("open", "/pictures/default/ada.exe"),
    ("guess_default_picture", 503, "unavailable"): get("no directory", "/pictures/default/ada.svg"),
    # ------------------------------------------------------------ mappings
    **batch_rows("read_users", "/users/info"),
    **batch_rows("read_pack", "/images/pack"),
    **mapping_rows("read_mapping", ""),
    **mapping_rows("read_info", "/info"),
    ("read_image", 200, None): get("open", "/images/default_pfp.png"),
    ("read_image", 400, "malformed-image-id"): get("open", "/images/nonsense"),
    ("read_image", 403, "not-allowed"): get("open", "/images/default_pfp.png", **FOREIGN),
    ("read_image", 404, "unknown-image"): get("open", f"/images/{NO_SUCH_IMAGE}"),
    ("read_image", 503, "unavailable"): get("no directory", f"/images/{NO_SUCH_IMAGE}"),
    # ------------------------------------------------------------ writes
    **write_rows("replace_picture", "PUT"),
    **write_rows("remove_picture", "DELETE"),
    ("remove_picture", 200, None): delete("open", "/images/user/ada"),
    ("replace_picture", 200, None): put("real", "/images/user/ada"),
    ("replace_picture", 400, "empty-upload"): put("real", "/images/user/ada", b""),
    ("replace_picture", 400, "malformed-request"): put(
        "real", "/images/user/ada", b"no form", **{"content-type": "multipart/form-data; boundary=x"}
    ),
    ("replace_picture", 400, "malformed-crop"): put("real", "/images/user/ada?crop=0,0,97,97"),
    ("replace_picture", 413, "upload-too-large"): put("real", "/images/user/ada", b"x" * 20_000_001),
    ("replace_picture", 413, "too-many-pixels"): put("real", "/images/user/ada", photographs.png_bomb()),
    ("replace_picture", 413, "too-many-frames"): put("real", "/images/user/ada", photographs.long_animation(257)),
    ("replace_picture", 415, "not-an-image"): put("real", "/images/user/ada", b"<svg xmlns='...'/>"),
    ("replace_picture", 422, "undecodable-image"): put("real", "/images/user/ada", PHOTO[:400]),
    ("replace_picture", 422, "aspect-beyond-limit"): put("real", "/images/user/ada", photographs.png(420, 20)),
}


def test_every_answer_of_the_contract_has_a_row_here() -> None:
    missing = sorted(map(str, DECLARED - set(ROWS)))
    undeclared = sorted(map(str, set(ROWS) - DECLARED))

    assert (missing, undeclared) == ([], [])


@pytest.mark.parametrize("answer", ROWS, ids=lambda answer: " ".join(str(part) for part in answer if part))
def test_the_answer_is_produced(sites: Sites, answer: Answer) -> None:
    response = ROWS[answer](sites)

    _, status, code = answer
    assert response.status_code == status
    if code is not None:
        assert problem_of(response)["code"] == code
    assert answer in sites.seen()


def test_operation_ids_are_unique_and_say_what_they_do() -> None:
    ids = [operation["operationId"] for methods in CONTRACT["paths"].values() for operation in methods.values()]

    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() and "_" in name for name in ids)


@pytest.mark.parametrize("site", SITES)
def test_every_site_opens_and_closes(sites: Sites, site: str) -> None:
    assert sites[site].client.get("/health/live").json() == {"status": "alive"}
