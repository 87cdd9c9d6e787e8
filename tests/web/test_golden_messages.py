"""The golden messages: what the server says is what the browser's tests accept, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from avatarium.web import wire

GOLDEN = Path(__file__).parent.parent.parent / "contract" / "golden"
MODELS = {
    "mapping": wire.MappingMessage,
    "pack": wire.PackMessage,
    "users-info": wire.UsersMessage,
    "problem": wire.ProblemMessage,
}


def messages(*, valid: bool) -> list[Any]:
    files = {kind: json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8")) for kind in MODELS}
    return [
        pytest.param(kind, message["body"], id=f"{kind}: {message['name']}")
        for kind, file in files.items()
        for message in file["messages"]
        if message["valid"] is valid
    ]


@pytest.mark.parametrize(("kind", "body"), messages(valid=True))
def test_a_valid_message_is_read_and_said_again_alike(kind: str, body: dict[str, Any]) -> None:
    message = MODELS[kind].model_validate_json(json.dumps(body))

    said = json.loads(message.encode())

    assert {name: said[name] for name in said} == {name: body[name] for name in said}


@pytest.mark.parametrize(("kind", "body"), messages(valid=False))
def test_a_broken_message_is_refused(kind: str, body: object) -> None:
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate_json(json.dumps(body), strict=True)


@pytest.mark.parametrize("kind", MODELS)
def test_messages_cannot_be_changed_once_made(kind: str) -> None:
    assert MODELS[kind].model_config["frozen"] is True
