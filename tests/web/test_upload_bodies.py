"""The body of an upload: raw or a form, bounded while it is read, never held twice."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

import photographs
from avatarium.adapters.memory import ThreadImageProcessor
from avatarium.errors import AvatariumError, MalformedRequest, TooManyRequests, UploadTooLarge
from avatarium.model import ImageLimits
from avatarium.web.uploads import MAX_FRAMING_BYTES, Upload, read_upload
from doubles import StubImageProcessor
from sites import Site, open_site, problem_of
from worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = "/images/user/ada"
BOUNDARY = b"a-line-of-our-own"
FORM = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def request_of(chunks: list[bytes], content_type: str = "", length: int | None = None) -> Request:
    """A request whose body comes in `chunks`; asking for more than there are is an error."""
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    headers = [(b"content-type", content_type.encode())] if content_type else []
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": headers}, receive)


def part(name: str, data: bytes, extra: bytes = b"") -> bytes:
    head = b'Content-Disposition: form-data; name="' + name.encode() + b'"' + extra
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + data + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"


async def test_a_raw_body_is_taken_as_it_is() -> None:
    assert await read_upload(request_of([b"abc", b"", b"def"]), 6) == Upload(b"abcdef")


@given(cuts=st.lists(st.integers(0, 400), max_size=10))
async def test_a_form_is_read_however_it_is_cut_into_chunks(cuts: list[int]) -> None:
    body = part("crop", b"1,2,3,4") + part("file", b"\r\n--a-line\r\n" * 9, b'; filename="../../x.html"') + END
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    chunks = [body[start:stop] for start, stop in itertools.pairwise(edges)]

    upload = await read_upload(request_of(chunks, FORM), 1000)

    assert upload == Upload(b"\r\n--a-line\r\n" * 9, "1,2,3,4")


@pytest.mark.parametrize("kind", ["", FORM])
async def test_reading_stops_at_the_first_byte_beyond_the_limit(kind: str) -> None:
    start = [part("file", b"")[:-2]] if kind else []
    endless = [*start, *[b"x" * 65_536] * 1000]
    request = request_of(endless, kind)

    with pytest.raises(UploadTooLarge):
        await read_upload(request, 100_000)

    message = await request.receive()
    assert message["more_body"]  # most of it was never asked for


@pytest.mark.parametrize("kind", ["", FORM])
async def test_a_declared_length_beyond_the_limit_is_refused_before_reading(kind: str) -> None:
    request = request_of([], kind, length=3_000_000_000)

    with pytest.raises(UploadTooLarge):
        await read_upload(request, 20_000_000)


@pytest.mark.parametrize("kind", ["", FORM])
async def test_a_body_is_never_held_twice(kind: str) -> None:
    size, step = 20_000_000, 65_536
    pieces = [b"x" * step] * (size // step)
    chunks = [part("file", b"")[:-2], *pieces, b"\r\n" + END] if kind else pieces
    request = request_of(chunks, kind)
    tracemalloc.start()

    upload = await read_upload(request, size)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(upload.data) == len(pieces) * step
    assert peak < 1.3 * size


@pytest.mark.parametrize(
    "body",
    [
        b"",
        END,
        part("picture", b"x") + END,
        part("file", b"x"),
        part("file", b"x") + part("file", b"y") + END,
        part("crop", b"x") * 9 + END,
        b"not a form at all",
        b"--" + BOUNDARY + b"\r\n" + b"X: y\r\n" * 500,
    ],
    ids=["nothing", "no part", "another field", "no end", "two files", "many parts", "no form", "many headers"],
)
async def test_a_form_that_is_no_upload_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        await read_upload(request_of([body], FORM), 1000)


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'x' * 500}"])
async def test_a_form_without_a_usable_boundary_is_malformed(boundary: str) -> None:
    with pytest.raises(MalformedRequest):
        await read_upload(request_of([b"x"], f"multipart/form-data{boundary}"), 1000)


async def test_what_stands_around_the_file_is_bounded_too() -> None:
    with pytest.raises(UploadTooLarge):
        await read_upload(request_of([part("note", b"x" * 2000)], FORM), 10_000_000)
    with pytest.raises(UploadTooLarge):
        await read_upload(request_of([b"\r\n" * MAX_FRAMING_BYTES], FORM), 1000)


@given(st.binary(max_size=300), st.sampled_from([part("file", b"x"), part("crop", b"1"), b"--" + BOUNDARY, END, b""]))
async def test_any_body_is_an_upload_or_our_error(noise: bytes, start: bytes) -> None:
    try:
        upload = await read_upload(request_of([start + noise + END], FORM), 1000)
    except AvatariumError as error:
        if not 400 <= error.status < 500:
            raise
    else:
        assert isinstance(upload.data, bytes)


# ---------------------------------------------------------------- over HTTP


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(World(processor=ThreadImageProcessor(ImageLimits()))) as opened:
        yield opened


def test_a_form_is_the_same_upload_as_the_raw_body(site: Site) -> None:
    """Trap 50: the name and the type that come with a file are not asked."""
    upload = photographs.jpeg()

    raw = site.client.put(ADA, content=upload).json()
    form = site.client.put(ADA, files={"file": ("x.html", upload, "text/html")}).json()

    assert form == raw


def test_a_form_may_say_which_part_is_wanted(site: Site) -> None:
    upload = bytes(photographs.quarters(200, 200).pngsave_buffer())

    by_field = site.client.put(ADA, files={"file": ("x.png", upload)}, data={"crop": "100,0,100,100"}).json()
    by_query = site.client.put(f"{ADA}?crop=100,0,100,100", content=upload).json()
    wrong = site.client.put(ADA, files={"file": ("x.png", upload)}, data={"crop": "nowhere"})

    assert by_field == by_query
    assert by_field["color"] == "#14a03c"
    assert (wrong.status_code, problem_of(wrong)["code"]) == (400, "malformed-crop")


def test_an_empty_file_is_an_empty_upload(site: Site) -> None:
    response = site.client.put(ADA, files={"file": ("x.png", b"")})

    assert (response.status_code, problem_of(response)["code"]) == (400, "empty-upload")


class FullImageProcessor(StubImageProcessor):
    """Takes no more."""

    def check_room(self) -> None:
        raise TooManyRequests("Too many pictures are being worked on.", retry_after_seconds=3)


def test_when_the_queue_is_full_the_body_is_not_even_read() -> None:
    with open_site(World(processor=FullImageProcessor()), max_upload_bytes=1000) as full:
        response = full.client.put(ADA, content=b"x" * 1001)  # it would be 413 if it were read

    assert (response.status_code, problem_of(response)["code"]) == (429, "too-many-requests")
    assert response.headers["retry-after"] == "3"


MOVING = photographs.animation([photographs.RED, photographs.BLUE])


def test_a_picture_that_moves_says_so_and_its_motion_can_be_fetched(site: Site) -> None:
    mapping = site.client.put(ADA, content=MOVING).json()

    assert mapping["animated"]
    assert mapping["animated_sizes"] == [64, 128, 256]
    moving = site.client.get(mapping["urls"]["128-animated.webp"])
    assert (moving.status_code, moving.headers["content-type"]) == (200, "image/webp")
    assert b"ANIM" in moving.content
    assert b"ANIM" not in site.client.get(mapping["url"]).content


def test_a_png_with_transparency_lists_its_lossless_format(site: Site) -> None:
    mapping = site.client.put(ADA, content=photographs.png(color=(9, 9, 9, 9))).json()

    assert mapping["formats"] == ["webp", "jpg", "png"]
    assert site.client.get(mapping["urls"]["128.png"]).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("upload", "status", "code"),
    [
        (photographs.png_bomb(), 413, "too-many-pixels"),
        (photographs.long_animation(10_000), 413, "too-many-frames"),
        (bytes(photographs.noise(300, 300).jpegsave_buffer())[:9000], 422, "undecodable-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415, "not-an-image"),
        (b"%PDF-1.7", 415, "not-an-image"),
    ],
    ids=["bomb", "frames", "half a jpeg", "svg", "pdf"],
)
def test_what_hurts_gets_its_problem(site: Site, upload: bytes, status: int, code: str) -> None:
    """Traps 49 and 50."""
    response = site.client.put(ADA, content=upload)

    assert (response.status_code, problem_of(response)["code"]) == (status, code)
