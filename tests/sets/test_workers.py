"""Several processes that share one run: 1, 2 and 3 of them write the same bytes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.workers import ALONE, Worker, this_worker
from distiller.sets.request import Request
from distiller.sets.writer import REQUEST as CLAIM
from distiller.sets.writer import WORKERS, export

from .test_writer import hashes

REQUEST = Request.parse(
    {"dataset": "digits", "method": "dap+diversity", "classes": "0,3,5,7", "ipc": 2, "steps": 3}
)


def shared(folder: Path, count: int, only: range | None = None) -> None:
    """Runs workers as threads, which meet in files alone, as processes do."""
    lab = open_lab("digits", "cpu")
    wrong: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            finish(export(REQUEST, folder, lab, Worker(rank, count, "a run")))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in only or range(count)]
    for thread in reversed(threads):  # whoever helps comes before it is called
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert wrong == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "set"
    finish(export(REQUEST, folder, open_lab("digits", "cpu")))
    return folder


@pytest.mark.parametrize("count", [2, 3, 5])
def test_several_write_the_bytes_of_one(whole: Path, tmp_path: Path, count: int) -> None:
    shared(tmp_path / "set", count)
    assert hashes(tmp_path / "set") == hashes(whole)


def test_a_share_is_of_classes_beside_each_other_and_all_are_shared_out() -> None:
    for n in (1, 2, 7, 10, 1000):
        for count in (1, 2, 3, 8):
            shares = [Worker(k, count).share(range(n)) for k in range(count)]
            assert [label for share in shares for label in share] == list(range(n))
            assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_what_a_killed_worker_lost_is_made_by_the_same_command(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    events = export(REQUEST, folder, open_lab("digits", "cpu"), Worker(0, 2, "first"))
    for event in events:  # the second worker never comes
        if event.stage == "wait":
            events.close()
    assert len(list(folder.glob("*/*.png"))) == 4
    assert not (folder / "manifest.json").exists()
    assert (folder / CLAIM).exists()
    shared(folder, 3)
    assert hashes(folder) == hashes(whole)
    shared(folder, 2)  # and once more, where all is there
    assert hashes(folder) == hashes(whole)


def test_a_worker_of_another_run_waits_for_its_own(tmp_path: Path) -> None:
    lab, folder = open_lab("digits", "cpu"), tmp_path / "set"
    first = export(REQUEST, folder, lab, Worker(0, 2, "first"))
    next(first)
    assert (folder / WORKERS).exists()
    stranger = export(REQUEST, folder, lab, Worker(1, 2, "second"))
    assert [next(stranger).stage for _ in range(3)] == ["wait"] * 3
    with pytest.raises(Refused, match="Another run works in"):
        next(export(REQUEST, folder, lab, Worker(0, 2, "second")))
    stranger.close()
    first.close()


def test_who_a_process_is_is_read_from_where_it_was_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert (this_worker().rank, this_worker().count) == (ALONE.rank, ALONE.count)
    monkeypatch.setenv("RANK", "2")
    with pytest.raises(Refused, match="RANK is '2' and WORLD_SIZE is '1'"):
        this_worker()
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert (this_worker().rank, this_worker().leads) == (2, False)
    first = this_worker().run
    monkeypatch.setenv("MASTER_PORT", "29501")
    assert this_worker().run != first


@pytest.mark.slow
def test_torchrun_starts_them(whole: Path, tmp_path: Path) -> None:
    words = ["distill", "--dataset", "digits", "--method", "dap+diversity", "--classes", "0,3,5,7"]
    words += ["--ipc", "2", "--steps", "3", "--device", "cpu", "--out", str(tmp_path / "set")]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, "-m", "distiller", *words],
        env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("8 images in") == 1
    assert hashes(tmp_path / "set") == hashes(whole)
