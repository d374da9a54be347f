"""The house is kept: no file and no function too long to be read at once, contracts declared."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILE, FUNCTION = 350, 50  # lines

LONGER = {
    "distiller/data/solids.py": "how one scene is drawn, in small functions compiled together",
}
"""Files and functions (`path::name`) that are longer, and why they stay whole."""

ASKED = {
    "distiller/machine/torchvision_shim.py": "whether torchvision's compiled part has loaded",
    "distiller/__main__.py": "not every command has a data set",
    "viz/serving/zero_gpu.py": "not every error has a title, and the page alone knows Gradio's",
    "viz/page/blocks.py": "not every control of Gradio has a label",
}
"""Files that look for what a thing need not have, and why."""

SOURCES = sorted(
    path
    for path in (
        ROOT / "app.py",
        *(path for room in ("distiller", "viz", "bench") for path in (ROOT / room).rglob("*.py")),
    )
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lengths(path: Path) -> Iterator[tuple[str, int, int]]:
    """A file and its functions: the name in LONGER, the lines, and how many they may be."""
    text = path.read_text(encoding="utf-8")
    yield name_of(path), text.count("\n"), FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{name_of(path)}::{node.name}", lines, FUNCTION


def too_long() -> dict[str, int]:
    found = (row for path in SOURCES for row in lengths(path))
    return {name: lines for name, lines, most in found if lines > most}


def test_files_and_functions_can_be_read_at_once() -> None:
    found = too_long()
    assert {name: lines for name, lines in found.items() if name not in LONGER} == {}
    assert set(LONGER) <= set(found), "no longer so long: take it from LONGER"


def test_what_is_too_long_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    path = tmp_path / "long.py"
    path.write_text("def f():\n" + "    1\n" * FUNCTION + "\n" * FILE, encoding="utf-8")
    assert [lines - most for _, lines, most in lengths(path)] == [FUNCTION + 1, 1]


def looks(text: str) -> bool:
    """Whether `hasattr`, or `getattr` with a default, occurs in a source."""
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    named = ((call.func.id, len(call.args)) for call in calls if isinstance(call.func, ast.Name))
    return not {("hasattr", 2), ("getattr", 3)}.isdisjoint(named)


def test_what_a_method_may_say_is_declared_and_not_looked_for() -> None:
    found = {name_of(path) for path in SOURCES if looks(path.read_text(encoding="utf-8"))}
    assert found == set(ASKED)
    assert looks("x = getattr(method, 'pool', 1)")
    assert looks("if hasattr(method, 'pool'): pass")
    assert not looks("x = getattr(method, name)")


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, but for the functions and classes inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from own_nodes(child)


def public_functions(
    body: Sequence[ast.stmt], owner: str = ""
) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield owner + node.name, node


def unsaid(text: str) -> list[str]:
    """The public functions that raise an error of their own and do not say so."""
    return [
        name
        for name, node in public_functions(ast.parse(text).body)
        if any(isinstance(n, ast.Raise) and n.exc is not None for n in own_nodes(node))
        and "Raises:" not in (ast.get_docstring(node) or "")
        and name != "main"  # whose errors are sentences and exit codes
    ]


def test_what_is_raised_is_said() -> None:
    library = [path for path in SOURCES if path.parts[len(ROOT.parts)] in ("distiller", "viz")]
    found = {name_of(path): unsaid(path.read_text(encoding="utf-8")) for path in library}
    assert {name: functions for name, functions in found.items() if functions} == {}
    assert unsaid("class A:\n    def f(self):\n        raise ValueError(1)") == ["A.f"]
    assert unsaid("def f():\n    def g(): raise ValueError(1)\n    return g") == []
