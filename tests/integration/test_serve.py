"""`avatarium serve` and `avatarium check` as a person runs them."""

from __future__ import annotations

import hashlib
import signal
import stat
from typing import TYPE_CHECKING

import httpx2
import pytest

import photographs
from integration.processes import descendants, environment, launched, run, serving, wait_until_gone

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.enable_socket]

ADA = "/images/user/ada"
SECRET = "a secret of the deployment, of 40 bytes."


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def phone_photo() -> bytes:
    return photographs.oriented_jpeg(photographs.noise(3024, 4032), 6)


def test_a_phone_photo_is_there_again_after_a_restart(tmp_path: Path, log: Path) -> None:
    env = environment(tmp_path / "data")
    with serving("serve", env=env, log=log) as server:
        uploaded = server.client.put(ADA, content=phone_photo()).json()
        before = {name: server.client.get(url).content for name, url in uploaded["urls"].items()}
        code = server.stop()
    with serving("serve", env=env, log=log) as server:
        found = server.client.get(ADA)
        after = {name: server.client.get(url).content for name, url in found.json()["urls"].items()}
        again = server.client.put(ADA, content=phone_photo()).json()

    assert code in {0, -signal.SIGTERM}
    assert found.json() == uploaded == again
    assert found.headers["date"]
    assert after == before
    assert {name: hashlib.sha256(data).hexdigest() for name, data in after.items()} == uploaded["digests"]
    assert len(after["128.webp"]) < 8_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_with_all_of_its_workers(
    tmp_path: Path, log: Path, number: signal.Signals
) -> None:
    with serving("serve", env=environment(tmp_path / "data"), log=log) as server:
        assert server.client.put(ADA, content=photographs.jpeg()).status_code == 200
        started = descendants(server.process)
        code = server.stop(number)

    assert started
    assert wait_until_gone(started) == set()
    assert code in {0, -number}
    assert "Traceback" not in log.read_text()


def test_two_processes_that_start_at_once_are_one_deployment(tmp_path: Path, log: Path) -> None:
    env = environment(tmp_path / "data")
    with launched("serve", env=env, log=log) as one, launched("serve", env=env, log=log) as other:
        one.wait_until_ready()
        other.wait_until_ready()
        by_one = one.client.put(ADA, content=photographs.jpeg()).json()
        by_other = other.client.get(ADA).json()
        again = other.client.put(ADA, content=photographs.jpeg()).json()
        data = other.client.get(by_one["url"]).content
        default = one.client.get("/images/user/alan").json()["url"]
        drawn = other.client.get(default)

    assert by_one == by_other == again
    assert hashlib.sha256(data).hexdigest() == by_one["digest"]
    assert drawn.status_code == 200  # its key was made by the other process, with the same secret
    file = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_raw_path_reaches_the_service_as_it_was_sent(tmp_path: Path, log: Path) -> None:
    """The server in front, and not only the test client, must keep what was sent."""
    with serving("serve", env=environment(tmp_path / "data"), log=log) as server:
        codes = {
            path: server.client.get(f"/images/user/{path}").json().get("code")
            for path in ("a%2Fb", "%FF", "%2E%2E", "x%2Finfo", "%C3%BC")
        }
        head = server.client.head(ADA)

    malformed = "malformed-user-id"
    assert codes == {"a%2Fb": malformed, "%FF": malformed, "%2E%2E": malformed, "x%2Finfo": malformed, "%C3%BC": None}
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0


def test_an_upload_that_is_too_large_is_refused_before_it_was_sent(tmp_path: Path, log: Path) -> None:
    env = environment(tmp_path / "data", AVATARIUM_MAX_UPLOAD_BYTES="1000")
    with serving("serve", env=env, log=log) as server:
        declared = server.client.put(ADA, content=b"x" * 1001)
        streamed = httpx2.put(server.client.base_url.join(ADA), content=iter([b"x" * 600] * 2), trust_env=False)

    assert [response.json()["code"] for response in (declared, streamed)] == ["upload-too-large"] * 2


# ---------------------------------------------------------------- refusals at the start


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7"])  # noqa: S104 - refused is the point
def test_without_sign_in_it_does_not_listen_to_other_machines(tmp_path: Path, host: str) -> None:
    ended = run("serve", "--host", host, "--port", "0", env=environment(tmp_path))

    assert ended.returncode == 1
    assert "AVATARIUM_AUTH=none" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("AVATARIUM_ORIGIN", "https://a.example"), ("AVATARIUM_CACHE_SECONDS", "soon"), ("AVATARIUM_SECRET_KEY", "short")],
)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_setting_that_cannot_work_is_one_line_that_names_it(
    tmp_path: Path, command: str, name: str, value: str
) -> None:
    ended = run(command, env=environment(tmp_path, **{name: value}))

    assert ended.returncode == 1
    assert name in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


# ---------------------------------------------------------------- check


def test_check_prints_every_setting_with_its_origin_and_masks_the_secret(tmp_path: Path) -> None:
    env = environment(tmp_path, AVATARIUM_SECRET_KEY=SECRET, AVATARIUM_AUTH="demo")

    ended = run("check", env=env)

    lines = {line.split()[0]: line for line in ended.stdout.splitlines() if line.startswith("AVATARIUM_")}
    assert ended.returncode == 0
    assert SECRET not in ended.stdout + ended.stderr
    assert "environment" in lines["AVATARIUM_SECRET_KEY"]
    assert "**" in lines["AVATARIUM_SECRET_KEY"]
    assert "environment" in lines["AVATARIUM_AUTH"]
    assert "default" in lines["AVATARIUM_CACHE_SECONDS"]
    assert "Every engine answers." in ended.stdout


def test_check_says_which_engine_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "avatarium.sqlite3").write_bytes(b"no database\n" * 100)

    ended = run("check", env=environment(tmp_path))

    assert ended.returncode == 1
    assert "The directory does not answer." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    ended = run("--version", env=environment(tmp_path))

    assert ended.stdout.strip() == "avatarium 0.1.0"
