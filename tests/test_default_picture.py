"""The default picture: initials that survive every script, colours that can be read, keys that cannot be minted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from avatarium.default_picture import DefaultPicture, background, hue, initials
from avatarium.errors import UnknownImage
from avatarium.model import LADDER

SECRET = b"a deployment's key, for default pictures"
GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "contract" / "golden" / "default-pictures.json").read_text(encoding="utf-8")
)
NAMES = {
    "Ada Lovelace": "AL",
    "ada lovelace": "AL",
    "Ada": "A",
    "  Ada   King\tLovelace\n": "AL",
    "Anne-Marie O'Neill": "AO",
    "(Ada) 'Lovelace'": "AL",
    "--- Ada": "A",
    "ada@example.com": "A",
    "ßeta": "S",
    "ŉovak": "ʼ",
    "山田 太郎": "山太",
    "山田太郎": "山",
    "محمد علي": "مع",
    "क्षितिज शर्मा": "क्षिश",
    "e\u0301mile zola": "E\u0301Z",
    "ışık ince": "II",
    "👩‍👩‍👧‍👦 Family": "👩‍👩‍👧‍👦",
    "👍🏽 Good": "👍🏽",
    "🇧🇷 Brasil": "🇧🇷",
    "Sam 🚀": "S🚀",
    "1️⃣ First": "1️⃣F",
    "42": "4",
    "...": "",
    "!!! ???": "",
    "$ € £": "",
    "": "",
    " \t\n ": "",
    "\u200b": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_initials_are_whole_characters_as_people_see_them(name: str) -> None:
    """Trap 47."""
    assert initials(name) == NAMES[name]


def test_a_name_of_ten_thousand_letters_has_one_initial() -> None:
    assert initials("x" * 10_000) == "X"
    assert initials("x " * 10_000) == "XX"


@given(st.text())
def test_initials_are_at_most_two_clusters_of_any_name(name: str) -> None:
    assert len(regex.findall(r"\X", initials(name))) <= 2


@pytest.mark.parametrize("vector", GOLDEN["messages"], ids=lambda vector: vector["name"])
def test_the_golden_vectors_hold(vector: dict[str, Any]) -> None:
    body = vector["body"]
    drawing = DefaultPicture.of(body["user_id"], body["name"])

    assert (drawing.initials, drawing.hue) == (body["initials"], body["hue"])
    assert background(drawing.hue) == body["background"]


def test_the_golden_backgrounds_hold() -> None:
    assert [background(degrees) for degrees in range(360)] == GOLDEN["backgrounds"]


@pytest.mark.parametrize(("user_id", "expected"), [("", 2166136261 % 360), ("a", 0xE40C292C % 360), ("ada", 163)])
def test_a_hue_is_fnv_1a_of_the_id(user_id: str, expected: int) -> None:
    assert hue(user_id) == expected


def _luminance(color: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_white_can_be_read_on_every_background() -> None:
    """Trap 47: contrast of at least 4.5:1."""
    contrasts = [1.05 / (_luminance(background(degrees)) + 0.05) for degrees in range(360)]

    assert min(contrasts) >= 4.5


def test_without_a_name_the_id_speaks() -> None:
    assert DefaultPicture.of("ada", None) == DefaultPicture.of("ada", "") == DefaultPicture(163, "A")
    assert DefaultPicture.of("ada", "!!!") == DefaultPicture(163, "A")
    assert DefaultPicture.of("___", None).initials == ""


def test_the_same_person_has_the_same_colour_under_every_name() -> None:
    assert DefaultPicture.of("ada", "Ada").hue == DefaultPicture.of("ada", "Countess").hue


# ---------------------------------------------------------------- the drawing


@pytest.mark.parametrize(
    "name", ["Ada Lovelace", "<script> &amp;", "👩‍👩‍👧‍👦", "...", "\x00 \x1b", "\ud7ff\ue000\ufffe"]
)
@pytest.mark.parametrize("size", LADDER)
def test_the_drawing_is_an_svg_without_script_style_or_link(name: str, size: int) -> None:
    root = ET.fromstring(DefaultPicture.of("__", name).svg(size))  # noqa: S314 - our own drawing

    assert (root.get("width"), root.get("height")) == (str(size), str(size))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "rect", "text", "g", "circle", "path"}
    names = {attribute for element in root.iter() for attribute in element.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}


@given(st.text(max_size=6))
def test_every_name_makes_a_well_formed_drawing(name: str) -> None:
    ET.fromstring(DefaultPicture.of("ada", name).svg(128))  # noqa: S314 - our own drawing


def test_a_person_without_letters_gets_the_neutral_sign() -> None:
    drawing = DefaultPicture(12, "").svg(128)

    assert b"<text" not in drawing
    assert b"<circle" in drawing


# ---------------------------------------------------------------- keys


@given(st.integers(0, 359), st.text(max_size=4))
def test_a_key_carries_everything_that_the_drawing_needs(degrees: int, letters: str) -> None:
    drawing = DefaultPicture(degrees, letters)

    assert DefaultPicture.parse(drawing.key(SECRET), SECRET) == drawing


@given(st.text(max_size=4))
def test_a_key_can_stand_in_a_path(letters: str) -> None:
    key = DefaultPicture(7, letters).key(SECRET)

    assert regex.fullmatch(r"1\.7\.[a-z2-7]*\.[a-z2-7]{13}", key)


def test_a_key_never_changes() -> None:
    assert DefaultPicture(214, "AL").key(SECRET) == "1.214.ifga.cdvhrmb6zegme"


@pytest.mark.parametrize(
    "key",
    ["", ".", "...", "1.214.ifga", "ada", "1.214.ifga.", "1.214.ifga.aaaaaaaaaaaaa", "1.214.ifga.ünïcødé", "ü.ü.ü.ü",
     "%00", "1.214.ifga.2ksx6l3lrzq4q.svg", "\x00", "🦊", "1" * 10_000],
)  # fmt: skip
def test_a_key_that_this_deployment_did_not_make_is_unknown(key: str) -> None:
    with pytest.raises(UnknownImage):
        DefaultPicture.parse(key, SECRET)


@given(st.text(max_size=40))
def test_no_garbage_is_a_key(key: str) -> None:
    with pytest.raises(UnknownImage):
        DefaultPicture.parse(key, SECRET)


@given(st.integers(0, 200), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.019-é"))
def test_a_key_of_which_one_character_was_changed_is_unknown(at: int, character: str) -> None:
    key = DefaultPicture(214, "AL").key(SECRET)
    at %= len(key)
    tampered = key[:at] + character + key[at + 1 :]
    if tampered == key:
        assert DefaultPicture.parse(tampered, SECRET) == DefaultPicture(214, "AL")
    else:
        with pytest.raises(UnknownImage):
            DefaultPicture.parse(tampered, SECRET)


def test_a_key_of_another_deployment_or_recipe_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownImage):
        DefaultPicture.parse(DefaultPicture(214, "AL").key(b"another deployment's key"), SECRET)
    monkeypatch.setattr("avatarium.default_picture.RECIPE", 2)
    later = DefaultPicture(214, "AL").key(SECRET)
    monkeypatch.undo()
    with pytest.raises(UnknownImage):
        DefaultPicture.parse(later, SECRET)
