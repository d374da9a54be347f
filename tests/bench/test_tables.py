"""The tables of methods are those of the data that the page shows."""

import argparse
import json
import re
from pathlib import Path

import pytest

from bench import methods, published, tables
from distiller.evaluation import Figure, StudyRow, read_study
from distiller.methods import METHODS

TEXT = tables.PAGE.read_text(encoding="utf-8")
MARKS = tables.MARK.findall(TEXT)


def test_every_table_of_methods_is_made_from_the_data() -> None:
    assert tables.renewed(TEXT) == TEXT, "run `python -m bench.tables`"
    used = {name for _, names in MARKS for name in names.split()}
    kept = {path.stem for path in tables.RESULTS.glob("*.json")}
    assert used | {"imagenette-1-hard-rules"} == kept
    assert {kind for kind, _ in MARKS} == set(tables.TABLES)


@pytest.mark.parametrize("name", sorted({n for _, names in MARKS for n in names.split()}))
def test_a_figure_that_differs_is_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in tables.RESULTS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    raw = json.loads((tmp_path / f"{name}.json").read_text())
    figure = raw["rows"][0]["figures"]["accuracy"]
    figure["mean"] += 0.1
    figure["each"] = [value + 0.1 for value in figure.get("each", [])]
    (tmp_path / f"{name}.json").write_text(json.dumps(raw))
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    assert tables.renewed(TEXT) != TEXT


def test_no_table_of_methods_stands_beside_the_data() -> None:
    """A table with accuracies of methods has a mark before it, unless it compares samplers."""
    free = tables.MARK.sub("", TEXT)
    blocks = re.findall(r"(?:^\|.*\n)+", free, re.M)
    heads = [(b.splitlines()[0], b) for b in blocks if "`mmd`" in b]
    named = [b for head, b in heads if "accuracy, %" in head and "| sampler |" not in head]
    assert named == []


def test_what_stands_only_in_the_text_agrees_with_the_data() -> None:
    text = " ".join(TEXT.split())
    (rules,) = (read_study(tables.RESULTS / "cifar10-10-dc-rules.json"),)
    said = {
        rule: tables.said(rules.row(rule).figures["accuracy"], 1)
        for rule in ("nearest", "k-means", "k-center-random", "k-center-pixels")
    }
    assert f"This rule has {said['nearest']} % at ten" in text
    assert f"near k-means: {said['k-means']} at ten" in text
    assert f"it has {said['k-center-random']} from a random first image" in text
    assert f"and {said['k-center-pixels']} among pixels" in text
    sets = read_study(tables.RESULTS / "cifar10-10-dc.json")
    for name in ("mmd", "dit", "mgd3", "discrepancy"):
        assert f"`{name}` {tables.said(sets.row(name).figures['accuracy'], 1)} %" in text
    first = read_study(tables.RESULTS / "imagenette-1-hard-rules.json").row("random")
    assert f"ResNet-18 {tables.said(first.figures['accuracy'], 1)} %" in text


def given(**more: object) -> argparse.Namespace:
    usual = {"dataset": "solids", "ipc": 10, "steps": 8, "seeds": "0,1,2", "jpeg": None}
    return argparse.Namespace(
        **{**usual, "protocol": "quick", "dtype": "float32", "device": "cpu", **more}
    )


def test_the_command_writes_the_study_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would write of the same values is the shipped file, in all but the values."""
    monkeypatch.setattr("torch.get_num_threads", lambda: 1)  # as many as it was made on
    shipped = read_study(tables.RESULTS / "solids-10-quick.json")
    measured = [{"accuracy": a, "clean": 70.0, "seconds": 2.0, "modes": 5.0} for a in (1, 2, 4.5)]
    measured[1].pop("clean")
    measured[2].pop("clean")
    made = methods.study_of(given(), {"random": measured})
    kept = (
        made.name, made.dataset, made.ipc, made.protocol, made.net, made.conditions, made.steps,
    )  # fmt: skip
    assert kept == (
        shipped.name, shipped.dataset, shipped.ipc, shipped.protocol, shipped.net,
        shipped.conditions, shipped.steps,
    )  # fmt: skip
    assert made.command == shipped.command
    assert made.row("random").figures["accuracy"] == Figure(2.5, 1.8, 3)
    assert made.row("random").figures["clean"] == Figure(70.0, None, 1)
    assert made.row("random").figures["seconds"] == Figure(2.0, None, 3)
    tables.keep(made, tmp_path, ship=False)
    tables.keep(made, tmp_path, ship=False)
    assert read_study(tmp_path / "solids-10-quick.json") == made


def test_a_study_says_which_methods_have_more_steps() -> None:
    assert methods.in_steps(8) == "8 steps (IGD in 20, which it needs)"
    assert methods.in_steps(20) == "20 steps"


@pytest.mark.parametrize("ipc", [1, 10, 50])
def test_the_rules_are_written_as_they_ship(ipc: int) -> None:
    shipped = read_study(tables.RESULTS / f"cifar10-{ipc}-dc-rules.json")
    row = StudyRow("random", {"accuracy": Figure(1.0, 0.1, 3)})
    made = published.study_of(given(dataset="cifar10", net=None, seeds=3), "dc", ipc, row)
    assert [r.method for r in shipped.updated(made).rows] == [r.method for r in shipped.rows]
    printed = {f"dc:{r.method}:{ipc}": r.published for r in shipped.rows if r.published}
    assert printed.items() <= published.PRINTED.items()


def test_every_row_is_of_a_method_or_of_a_rule() -> None:
    for path in tables.RESULTS.glob("*.json"):
        for row in read_study(path).rows:
            names = row.method.partition(":")[0].split("+")
            rules = {"random", *published.RULES} if path.stem.endswith("-rules") else set()
            assert set(names) <= set(METHODS) | rules, (path.stem, row.method)
