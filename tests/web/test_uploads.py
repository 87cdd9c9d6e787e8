"""Changing a picture over HTTP: bodies, limits, preconditions, sign-in, and writes from other sites."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

import photographs
from avatarium.adapters.memory import ManualClock, ThreadImageProcessor
from avatarium.model import ImageLimits, UserId
from avatarium.web.identity import COOKIE, SESSION_SECONDS, SessionIdentity
from sites import Exhausted, Site, open_site, problem_of
from worlds import EPOCH, World

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = "/images/user/ada"
SAME_ORIGIN = {"origin": "http://localhost"}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(max_upload_bytes=1000) as opened:
        yield opened


@pytest.fixture(scope="module")
def real() -> Iterator[Site]:
    with open_site(World(processor=ThreadImageProcessor(ImageLimits()))) as opened:
        yield opened


@pytest.fixture(scope="module")
def opened_demo() -> Iterator[Site]:
    with open_site(auth="demo") as opened:
        yield opened


@pytest.fixture
def demo(opened_demo: Site) -> Site:
    """The demo, with nobody signed in."""
    opened_demo.sign_in(None)
    return opened_demo


# ---------------------------------------------------------------- bodies


def test_an_upload_becomes_the_ladder_and_comes_back_as_it_was_encoded(real: Site) -> None:
    mapping = real.upload("ada", photographs.jpeg())

    assert mapping["revision"] == 1
    assert len(mapping["urls"]) == 8
    assert real.client.get(mapping["urls"]["512.jpg"]).content.startswith(b"\xff\xd8\xff")
    assert real.client.get(mapping["urls"]["64.webp"]).content[8:12] == b"WEBP"


@pytest.mark.parametrize("content_type", ["image/png", "text/html", "application/octet-stream", ""])
def test_the_content_type_is_not_asked_the_bytes_are(real: Site, content_type: str) -> None:
    """Trap 50."""
    good = real.client.put(ADA, content=photographs.jpeg(), headers={"content-type": content_type})
    bad = real.client.put(ADA, content=b"<html>", headers={"content-type": content_type})

    assert real.client.get(good.json()["url"]).headers["content-type"] == "image/webp"
    assert problem_of(bad)["code"] == "not-an-image"


def test_a_crop_box_chooses_the_part(real: Site) -> None:
    upload = bytes(photographs.quarters(200, 200).pngsave_buffer())

    colors = [
        real.client.put(f"{ADA}?crop={box}", content=upload).json()["color"]
        for box in ("0,0,100,100", "100,0,100,100", "0,100,100,100", "100,100,100,100")
    ]

    assert colors == ["#dc1e28", "#14a03c", "#1e3cc8", "#f0d228"]


@pytest.mark.parametrize("crop", ["", "1,2,3", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "0,0,97,96", "96,0,1,1", "1e3,0,1,1"])
def test_a_crop_box_outside_of_the_picture_is_malformed(real: Site, crop: str) -> None:
    response = real.client.put(f"{ADA}?crop={crop}", content=photographs.jpeg())

    assert (response.status_code, problem_of(response)["code"]) == (400, "malformed-crop")


@pytest.mark.parametrize("declared", ["declared", "streamed"])
def test_an_upload_of_more_than_the_limit_is_refused(site: Site, declared: str) -> None:
    data = b"x" * 1001

    response = site.client.put(ADA, content=data if declared == "declared" else iter([data[:900], data[900:]]))

    assert (response.status_code, problem_of(response)["code"]) == (413, "upload-too-large")
    assert site.client.get(ADA).json()["revision"] == 0


@pytest.mark.parametrize("declared", ["declared", "streamed"])
def test_an_upload_of_exactly_the_limit_is_taken(site: Site, declared: str) -> None:
    data = b"x" * 1000

    response = site.client.put(ADA, content=data if declared == "declared" else iter([data[:900], data[900:]]))

    assert response.json()["revision"] == 1


@pytest.mark.parametrize("length", ["0", "-1", "ten", "１０"])
def test_a_declared_length_is_not_believed(site: Site, length: str) -> None:
    response = site.client.put(ADA, content=iter([b"x" * 1001]), headers={"content-length": length.encode()})

    assert problem_of(response)["code"] == "upload-too-large"


def test_the_limit_of_an_upload_holds_before_anything_is_decoded(real: Site) -> None:
    """Trap 49."""
    response = real.client.put(ADA, content=photographs.png_bomb())

    assert (response.status_code, problem_of(response)["code"]) == (413, "too-many-pixels")
    assert "20000 x 20000" in response.json()["detail"]


# ---------------------------------------------------------------- preconditions


def test_a_write_with_the_tag_of_the_current_mapping_goes_through_once(site: Site) -> None:
    tag = site.client.put(ADA, content=b"one").headers["etag"]

    first = site.client.put(ADA, content=b"two", headers={"if-match": tag})
    second = site.client.put(ADA, content=b"three", headers={"if-match": tag})

    assert (first.status_code, first.json()["revision"]) == (200, 2)
    assert (second.status_code, problem_of(second)["code"]) == (412, "precondition-failed")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("*", 200),
        (" * ", 200),
        ('"{epoch}-r1-0000000000000000"', 200),
        ('"x", "{epoch}-r1-0000000000000000" , "y"', 200),
        ('W/"{epoch}-r1-0000000000000000"', 412),
        ('"{epoch}-r2-0000000000000000"', 412),
        ('"bbbbbbbbbbbbbbbbbbbbbbbbbb-r1-0000000000000000"', 412),
        ('"{epoch}-r1"', 412),
        ("{epoch}-r1-0000000000000000", 412),
        ('""', 412),
        ("", 412),
    ],
)
def test_if_match_compares_epoch_and_revision(real: Site, sent: str, status: int) -> None:
    path = f"/images/user/{hashlib.sha256(sent.encode()).hexdigest()}"
    assert real.client.put(path, content=photographs.jpeg()).json()["revision"] == 1

    response = real.client.delete(path, headers={"if-match": sent.replace("{epoch}", EPOCH)})

    assert response.status_code == status


def test_the_first_picture_can_be_conditional_too(site: Site) -> None:
    tag = site.client.get(ADA).headers["etag"]

    assert site.client.put(ADA, content=b"photo", headers={"if-match": tag}).json()["revision"] == 1


# ---------------------------------------------------------------- removing


def test_removing_goes_back_to_the_default_picture_and_twice_is_once(site: Site) -> None:
    before = site.upload("ada")

    answers = [site.client.delete(ADA) for _ in range(2)]

    assert [answer.json()["revision"] for answer in answers] == [2, 2]
    assert [answer.json()["image_id"] for answer in answers] == [None, None]
    assert answers[0].headers["etag"] == answers[1].headers["etag"] == site.client.get(ADA).headers["etag"]
    assert site.client.get(before["url"]).status_code == 200  # trap 13: old references go on working


def test_two_people_with_the_same_photo_keep_apart(site: Site) -> None:
    ada, alan = site.upload("ada"), site.upload("alan")

    site.client.delete(ADA)

    assert ada["image_id"] != alan["image_id"]
    assert site.client.get("/images/user/alan").json() == alan


def test_the_same_upload_twice_is_one_revision(site: Site) -> None:
    assert site.upload("ada") == site.upload("ada")


# ---------------------------------------------------------------- limits of rate


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ADA), ("DELETE", ADA), ("POST", "/images/pack"), ("POST", "/users/info")]
)
def test_a_caller_that_used_up_its_share_is_told_when_to_come_back(method: str, path: str) -> None:
    with open_site(limiter=Exhausted) as site:
        response = site.client.request(method, path, content=b"x")

    assert (response.status_code, problem_of(response)["code"]) == (429, "too-many-requests")
    assert response.headers["retry-after"] == "7"


def test_shares_are_settings_and_reading_one_mapping_is_free() -> None:
    with open_site(limit_uploads="2/hour", limit_reads="3/hour") as site:
        uploads = [site.client.put(ADA, content=b"x").status_code for _ in range(3)]
        packs = [site.client.post("/images/pack", json={"user_ids": []}).status_code for _ in range(4)]
        reads = [site.client.get(ADA).status_code for _ in range(10)]

    assert uploads == [200, 200, 429]
    assert packs == [200, 200, 200, 429]
    assert set(reads) == {200}


# ---------------------------------------------------------------- who


def test_nobody_is_asked_to_sign_in_first(demo: Site) -> None:
    response = demo.client.put(ADA, content=b"photo")

    assert (response.status_code, problem_of(response)["code"]) == (401, "sign-in-required")
    assert response.headers["www-authenticate"] == 'Cookie realm="avatarium"'


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [
        ("amara-okafor", "amara-okafor", 200),
        ("amara-okafor", "tomas-herrera", 403),
        ("samuel-adeyemi", "tomas-herrera", 200),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_owners_and_administrators_write_and_nobody_else(
    demo: Site, who: str, whose: str, status: int, method: str
) -> None:
    demo.sign_in(who)

    response = demo.client.request(method, f"/images/user/{whose}", content=b"photo", headers=SAME_ORIGIN)

    assert response.status_code == status


def test_everybody_reads(demo: Site) -> None:
    assert demo.client.get(ADA).status_code == 200
    assert demo.client.post("/images/pack", json={"user_ids": ["ada"]}).status_code == 200


def _cookies() -> dict[str, str]:
    people = {UserId("samuel-adeyemi"): True}
    token = SessionIdentity(b"another deployment's key, 32 bytes", people, ManualClock()).token(
        UserId("samuel-adeyemi")
    )
    _, body, signature = token.split(".")
    return {
        "of another deployment": token,
        "alg none": f"eyJhbGciOiJub25lIn0.{body}.",
        "alg none with a signature": f"eyJhbGciOiJub25lIn0.{body}.{signature}",
        "garbage": "garbage",
        "empty": "",
        "latin": "\xff\xfe",
    }


@pytest.mark.parametrize("name", _cookies())
def test_a_cookie_that_is_not_ours_is_nobodys(demo: Site, name: str) -> None:
    cookie = f"{COOKIE}={_cookies()[name]}".encode("latin-1")

    response = demo.client.put(ADA, content=b"photo", headers={**SAME_ORIGIN, "cookie": cookie})

    assert problem_of(response)["code"] == "sign-in-required"


def test_a_tampered_cookie_is_nobodys(demo: Site) -> None:
    demo.sign_in("samuel-adeyemi")
    token = demo.client.cookies[COOKIE]
    head, body, signature = token.split(".")
    demo.client.cookies.clear()

    for cookie in (f"{head}.{body}.{signature[::-1]}", f"{head}.{body[:-4]}AAAA.{signature}", f"{head}.{body}"):
        headers = {**SAME_ORIGIN, "cookie": f"{COOKIE}={cookie}"}
        assert demo.client.put(ADA, content=b"photo", headers=headers).status_code == 401
    headers = {**SAME_ORIGIN, "cookie": f"{COOKIE}={token}"}
    assert demo.client.put(ADA, content=b"photo", headers=headers).status_code == 200


def test_a_session_that_ended_is_nobodys(demo: Site) -> None:
    assert demo.pictures.session is not None
    clock = ManualClock(start=1_000_000_000)  # long before now
    old = SessionIdentity(demo.pictures.session.secret, demo.pictures.session.people, clock)
    token = old.token(UserId("samuel-adeyemi"))

    response = demo.client.put(ADA, content=b"photo", headers={**SAME_ORIGIN, "cookie": f"{COOKIE}={token}"})

    assert SESSION_SECONDS < 10**8
    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"cookie": "any=thing"},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_from_another_site_is_refused_in_every_mode(
    real: Site, demo: Site, headers: dict[str, str], method: str
) -> None:
    demo.sign_in("samuel-adeyemi")

    for where in (real, demo):
        response = where.client.request(method, ADA, content=b"photo", headers=headers)
        assert (response.status_code, problem_of(response)["code"]) == (403, "cross-site-write")


@pytest.mark.parametrize("headers", [{"origin": "http://localhost"}, {"sec-fetch-site": "same-origin"}])
def test_a_write_from_our_own_page_goes_through(demo: Site, headers: dict[str, str]) -> None:
    demo.sign_in("samuel-adeyemi")

    assert demo.client.put(ADA, content=b"photo", headers=headers).status_code == 200


def test_a_write_from_an_allowed_origin_goes_through() -> None:
    with open_site(origins="https://app.example") as site:
        response = site.client.put(ADA, content=b"photo", headers={"origin": "https://app.example"})

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.0.7", "["])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ADA), ("GET", f"{ADA}/info"), ("PUT", ADA), ("DELETE", ADA), ("POST", "/images/pack"),
     ("POST", "/users/info"), ("GET", "/images/default_pfp.png")],
)  # fmt: skip
def test_without_sign_in_a_foreign_name_is_refused(real: Site, method: str, path: str, host: str) -> None:
    """A name that was rebound to this machine must not reach it."""
    response = real.client.request(method, path, headers={"host": host})

    assert (response.status_code, problem_of(response)["code"]) == (403, "not-allowed")
