"""The composition root: what the settings make, and what cannot be made."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

import photographs
from avatarium.adapters.system import SystemClock
from avatarium.app import DEMO_PEOPLE, Avatarium, json_script
from avatarium.errors import BadConfiguration, NotAllowed
from avatarium.model import UserId, Viewer
from avatarium.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a key that a person chose, of 32 characters"


def settings(folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - whatever Settings takes
    return Settings(data_dir=folder, **values)


async def test_on_its_defaults_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "hére 50%20 #1"
    async with Avatarium(settings=settings(folder)) as pictures:
        first = await pictures.replace("ada", photographs.jpeg(), by=Viewer.service())
    async with Avatarium(settings=settings(folder)) as pictures:
        again = (await pictures.resolve("ada")).picture
        same = await pictures.replace("ada", photographs.jpeg(), by=Viewer.service())

    assert again == first == same
    assert {path.name for path in folder.iterdir()} >= {"avatarium.sqlite3", "objects", "secret.key"}


async def test_directory_and_objects_can_be_given_in_the_constructor(tmp_path: Path) -> None:
    directory = f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.sqlite3'}"
    objects = tmp_path / "all bytes"
    held = settings(tmp_path / "data", secret_key=SecretStr(SECRET))

    async with Avatarium(directory=directory, objects=objects.as_uri(), settings=held) as pictures:
        await pictures.replace("ada", photographs.jpeg(), by=Viewer.service())

    assert (tmp_path / "elsewhere.sqlite3").exists()
    assert len([path for path in objects.rglob("*") if path.is_file()]) == 9  # eight renditions and the master
    assert not (tmp_path / "data").exists()


async def test_bytes_may_live_in_memory(tmp_path: Path) -> None:
    held = settings(tmp_path, objects_url="memory://")

    async with Avatarium(settings=held) as pictures:
        picture = await pictures.replace("ada", photographs.jpeg(), by=Viewer.service())
        assert picture.image is not None
        name = picture.image.renditions[0].name
        assert await pictures.service.rendition_bytes(picture.image.image_id, name)

    assert not (tmp_path / "objects").exists()


@pytest.mark.parametrize("url", ["s3:/bucket", "file:relative", "file://host/folder", "ftp://host/x", "nonsense"])
async def test_a_byte_store_that_nobody_has_is_refused_at_the_start(tmp_path: Path, url: str) -> None:
    pictures = Avatarium(settings=settings(tmp_path, objects_url=url))

    with pytest.raises(BadConfiguration, match="AVATARIUM_OBJECTS_URL"):
        async with pictures:
            pass


def test_a_rule_of_rate_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="60/minute"):
        Avatarium(settings=settings(tmp_path, limit_uploads="often"))


# ---------------------------------------------------------------- the key of the deployment


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"

    Avatarium(settings=settings(tmp_path))
    key = file.read_text()
    Avatarium(settings=settings(tmp_path))

    assert len(key) == 64
    assert file.read_text() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_many_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    held = settings(tmp_path, auth="demo")

    with ThreadPoolExecutor(8) as threads:
        started = list(threads.map(lambda _: Avatarium(settings=held), range(16)))

    secrets = {pictures.session.secret for pictures in started if pictures.session}
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_was_given_makes_no_file(tmp_path: Path) -> None:
    Avatarium(settings=settings(tmp_path, secret_key=SecretStr(SECRET)))

    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="at least 32"):
        Avatarium(settings=settings(tmp_path, secret_key=SecretStr("hunter2")))


@pytest.mark.parametrize("content", ["", "short", "\n"])
def test_a_key_file_that_was_cut_short_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)

    with pytest.raises(BadConfiguration, match="key"):
        Avatarium(settings=settings(tmp_path))


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadConfiguration, match="AVATARIUM_DATA_DIR"):
        Avatarium(settings=settings(tmp_path / "file" / "data"))


def test_a_key_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()

    with pytest.raises(BadConfiguration, match="key"):
        Avatarium(settings=settings(tmp_path))


# ---------------------------------------------------------------- modes


def test_sign_in_exists_in_the_demo_only(tmp_path: Path) -> None:
    demo = Avatarium(settings=settings(tmp_path, auth="demo"))

    assert Avatarium(settings=settings(tmp_path)).session is None
    assert demo.session is not None
    assert demo.session.people == DEMO_PEOPLE
    with pytest.raises(NotAllowed):
        demo.session.token(UserId("ada"))


def test_a_session_key_is_not_the_deployments_key(tmp_path: Path) -> None:
    demo = Avatarium(settings=settings(tmp_path, auth="demo", secret_key=SecretStr(SECRET)))

    assert demo.session is not None
    assert SECRET.encode() not in demo.session.secret


async def test_mode_none_says_loudly_what_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Avatarium(settings=settings(tmp_path)):
        pass

    assert "development-only" in caplog.text


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "<script", "\u2028\u2029", "&amp;", '"', "\\", "ünïcødé 🦊", "<" * 100]
)
def test_json_in_a_page_comes_back_whole_and_cannot_end_its_element(text: str) -> None:
    script = json_script("some-id", {"text": text})

    opening, closing = '<script type="application/json" id="some-id">', "</script>"
    assert script.startswith(opening)
    assert script.endswith(closing)
    inside = script[len(opening) : -len(closing)]
    assert "<" not in inside
    assert json.loads(inside) == {"text": text}


def test_the_machines_clock_goes_on() -> None:
    clock = SystemClock()

    assert clock.now() > 1_750_000_000
    assert clock.monotonic() <= clock.monotonic()
