"""HEIC, by the extra: with it like every other format, without it a hint."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING

import pillow_heif
import pytest
from PIL import Image

import photographs
from avatarium.errors import MalformedCrop, NotAnImage, TooManyPixels, UndecodableImage
from avatarium.imaging import render
from avatarium.model import CropBox, ImageLimits
from contexts import run

if TYPE_CHECKING:
    from types import ModuleType

    import pyvips

LIMITS = ImageLimits()


def heic(shown: pyvips.Image) -> bytes:
    mode = "RGBA" if shown.bands == 4 else "RGB"
    picture = Image.frombytes(mode, (shown.width, shown.height), bytes(shown.write_to_memory()))
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=95)
    return file.getvalue()


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def refuse(name: str, package: str | None = None) -> ModuleType:
        if name in {"pillow_heif", "pi_heif"}:
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", refuse)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (333, 221)])
def test_a_phones_picture_is_read(width: int, height: int) -> None:
    context = run(heic(photographs.quarters(width, height)), crop=CropBox(0, 0, 100, 100))

    assert context.content_type == "image/heic"
    assert context.header.shown == (width // 2 * 2, height // 2 * 2)
    assert context.squares[512](256, 256) == pytest.approx(photographs.RED, abs=8)


def test_transparency_is_kept() -> None:
    context = run(heic(photographs.plain(64, 64, (200, 10, 10, 90))))

    assert context.squares[64](32, 32)[3] == pytest.approx(90, abs=8)


def test_the_limits_hold_before_a_pixel_is_decoded() -> None:
    with pytest.raises(TooManyPixels):
        render(heic(photographs.plain(64, 64)), None, ImageLimits(max_pixels=1000))
    with pytest.raises(MalformedCrop):
        render(heic(photographs.plain(64, 64)), CropBox(60, 60, 10, 10), LIMITS)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_file_that_is_cut_short_is_refused(share: float) -> None:
    upload = heic(photographs.noise(320, 320))

    with pytest.raises(UndecodableImage):
        render(upload[: int(len(upload) * share)], None, LIMITS)


@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_the_answer_says_what_to_do() -> None:
    with pytest.raises(NotAnImage, match=r"avatarium\[heic\].* JPEG"):
        render(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", None, LIMITS)


def test_gray_pictures_are_read_too() -> None:
    gray = Image.new("L", (64, 64), 120)
    file = io.BytesIO()
    pillow_heif.from_pillow(gray).save(file, quality=95)

    assert run(file.getvalue()).squares[64](32, 32)[:3] == pytest.approx([120, 120, 120], abs=4)
