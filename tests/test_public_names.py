"""The public names of the package: held, so that none comes or goes unnoticed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import avatarium


def test_the_public_names_are_these() -> None:
    assert sorted(avatarium.__all__) == [
        "Avatarium",
        "AvatariumError",
        "ImageId",
        "Settings",
        "UserId",
        "Viewer",
        "create_app",
    ]


@pytest.mark.parametrize("name", avatarium.__all__)
def test_every_public_name_is_there_and_is_described(name: str) -> None:
    assert getattr(avatarium, name).__doc__


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        avatarium.nothing_of_the_kind  # noqa: B018 - the look-up is the point


def test_importing_the_package_imports_no_framework() -> None:
    code = "import sys, avatarium; print({'fastapi', 'sqlalchemy', 'pyvips'} & set(sys.modules))"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "set()"
