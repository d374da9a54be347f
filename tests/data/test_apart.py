"""Many pictures are read by a process of their own: the same pictures, words and files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller.data import apart, photographs
from distiller.data.apart import read_apart
from distiller.data.photographs import CIFAR10, load_photographs
from distiller.data.registry import load
from distiller.errors import Refused
from distiller.event import Event, finish
from tests.data.test_photographs import members, pack


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("DISTILLER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(photographs, "APART", 0)


def test_the_pictures_are_those_that_one_process_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**members(CIFAR10), "train/dog/broken.jpg": b"\xff\xd8\xff"}
    pack(tmp_path / "data" / "cifar10.zip", files)
    seen: list[Event] = []
    events = load_photographs(CIFAR10)
    while True:
        try:
            seen.append(next(events))
        except StopIteration as stop:
            found = stop.value
            break
    assert (seen[-1].stage, seen[-1].i, seen[-1].n) == ("read", 120, 121)
    assert isinstance(found.train, np.memmap)
    assert [name for name, _ in found.report.left_out] == ["train/dog/broken.jpg"]
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(photographs, "APART", 2**40)
    here = finish(load_photographs(CIFAR10))
    assert here.are(found)
    assert (here.report, here.key) == (found.report, found.key)
    names = ["pictures.json", "test.npy", "test_labels.npy", "train.npy", "train_labels.npy"]
    first, second = (next((tmp_path / name).glob("cifar10-*")) for name in ("cache", "other"))
    assert sorted(path.name for path in first.iterdir()) == names
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_a_refusal_says_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = members(CIFAR10)
    pack(tmp_path / "data" / "cifar10.zip", {k: v for k, v in files.items() if "/dog/" not in k})
    with pytest.raises(Refused) as by_another:
        load("cifar10")
    monkeypatch.setattr(photographs, "APART", 2**40)
    with pytest.raises(Refused) as by_this:
        load("cifar10")
    assert "dog" in str(by_this.value)
    assert str(by_another.value) == str(by_this.value)


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(tmp_path / "data" / "cifar10.zip", members(CIFAR10))
    monkeypatch.setenv("DISTILLER_CACHE", "/dev/null/nowhere")
    assert len(load("cifar10").train.images) == 100


def asked(tmp_path: Path) -> dict[str, Any]:
    path = pack(tmp_path / "data" / "cifar10.zip", members(CIFAR10))
    return {
        "path": path, "size": 32, "names": CIFAR10.folders, "classes": CIFAR10.classes,
        "lacking": "", "folder": tmp_path / "kept",
    }  # fmt: skip


def started(monkeypatch: pytest.MonkeyPatch, script: str) -> list[subprocess.Popen[str]]:
    """Has another script read the pictures; returns the processes that are started."""
    made: list[subprocess.Popen[str]] = []

    def start(command: list[str], **given: Any) -> subprocess.Popen[str]:
        made.append(popen([sys.executable, "-c", script], **given))
        return made[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(apart.subprocess, "Popen", start)
    return made


def test_a_process_that_ends_too_early_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(monkeypatch, "import os, sys; sys.stdin.read(); os.kill(os.getpid(), 9)")
    with pytest.raises(Refused, match="stopped: its process ended with -9"):
        finish(read_apart(**asked(tmp_path)))


def test_who_no_longer_waits_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.dumps({"read": 0, "of": 9})
    script = f"import sys, time; sys.stdin.read(); print({line!r}, flush=True); time.sleep(600)"
    made = started(monkeypatch, script)
    events = read_apart(**asked(tmp_path))
    assert next(events) == Event("read", 0, 9)
    events.close()
    assert [process.returncode for process in made] == [-15]
    assert not (tmp_path / "kept").exists()


def test_arrays_of_a_few_archives_stay_and_damaged_ones_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "cifar10.zip"
    monkeypatch.setattr(photographs, "APART", 2**40)
    for k in range(photographs.KEPT + 2):
        pack(path, members(CIFAR10))
        os.utime(path, (k, k))
        load("cifar10")
    folders = sorted((tmp_path / "cache").glob("cifar10-32-*"), key=lambda p: p.stat().st_mtime_ns)
    assert len(folders) == photographs.KEPT
    whole = (folders[-1] / "train.npy").read_bytes()
    flipped = bytearray(whole)
    flipped[5000] ^= 1
    (folders[-1] / "train.npy").write_bytes(flipped)
    load("cifar10")
    assert (folders[-1] / "train.npy").read_bytes() == whole
    (folders[-1] / "pictures.json").touch()
    monkeypatch.setattr("distiller.data.class_folders.decode", None)  # whoever decodes fails
    load("cifar10")
