"""The error tree: drawn at the top of its module, and what is drawn is what is there."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING

import pytest

from avatarium import errors
from avatarium.errors import (
    AvatariumError,
    MethodNotAllowed,
    RangeNotSatisfiable,
    TooManyRequests,
    TryLater,
    Unavailable,
)
from avatarium.web import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWN = re.compile(r"^ {4}(?P<branch>[│ ├└─]*)(?P<name>\w+)(?: +(?P<note>.*))?$", re.MULTILINE)


def tree(kind: type[AvatariumError]) -> Iterator[type[AvatariumError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


ALL = [kind for kind in tree(AvatariumError) if kind.__module__ == errors.__name__]
LEAVES = [kind for kind in ALL if not kind.__subclasses__()]
OF_ONE_SENTENCE = [kind for kind in LEAVES if kind not in {MethodNotAllowed, RangeNotSatisfiable}]


def make(kind: type[AvatariumError]) -> AvatariumError:
    if kind is MethodNotAllowed:
        return MethodNotAllowed(("GET",))
    if kind is RangeNotSatisfiable:
        return RangeNotSatisfiable(7)
    return kind()


def test_the_drawing_is_the_tree() -> None:
    drawing = list(DRAWN.finditer(errors.__doc__ or ""))
    parents: list[str] = []
    drawn: dict[str, tuple[str | None, str]] = {}
    for match in drawing:
        depth = len(match["branch"]) // 4
        parents[depth:] = [match["name"]]
        drawn[match["name"]] = (parents[depth - 1] if depth else None, match["note"] or "")

    actual = {kind.__name__: kind.__bases__[0].__name__ if kind is not AvatariumError else None for kind in ALL}
    assert {name: parent for name, (parent, _) in drawn.items()} == actual
    for kind in LEAVES:
        note = drawn[kind.__name__][1]
        assert not note.isdigit() or int(note) == kind.status


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_says_what_clients_and_people_need(kind: type[AvatariumError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert 400 <= kind.status <= 599
    assert kind.title.endswith(".")
    assert kind.__doc__
    assert isinstance(kind.report, bool)


def test_every_leaf_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in LEAVES]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_a_problem_is_made_of_an_error(kind: type[AvatariumError]) -> None:
    error = make(kind)

    problem = wire.problem(error)

    assert (problem.code, problem.status, problem.title) == (kind.code, kind.status, kind.title)
    assert problem.detail == error.detail == str(error)
    assert problem.type == f"urn:avatarium:problem:{kind.code}"


@pytest.mark.parametrize(
    "kind",
    [kind for kind in LEAVES if kind not in {MethodNotAllowed, RangeNotSatisfiable}],
    ids=lambda kind: kind.__name__,
)
def test_an_error_comes_through_between_processes(kind: type[AvatariumError]) -> None:
    error = kind("one sentence for the caller")

    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert type(copied) is kind
    assert copied.detail == error.detail


def test_only_faults_of_ours_and_of_engines_are_reported() -> None:
    assert {kind.__name__ for kind in LEAVES if kind.report} == {"Unavailable", "BadConfiguration"}


@pytest.mark.parametrize(("seconds", "expected"), [(-5, 1), (0, 1), (1, 1), (90, 90)])
def test_retry_after_is_at_least_a_second(seconds: int, expected: int) -> None:
    assert TooManyRequests(retry_after_seconds=seconds).retry_after_seconds == expected
    assert isinstance(Unavailable(), TryLater)


def test_a_wrong_method_names_the_right_ones() -> None:
    assert MethodNotAllowed(("GET", "HEAD")).detail == "Allowed here: GET, HEAD."
    assert RangeNotSatisfiable(7).detail == "There are 7 bytes."
