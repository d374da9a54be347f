"""The documents keep their word: links lead somewhere, examples run, what they name exists."""

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller import METHODS, PROTOCOLS, Settings, distill, load, load_prior
from distiller.__main__ import main
from distiller.data import DATASETS
from distiller.event import finish
from distiller.scores.discrepancy import DISCREPANCIES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKING = [*PAGES, ROOT / "bench/results.md", *sorted(ROOT.glob("assets/priors/*/README.md"))]
OURS = ("python -m distiller ", "distiller ")
OTHERS = {"--build-arg", "--gpus"}  # flags of other programs that stand in running text


def run_quickly(block: str) -> dict[str, Any]:
    """Runs an example in 2 steps where it takes 20; returns its names."""
    found: dict[str, Any] = {}
    exec(compile(block.replace("steps=20", "steps=2"), "example", "exec"), found)
    return found


def name_of(value: Any) -> str | None:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else None


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def rows(page: Path, heading: str) -> list[str]:
    """The first cells of the tables below a heading, to the next one of any level."""
    after = f"\n{page.read_text()}".split(f"\n{heading}\n", 1)[1]
    section = re.split(r"^#+ ", after, maxsplit=1, flags=re.M)[0]
    return [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]


def codes(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def helps() -> dict[str, str]:
    """The help of the command line by command."""

    def said(*arguments: str) -> str:
        out = io.StringIO()
        with redirect_stdout(out), pytest.raises(SystemExit):
            main([*arguments, "--help"])
        return out.getvalue()

    names = re.findall(r"^    ([a-z][a-z-]+)\b", said(), re.M)
    return {name: said(name) for name in names}


def flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def commands(page: Path) -> Iterator[list[str]]:
    """The words of our commands in a page's blocks."""
    for block in blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            for start in OURS:
                if line.startswith(start):
                    yield shlex.split(line.removeprefix(start))


def test_the_front_page_is_short() -> None:
    assert (ROOT / "README.md").stat().st_size <= 8192


def test_the_front_page_begins_as_a_space_needs_it() -> None:
    _, front, _ = (ROOT / "README.md").read_text().split("---\n", 2)
    values = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    assert values["sdk"] == "gradio"
    assert (ROOT / values["app_file"]).is_file()
    assert f"gradio=={values['sdk_version']}\n" in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    links = [link for link in found if not link.startswith(("http://", "https://"))]
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_python_block_compiles(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, str(page), "exec")


def test_the_example_of_the_front_page_gives_a_set(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks(ROOT / "README.md", "python")
    made = run_quickly(block)["made"]
    assert made.images.shape == (100, 32, 32, 3)
    assert made.images.dtype == np.uint8
    assert np.bincount(made.labels).tolist() == [10] * 10
    assert "(100, 32, 32, 3)" in capsys.readouterr().out


def test_the_examples_of_the_python_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks(ROOT / "docs/python-api.md", "python"):
        run_quickly(block)
    out = capsys.readouterr().out
    assert "(10, 32, 32, 3)" in out
    assert "sample 5 of 5" in out
    (accuracy,) = re.findall(r"^([\d.]+) %$", out, re.M)
    assert 50 < float(accuracy) <= 100  # chance is 10


def test_the_method_that_is_written_as_an_example_works() -> None:
    (block,) = blocks(ROOT / "docs/adding-a-method.md", "python")
    module: dict[str, Any] = {"__package__": "distiller.methods", "__name__": "centre"}
    sys.modules["centre"] = type(sys)("centre")  # where dataclasses look for annotations
    try:
        exec(compile(block, "adding-a-method.md", "exec"), module)
        prior, data = load_prior("digits", "cpu"), load("digits")
        settings = Settings(ipc=6, steps=5)

        def spread(strength: float) -> float:
            method = module["Centre"](strength=strength, references=20)
            made = finish(distill({"centre": method}, prior, data, settings, labels=[3]))
            return float(made.latents.flatten(1).var(0).mean())

        assert spread(2.0) < 0.8 * spread(0.0)
    finally:
        del sys.modules["centre"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_flag_exists(page: Path) -> None:
    for words in commands(page):
        assert words[0] in helps(), words
        named = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert named <= flags(helps()[words[0]]), words
    known = set().union(*(flags(text) for text in helps().values())) | OTHERS
    for path in (ROOT / "bench").glob("*.py"):
        known |= flags(path.read_text())
    for code in codes(prose(page)):
        assert flags(code) <= known, code


def test_the_commands_are_all_listed() -> None:
    listed = set().union(*map(codes, rows(ROOT / "docs/command-line.md", "# Command line")))
    assert listed == set(helps())


def test_the_options_of_distill_are_all_listed() -> None:
    listed = rows(ROOT / "docs/command-line.md", "## Options of `distill`")
    assert set().union(*map(flags, listed)) == flags(helps()["distill"]) - {"--help"}


def test_every_environment_variable_is_described() -> None:
    described = (ROOT / "docs/deploying.md").read_text()
    sources = [ROOT / "app.py", *ROOT.glob("distiller/**/*.py"), *ROOT.glob("viz/**/*.py")]
    read = set().union(*(re.findall(r"DISTILLER_[A-Z_]+", p.read_text()) for p in sources))
    assert "DISTILLER_DATA" in read
    for name in read:
        assert f"`{name}`" in described, name
    for page in PAGES:
        assert set(re.findall(r"DISTILLER_[A-Z_]+", page.read_text())) <= read, page.name


def test_the_tables_of_methods_hold_every_method() -> None:
    first = [codes(cell) for cell in rows(ROOT / "README.md", "## Methods")]
    assert set().union(*first) == set(METHODS)
    frame = rows(ROOT / "docs/frame.md", "## What each method makes small")
    assert set().union(*map(codes, frame)) == set(METHODS) - {"dit", "random"}


def test_the_frame_names_every_discrepancy() -> None:
    named = codes((ROOT / "docs/frame.md").read_text())
    assert set(DISCREPANCIES) <= named
    assert f"## The {len(DISCREPANCIES)} discrepancies\n" in (ROOT / "docs/frame.md").read_text()


def test_protocols_and_data_sets_are_all_described() -> None:
    protocols = rows(ROOT / "docs/evaluation.md", "## Protocols")
    assert set().union(*map(codes, protocols)) == set(PROTOCOLS)
    described = rows(ROOT / "docs/priors-and-data.md", "# Data sets and priors")
    shipped = {name for name, source in DATASETS.items() if source.folder is None}
    assert set().union(*map(codes, described)) == shipped


def test_the_command_line_takes_the_first_example(tmp_path: Path) -> None:
    words = next(words for words in commands(ROOT / "README.md") if words[0] == "distill")
    few = ["--out", str(tmp_path / "set"), "--classes", "3", "--steps", "2"]
    assert main([*words, *few]) == 0
    assert len(list((tmp_path / "set").glob("3/*.png"))) == 10
