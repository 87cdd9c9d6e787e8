"""The environment as values: a misspelt variable is an error, and so is a value that cannot work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from avatarium.errors import BadConfiguration
from avatarium.settings import FLAGS, PREFIX, Settings, load_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - tests clear what the caller's shell may have set

    for name in list(os.environ):  # noqa: TID251
        if name.startswith((PREFIX, "AWS_")):
            monkeypatch.delenv(name)


def test_without_any_variable_the_defaults_work_on_a_laptop() -> None:
    settings = load_settings()

    assert settings == Settings()
    assert (settings.auth, settings.origins, settings.unknown_users) == ("none", (), "default")
    assert settings.image_limits.max_bytes == 20_000_000
    assert settings.image_limits.max_pixels == 64_000_000
    assert settings.image_limits.max_frames == 256


@pytest.mark.parametrize("name", ["AVATARIUM_SECRETKEY", "AVATARIUM_ORIGIN", "AVATARIUM_", "AVATARIUM_FLAG"])
def test_a_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")

    with pytest.raises(BadConfiguration, match=f"{name} is no setting"):
        load_settings()


@pytest.mark.parametrize("name", ["AVATARIUM_TEST_PORT", "AVATAR", "MY_AVATARIUM_THING"])
def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")

    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "maybe"),
        ("ORIGINS", "example.com"),
        ("ORIGINS", "https://a.example/path"),
        ("ORIGINS", "https://a.example,ftp://b.example"),
        ("ORIGINS", "*"),
        ("FLAGS", "teleport=on"),
        ("FLAGS", "preload"),
        ("FLAGS", "preload=maybe"),
        ("UNKNOWN_USERS", "405"),
        ("FRESH_FOR_SECONDS", "0"),
        ("FRESH_FOR_SECONDS", "soon"),
        ("CACHE_SECONDS", "3601"),
        ("IMAGING_WORKERS", "0"),
        ("IMAGING_SECONDS", "-1"),
        ("MAX_UPLOAD_BYTES", "1e99"),
    ],
)
def test_a_value_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(BadConfiguration, match=f"{PREFIX}{name}"):
        load_settings()


def test_origins_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATARIUM_ORIGINS", " https://a.example/ , http://localhost:5173,, ")

    assert load_settings().origins == ("https://a.example", "http://localhost:5173")


def test_flags_are_on_unless_they_are_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().all_flags == dict.fromkeys(FLAGS, True)

    monkeypatch.setenv("AVATARIUM_FLAGS", "service_worker=off, preload=on")

    assert load_settings().all_flags == {**dict.fromkeys(FLAGS, True), "service_worker": False}


def test_a_bad_secret_is_not_repeated_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATARIUM_SECRET_KEY", "hunter2")
    monkeypatch.setenv("AVATARIUM_CACHE_SECONDS", "never")

    with pytest.raises(BadConfiguration) as caught:
        load_settings()

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(Settings(cache_seconds=1))


def test_the_credentials_of_every_s3_tool_are_taken_where_ours_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    taken = load_settings()

    monkeypatch.setenv("AVATARIUM_S3_ACCESS_KEY_ID", "ours")
    mixed = load_settings()

    assert (taken.s3_access_key_id, taken.s3_secret_access_key.get_secret_value()) == ("theirs", "hunter2")
    assert "hunter2" not in repr(taken)
    assert (mixed.s3_access_key_id, mixed.s3_session_token.get_secret_value()) == ("ours", "")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().auth = "demo"  # type: ignore[misc]


def test_every_setting_is_described() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_the_example_environment_names_every_setting_and_spells_defaults_that_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    lines = [line.removeprefix("#") for line in text.splitlines() if line.startswith(f"#{PREFIX}")]
    pairs = dict(line.split("=", 1) for line in lines)
    for name, value in pairs.items():
        monkeypatch.setenv(name, value)

    assert set(pairs) == {PREFIX + name.upper() for name in Settings.model_fields}
    assert load_settings() == Settings()


def test_contract_and_example_environment_are_what_the_code_says() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/export_contract.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout) == (0, "")
