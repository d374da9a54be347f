"""One run at a time works in a folder, and a start that was killed is no dead end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from distiller.errors import Refused
from distiller.machine.disk import sweep
from distiller.machine.lock import alone, is_held


def test_a_second_run_is_told_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "set"
    with alone(folder) as held:
        assert held
        assert is_held(folder)
        (folder / "file").write_bytes(b"x")
        with pytest.raises(Refused, match=r"Another run works in .*set\. Wait"), alone(folder):
            pass
        assert (folder / "file").exists()
        with alone(tmp_path / "other"):
            pass
    assert not is_held(folder)
    assert not (tmp_path / "other").exists()  # nothing came into it
    with alone(folder):
        pass
    assert os.listdir(folder) == ["file"]
    assert not is_held(tmp_path / "nowhere")


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from distiller.machine.lock import alone
with alone(Path({str(tmp_path / "set")!r})):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match="Another run"), alone(tmp_path / "set"):
            pass
        other.kill()
        other.wait()
    with alone(tmp_path / "set") as held:
        assert held


def test_where_there_are_no_locks_it_runs_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with alone(tmp_path) as held, alone(tmp_path) as too:
        assert (held, too) == (False, False)


def test_whoever_is_alone_sweeps_what_living_processes_left(tmp_path: Path) -> None:
    """A number of a process of another machine may be that of one that lives here."""
    left = tmp_path / f"0.png.{os.getpid()}-1.partial"
    left.write_bytes(b"half")
    (tmp_path / "my.partial").write_bytes(b"somebody else's")
    sweep(tmp_path)
    assert left.exists()
    sweep(tmp_path, alone=True)
    assert not left.exists()
    assert (tmp_path / "my.partial").exists()
