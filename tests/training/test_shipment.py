"""What ships is of the prior that ships, and what is not is found and made anew."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distiller.__main__ import main
from distiller.evaluation.study import read_study
from distiller.machine.assets import ASSETS
from distiller.training.shipment import parts_of, record, shipped_priors, stale

Write = Callable[[str, str], None]


@pytest.mark.parametrize("name", shipped_priors())
def test_what_ships_is_of_the_prior_that_ships(name: str) -> None:
    """A study may be of an earlier prior, if it says so: then the page does, too."""
    studies = [read_study(path) for path in (ASSETS / "results").glob(f"{name}-*.json")]
    earlier = {study.name for study in studies if study.of_earlier_prior}
    assert set(stale(name)) <= earlier, f"run `python -m distiller ship {name}`"


def test_every_file_that_depends_on_a_prior_is_in_a_part() -> None:
    known = {file for name in shipped_priors() for part in parts_of(name) for file in part.files}
    folders = [
        ASSETS / name for name in ("references", "first", "sets", "compare", "guess", "sweep")
    ]
    there = {
        path.relative_to(ASSETS).as_posix()
        for path in ASSETS.rglob("*")
        if path.is_file() and (path.parent in folders or path.parent.parent == ASSETS / "priors")
    }
    assert there - known == {f"priors/{name}/model_index.json" for name in shipped_priors()}


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A folder of assets with a prior of digits and all of its parts; writes files there."""
    folder = tmp_path / "assets"

    def write(file: str, content: str) -> None:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    for file in ("priors/digits/transformer/w", "priors/digits/vae/w"):
        write(file, file)
    write("judges/digits/model.safetensors", "a judge")
    results = folder / "results"
    shutil.copytree(ASSETS / "results", results)
    for module in ("training.shipment", "commands.ship"):
        monkeypatch.setattr(f"distiller.{module}.ASSETS", folder)
    for part in parts_of("digits"):
        for file in part.files:
            if not (folder / file).exists():
                write(file, f"made: {part.name}")
        record("digits", part)
    write("../viz/shipped.py", "")
    return write


def test_what_is_of_another_prior_is_stale(assets: Write) -> None:
    assert stale("digits") == {}
    assets("priors/digits/transformer/w", "trained further")
    found = stale("digits")
    assert set(found) == {part.name for part in parts_of("digits")} - {"reference"}
    assert found["first"].startswith("it was made of another prior: ")
    assets("priors/digits/vae/w", "trained further")
    assert stale("digits")["reference"].startswith("it was made of another autoencoder: ")
    assert stale("digits")["lanes"].startswith("it was made of another prior: ")


def test_what_is_made_of_what_is_stale_is_stale(assets: Write) -> None:
    assets("references/digits.npz", "another one")
    found = stale("digits")
    assert found["reference"] == "references/digits.npz is not the file that was recorded"
    assert found["set"] == "it is made of the reference, which is stale"
    assert "card" not in found


def test_a_file_that_is_missing_or_unknown_is_stale(assets: Write, tmp_path: Path) -> None:
    (tmp_path / "assets/first/digits.json").unlink()
    assert stale("digits") == {"first": "first/digits.json is missing"}
    assets("shipped/digits.json", "{}")
    assert stale("digits")["set"] == "nothing records what it was made of"


def test_a_study_may_have_later_rows(assets: Write, tmp_path: Path) -> None:
    path = tmp_path / "assets/results/digits-10-quick.json"
    assets("results/digits-10-quick.json", path.read_text() + "\n")
    assert stale("digits") == {}


class Commands:
    """Takes the place of running commands: writes what the parts are, and fails where told."""

    def __init__(self, write: Write, fails: str = "") -> None:
        self.write, self.fails, self.ran = write, fails, list[str]()

    def __call__(self, command: list[str], cwd: Path) -> subprocess.CompletedProcess[bytes]:
        words = " ".join(command[2:])
        self.ran.append(words)
        failed = bool(self.fails) and self.fails in words
        if words.startswith("viz.shipped") and "--first" in words and not failed:
            self.write("first/digits.json", "made anew")
        return subprocess.CompletedProcess(command, int(failed))


def test_one_command_makes_what_is_stale_and_goes_on_where_it_was_stopped(
    assets: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assets("priors/digits/transformer/w", "trained further")
    commands = Commands(assets, fails="--set")
    monkeypatch.setattr("distiller.commands.ship.subprocess.run", commands)
    assert main(["ship", "digits"]) == 2
    assert "ended with 1" in capsys.readouterr().err
    kinds = [words.split()[0] + " " + words.split()[1] for words in commands.ran]
    assert kinds == [
        "distiller card", "viz.shipped --dataset", "distiller fits", "viz.shipped --dataset",
        "viz.shipped --dataset",
    ]  # fmt: skip
    assert next(iter(stale("digits"))) == "set"  # those before it are done
    again = Commands(assets)
    monkeypatch.setattr("distiller.commands.ship.subprocess.run", again)
    assert main(["ship", "digits"]) == 0
    assert "--set" in again.ran[0]
    assert any("bench.methods --dataset digits --ipc 10" in words for words in again.ran)
    assert stale("digits") == {}


def test_a_check_makes_nothing_and_says_why(
    assets: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: Any = Commands(assets)
    monkeypatch.setattr("distiller.commands.ship.subprocess.run", commands)
    assert main(["ship", "digits", "--check"]) == 0
    assets("first/digits.json", "somebody else's")
    assert main(["ship", "digits", "--check"]) == 2
    said = capsys.readouterr()
    assert "digits first: first/digits.json is not the file that was recorded" in said.out
    assert "Stale: digits first." in said.err
    assert commands.ran == []


def test_a_data_set_without_a_shipped_prior_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ship", "imagenette64"]) == 2
    assert "imagenette64" in capsys.readouterr().err


def test_what_ships_is_not_made_in_an_installed_package(
    assets: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "viz/shipped.py").unlink()
    assert main(["ship", "digits", "--check"]) == 2
    assert "is made in a checkout of the project" in capsys.readouterr().err
