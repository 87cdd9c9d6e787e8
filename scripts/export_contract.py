"""Write what server and browser agree on into contract/, and the example environment into deploy/.

With `--check`, compare with what is there.

contract/openapi.json is the HTTP surface. contract/golden/*.json are example messages that both sides test:
the server must produce the valid ones from the same inputs, the browser must accept them and refuse the
others. Everything is made from fixed inputs, so a difference is a change of the contract.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from avatarium import Avatarium, Settings, create_app, errors
from avatarium.default_picture import DefaultPicture, background, hue
from avatarium.delivery import Delivery
from avatarium.model import (
    ALL_RENDITIONS,
    ANIMATED_SIZES,
    LADDER,
    Epoch,
    Image,
    ImageId,
    Picture,
    Rendition,
    RenditionName,
    UserId,
)
from avatarium.service import Pack
from avatarium.settings import PREFIX
from avatarium.web import wire

ROOT = Path(__file__).resolve().parent.parent
SECRET = b"golden messages are made with this key"
EPOCH = Epoch("aaaaaaaaaaaaaaaaaaaaaaaaaa")
DELIVERY = Delivery(SECRET)
NAMES = (
    ("ada", "Ada Lovelace"),
    ("alan", "alan turing"),
    ("one", "Björk"),
    ("three", "Gabriel García Márquez"),
    ("space", "  Grace \t Hopper  "),
    ("hyphen", "Anne-Marie O'Neill"),
    ("paren", '(they) Sam "Ace" Doe'),
    ("cjk", "山田 太郎"),
    ("cjk-one", "李小龙"),
    ("arabic", "محمد علي"),
    ("hindi", "क्षितिज शर्मा"),
    ("turkish", "ışık ince"),
    ("sharp-s", "ßeta ŉovak"),
    ("accent", "e\u0301mile zola"),
    ("emoji", "🌻 Sunny"),
    ("family", "👩‍👩‍👧‍👦 Family"),
    ("flag", "🇧🇷 Brasil"),
    ("skin", "👍🏽"),
    ("emoji-last", "Sam 🚀"),
    ("digits", "42 Things"),
    ("keycap", "1️⃣ First"),
    ("punctuation", "... --- !!!"),
    ("empty", ""),
    ("", ""),
    ("ünïcødé-id", ""),
    ("42", ""),
    ("__", ""),
    ("long", "x" * 500),
)


def main(arguments: list[str]) -> int:
    """Zero when contract/ is as the code says."""
    files = {"contract/openapi.json": _json(_openapi()), "deploy/env.example": _environment()}
    files |= {f"contract/golden/{name}": _json(body) for name, body in _golden().items()}
    different = 0
    for name, text in files.items():
        path = ROOT / name
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{name} is not what the code says. Run `make contract` and look at the difference.")
                different += 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(name)
    return 1 if different else 0


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _environment() -> str:
    """Every setting with its meaning and its default, as a commented-out line."""
    lines = ["# Every setting of Avatarium with its default. Made by `make contract`; do not edit."]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        text = default.get_secret_value() if isinstance(default, SecretStr) else default
        shown = "" if text in ((), {}) else str(text)
        lines += ["", f"# {field.description}", f"#{PREFIX}{name.upper()}={shown}"]
    return "\n".join(lines) + "\n"


def _openapi() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        document = create_app(Avatarium(settings=settings)).openapi()
    del document["info"]["version"]  # a release is not a change of the contract
    document["info"]["version"] = str(wire.CONTRACT)
    return document


def _golden() -> dict[str, dict[str, Any]]:
    ada, alan = _picture("ada"), Picture(UserId("alan"), EPOCH, 0, None, name="Alan Turing", known=False)
    mapping = _body(wire.mapping(ada, DELIVERY))
    default = _body(wire.mapping(alan, DELIVERY))
    pack = Pack(1_764_036_000.123, EPOCH, (ada, alan), (alan.user_id,), {ada.user_id: b"RIFF....WEBP"})
    flags = {"client_cache": True, "service_worker": False}
    packed = _body(wire.pack(pack, DELIVERY, flags))
    empty = _body(wire.pack(Pack(1_764_036_000.0, EPOCH, (), (), {}), DELIVERY, flags))
    full = _body(wire.full_mapping(ada, DELIVERY))
    future = {**mapping, "added_later": {"ignored": True}}
    return {
        "mapping.json": _file(
            "mapping",
            {
                "with a picture": mapping,
                "default picture": default,
                "moving, with transparency": _body(wire.full_mapping(_moving(ada), DELIVERY)),
                "single": full,
                "a field of a later release": future,
            },
            {
                "no revision": _without(mapping, "revision"),
                "revision below zero": {**mapping, "revision": -1},
                "revision not a whole number": {**mapping, "revision": 1.5},
                "no epoch": _without(mapping, "epoch"),
                "no user": _without(mapping, "user_id"),
                "image id of another shape": {**mapping, "image_id": 7},
                "url missing": _without(mapping, "url"),
                "expiry as text": {**mapping, "expires_at": "tomorrow"},
                "never fresh": {**mapping, "fresh_for_seconds": 0},
            },
        ),
        "pack.json": _file(
            "pack",
            {"two people": packed, "nothing new": empty, "a field of a later release": {**empty, "added_later": 1}},
            {
                "no now": _without(empty, "now"),
                "no epoch": _without(empty, "epoch"),
                "pictures as a list": {**empty, "pictures": []},
                "unknown missing": _without(empty, "unknown"),
                "a broken mapping inside": {**empty, "pictures": {"ada": {"user_id": "ada"}}},
            },
        ),
        "users-info.json": _file(
            "users-info",
            {"two people": _body(wire.users((ada, alan))), "nobody": _body(wire.users(()))},
            {"users as a list": {"users": []}, "a URL is no image id": {"users": {"ada": {"user_picture_url": 1}}}},
        ),
        "problem.json": _file(
            "problem",
            {error.code: _body(wire.problem(error)) for error in _errors()},
            {"no code": {"type": "about:blank", "title": "x", "status": 400, "detail": "x"}, "a text": "nope"},
        ),
        "default-pictures.json": _file("default-picture", {_title(*pair): _default(*pair) for pair in NAMES}, {})
        | {"backgrounds": [background(degrees) for degrees in range(360)]},
    }


def _picture(user_id: str) -> Picture:
    image = Image(
        image_id=ImageId("k3vyq6m2a7d4xw5f2hjc7nbtpe"),
        owner=UserId(user_id),
        recipe=1,
        content_type="image/jpeg",
        byte_count=2_345_678,
        width=3024,
        height=4032,
        uploaded_at=1_764_000_000.0,
        thumbhash="3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
        color="#8a7b6c",
        animated=False,
        renditions=tuple(
            Rendition(name, f"{index:064x}", 1000 * (index + 1)) for index, name in enumerate(ALL_RENDITIONS)
        ),
    )
    return Picture(UserId(user_id), EPOCH, 3, image, name="Ada Lovelace", changed_at=1_764_000_000.0)


def _moving(picture: Picture) -> Picture:
    """The same person with a picture that moves and has lossless renditions."""
    if picture.image is None:
        return picture
    names = [RenditionName(size, "png") for size in LADDER]
    names += [RenditionName(size, "webp", animated=True) for size in ANIMATED_SIZES]
    extra = tuple(Rendition(name, f"{index:064x}", 2000 * index) for index, name in enumerate(names, 100))
    image = replace(picture.image, animated=True, renditions=(*picture.image.renditions, *extra))
    return replace(picture, image=image)


def _errors() -> list[errors.AvatariumError]:
    made: list[errors.AvatariumError] = [
        errors.MethodNotAllowed(("GET", "HEAD", "OPTIONS")),
        errors.RangeNotSatisfiable(1000),
    ]
    special = {type(error) for error in made} | {errors.BadConfiguration}
    made += [kind() for kind in _leaves(errors.AvatariumError) if kind not in special]
    return sorted(made, key=lambda error: (error.status, error.code))


def _leaves(kind: type[errors.AvatariumError]) -> list[type[errors.AvatariumError]]:
    children = kind.__subclasses__()
    return [leaf for child in children for leaf in _leaves(child)] if children else [kind]


def _default(user_id: str, name: str) -> dict[str, Any]:
    drawing = DefaultPicture.of(user_id, name)
    return {
        "user_id": user_id,
        "name": name,
        "initials": drawing.initials,
        "hue": hue(user_id),
        "background": background(hue(user_id)),
    }


def _title(user_id: str, name: str) -> str:
    return f"{user_id or 'no id'}: {name[:40] or 'no name'}"


def _body(message: wire.MappingMessage | wire.PackMessage | wire.UsersMessage | wire.ProblemMessage) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(message.encode())
    return body


def _without(body: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != field}


def _file(kind: str, valid: dict[str, Any], invalid: dict[str, Any]) -> dict[str, Any]:
    messages = [{"name": name, "valid": True, "body": body} for name, body in valid.items()]
    messages += [{"name": name, "valid": False, "body": body} for name, body in invalid.items()]
    return {"kind": kind, "messages": messages}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
