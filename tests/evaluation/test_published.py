"""The papers' tables: whole, apart from ours, and the same in the documents."""

from pathlib import Path

import numpy as np

from bench.papers import page
from distiller.commands.evaluation_report import report
from distiller.data.class_list import class_list
from distiller.data.dataset import Dataset, Split
from distiller.evaluation.published import beside, published, sources

ROOT = Path(__file__).parents[2]


def dogs(name: str = "imagewoof") -> Dataset:
    known = class_list("imagewoof")
    split = Split(np.zeros((10, 8, 8, 3), np.uint8), np.arange(10))
    return Dataset(name, known.names, split, split, wnids=known.wnids)


def test_every_number_has_a_source_and_is_a_percentage() -> None:
    assert {p.source for p in published()} == set(sources())
    assert all(0 < p.accuracy < 100 for p in published())
    assert all(p.labels in ("hard", "soft") for p in published())
    once = {(p.source, p.dataset, p.labels, p.net, p.ipc, p.method) for p in published()}
    assert len(once) == len(published())


def test_a_number_that_is_known_by_heart_is_there() -> None:
    found = [p for p in beside(dogs(), "hard", "resnetap-10", 100) if p.method == "Minimax"]
    assert [(p.source, p.accuracy) for p in found] == [("minimax-1", 39.2), ("dap-3", 39.6)]


def test_only_the_same_classes_labels_net_and_number_stand_beside_it() -> None:
    assert beside(dogs("woof-xl"), "hard", "resnetap-10", 500)
    assert not beside(dogs(), "soft", "resnetap-10", 500)
    assert not beside(dogs(), "hard", "convnet-3", 500)
    assert {p.ipc for p in beside(dogs(), "hard", "convnet-6", 330)} == {None}


def test_the_documents_are_made_of_them() -> None:
    assert (ROOT / "docs/papers-tables.md").read_text() == page()


def test_a_report_tells_them_apart_from_what_was_measured() -> None:
    row = {"source": "mgd3-8", "method": "MGD3", "ipc": 10, "accuracy": 40.4, "spread": 1.9}
    table = {
        "report": "last", "net": "resnetap-10", "protocol": "hard", "epochs": 2, "labels": "hard",
        "classes": [], "dataset": "imagewoof", "seconds": 1.0, "accuracies": [1.0],
        "accuracy_mean": 1.0, "accuracy_std": None, "baseline": None, "accuracy_by_class": [],
        "size": 128, "published": [row],
    }  # fmt: skip
    measured, _, printed = report(table).partition("\n\n")
    assert "40.4" not in measured
    assert "their own images, at 224 or 256 pixels (here 128)" in printed
    assert "MGD3                   40.4 ± 1.9 %" in printed
