"""Whoever is killed goes on, and ends with the bytes of one that was not, whatever is kept."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller.data.dataset import Split
from distiller.event import Event, finish
from distiller.lab import Lab, open_lab
from distiller.methods import METHODS
from distiller.sets.request import Request
from distiller.sets.writer import export
from tests.killed import killed_at_event, killed_at_file
from tests.tiny import train_in_a_moment

FEW: dict[str, dict[str, Any]] = {
    "minimax": {"steps": 3, "images": 20, "batch": 4},
    "d3hr": {"inversion_steps": 3, "images": 60},
}


@pytest.fixture(scope="module")
def lab() -> Lab:
    """That of digits, with twelve training images of each class."""
    whole = open_lab("digits", "cpu")
    train = whole.data.train
    rows = np.concatenate([train.of(label)[:12] for label in range(10)])
    few = Split(train.images[rows], train.labels[rows])
    return replace(whole, data=replace(whole.data, train=few))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_a_moment(monkeypatch)
    monkeypatch.setattr("distiller.machine.checkpoint.SECONDS", 0.0)


def request_of(method: str) -> Request:
    return Request.parse(
        {"dataset": "digits", "method": method, "classes": "1,3", "ipc": 2, "steps": 2,
         "options": FEW.get(method, {})}
    )  # fmt: skip


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


QUICK = ("d3hr", "dap", "dit")  # one that keeps a fit, one that keeps latents, and a plain one


def methods() -> list[Any]:
    """Every method; a test of any but the quick ones is slow."""
    return [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
        for name in sorted(METHODS)
    ]


@pytest.mark.parametrize("method", methods())
def test_a_set_has_the_same_bytes_wherever_it_was_killed(
    method: str, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, latents = request_of(method), {}

    def cache(name: str) -> None:
        monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / f"cache {name}"))

    cache("whole")
    stages = {event.stage for event in export(request, tmp_path / "whole", lab)}
    whole = hashes(tmp_path / "whole")
    finish(export(request, tmp_path / "again", lab))  # of what was kept
    assert hashes(tmp_path / "again") == whole
    for stage in sorted(stages):
        cache(stage)
        middle = killed_at_event(export(request, tmp_path / stage, lab), _half(stage))
        assert middle is not None
        finish(export(request, tmp_path / stage, lab))
        latents[stage] = hashes(tmp_path / stage)
    assert latents == dict.fromkeys(stages, whole)
    cache("files")
    files = 1
    while killed_at_file(export(request, tmp_path / "files", lab), files):
        assert not (tmp_path / "files" / "manifest.json").exists()
        files += 1
    assert files > 2
    assert hashes(tmp_path / "files") == whole


def _half(stage: str) -> Callable[[Event], bool]:
    return lambda event: event.stage == stage and event.i >= event.n // 2
