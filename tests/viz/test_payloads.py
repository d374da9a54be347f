"""The payloads: one contract between Python and the page's scripts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, is_typeddict

import pytest

from distiller.machine.assets import ASSETS
from tests.viz.sent import check
from viz import declarations, payloads


def test_the_scripts_are_held_to_the_types_of_python() -> None:
    written = declarations.DECLARATIONS.read_text(encoding="utf-8")
    assert written == declarations.declarations(), "run `python -m viz.declarations`"


def test_every_payload_is_declared() -> None:
    text = declarations.declarations()
    typed = {name for name, kind in vars(payloads).items() if is_typeddict(kind)}
    own = {name for name in typed if not name.startswith("_")}
    assert own <= set(payloads.__all__)
    for name in own:
        assert f"export interface {name} {{" in text


def test_types_in_typescript(monkeypatch: pytest.MonkeyPatch) -> None:
    class Inner(TypedDict):
        a: int

    class Outer(TypedDict):
        text: str | None
        maybe: NotRequired[Sequence[float | None]]
        kind: Literal["set", "random"]
        live: Literal[True]
        inner: Mapping[str, Inner]
        pair: tuple[float, str]
        nested: Sequence[Sequence[bool]]

    monkeypatch.setattr(payloads, "__all__", ["Outer"])
    monkeypatch.setattr(payloads, "Outer", Outer, raising=False)
    shape = declarations.declarations().removeprefix(declarations.HEAD)
    assert shape.strip().splitlines() == [
        "export interface Outer {",
        "  text: string | null;",
        "  maybe?: readonly (number | null)[];",
        "  kind: 'set' | 'random';",
        "  live: true;",
        "  inner: Readonly<Record<string, Inner>>;",
        "  pair: readonly [number, string];",
        "  nested: readonly (readonly boolean[])[];",
        "}",
    ]


def test_a_type_that_scripts_do_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        declarations._type(set[int])


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        (str, "a", 1),
        (float, 1, True),
        (int, 1, 1.5),
        (bool, True, 1),
        (str | None, None, 0),
        (Literal[True], True, 1),
        (Sequence[int], [1, 2], [1, "2"]),
        (tuple[int, str], [1, "a"], [1, "a", 2]),
        (Mapping[str, int], {"a": 1}, {"a": None}),
        (Mapping[str, int] | None, None, [1]),
        (tuple[int, str] | None, None, 1),
    ],
)
def test_a_value_of_another_type_is_found(kind: Any, value: Any, wrong: Any) -> None:
    check(kind, value)
    with pytest.raises(AssertionError):
        check(kind, wrong)


@pytest.mark.parametrize("path", sorted((ASSETS / "first").glob("*.json")), ids=lambda p: p.stem)
def test_a_shipped_run_is_what_the_page_takes(path: Any) -> None:
    run = json.loads(path.read_text())
    check(payloads.Run, run)
    with pytest.raises(AssertionError, match="more"):
        check(payloads.Run, {**run, "more": 1})
    nearest = {k: v for k, v in run["nearest"].items() if k != "typical"}
    with pytest.raises(AssertionError, match="typical"):
        check(payloads.Run, {**run, "nearest": nearest})
    with pytest.raises(AssertionError, match="more"):
        check(payloads.Run, {**run, "nearest": {**run["nearest"], "more": 1}})
