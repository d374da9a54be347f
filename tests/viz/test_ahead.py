"""What a page makes while nobody waits."""

import time
from collections.abc import Generator, Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distiller.data.registry import DATASETS
from distiller.event import Event
from distiller.lab import open_lab
from distiller.methods import METHODS
from distiller.recipes.loop import encode_class
from viz.serving import ahead
from viz.serving.ahead import REFERENCES, encode_ahead, worked_on
from viz.serving.line import Line


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


def wait_for(line: Line) -> None:
    """Until nothing is left to do in a line."""
    until = time.monotonic() + 120
    while any(not job.over for job in line._jobs.values()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_methods_compare_with_is_encoded_before_anybody_asks(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    encode_ahead(line, ["digits"])
    wait_for(line)
    lab = open_lab("digits")
    for label in range(10):
        events = list(encode_class(lab.prior, lab.data, label, REFERENCES))
        assert events == []  # there is nothing left to encode


def test_as_many_are_encoded_as_any_method_takes_of_itself() -> None:
    asked = [
        field.default
        for method in METHODS.values()
        for field in fields(method)
        if field.name == "references"
    ]
    assert len(asked) > 5
    assert max(asked) == REFERENCES


def test_a_visitor_waits_for_one_class_at_most(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run of a visitor, too: others of one kind make way between two jobs, not in one."""
    done: list[Any] = []

    def encode(prior: Any, data: Any, label: int, n: int) -> Generator[Event, None, None]:
        if label == 0:
            line.join("a visitor", training, long=True)
        yield Event("encode", 0, 1, label)
        done.append(label)

    def training() -> Generator[None, None, None]:
        done.append("a visitor's")
        yield

    monkeypatch.setattr(ahead, "open_lab", lambda name: SimpleNamespace(prior=None, data=None))
    monkeypatch.setattr(ahead, "encode_class", encode)
    encode_ahead(line, ["digits"])
    wait_for(line)
    assert done == [0, "a visitor's", *range(1, 10)]


def test_a_line_that_closes_begins_no_other_class(monkeypatch: pytest.MonkeyPatch) -> None:
    line, begun = Line(), list[int]()

    def encode(prior: Any, data: Any, label: int, n: int) -> Generator[Event, None, None]:
        begun.append(label)
        while True:
            yield Event("encode", 0, 1, label)

    monkeypatch.setattr(ahead, "open_lab", lambda name: SimpleNamespace(prior=None, data=None))
    monkeypatch.setattr(ahead, "encode_class", encode)
    encode_ahead(line, ["digits"])
    while not begun:
        time.sleep(0.01)
    line.close()
    assert begun == [0]


def test_what_ships_is_worked_on_the_first_one_first_and_photographs_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = replace(DATASETS["cifar10"], here=lambda: True)
    monkeypatch.setattr(DATASETS, "_sources", {**dict(DATASETS), "cifar10": here})
    assert worked_on("digits") == ["digits", "solids"]
    assert worked_on("solids") == ["solids", "digits"]
