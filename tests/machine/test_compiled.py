"""Compiling: what a killed one left is cleared, and where it fails, training goes on without."""

import os
import subprocess
import sys
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._dynamo.exc import BackendCompilerFailed

from distiller.errors import Refused
from distiller.machine import compiled as module
from distiller.machine.compiled import compiled, low_precision
from distiller.machine.compiler_cache import mend_compiler_cache

LIBRARY = next(iter(Path(torch.__file__).parent.glob("_C*.so"))).read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    (tmp_path / "ab").mkdir()
    (tmp_path / "locks").mkdir()
    return tmp_path / "ab"


def test_libraries_that_are_not_whole_are_removed(folder: Path) -> None:
    for name, content in {
        "whole.main.so": LIBRARY,
        "empty.so": b"",
        "cut.so": LIBRARY[: len(LIBRARY) // 2],
        "header.main.so": LIBRARY[:30],
        "of another system.so": b"\xcf\xfa\xed\xfe and more",
        "source.cpp": b"",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "compiling.main.so").write_bytes(b"")
    lock = folder.parent / "locks" / "compiling.lock"
    with lock.open("w") as held:
        flock(held, LOCK_EX)
        assert mend_compiler_cache() == 3
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["compiling.main.so", "of another system.so", "source.cpp", "whole.main.so"]
    assert mend_compiler_cache() == 1  # nobody compiles it any more


def test_what_cannot_be_compiled_runs_as_it_is_with_a_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def compile_(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        def fails(x: int) -> int:
            tried.append(x)
            raise BackendCompilerFailed(lambda: None, OSError("lib.so: file too short"), None)

        return fails

    monkeypatch.setattr(torch, "compile", compile_)
    (folder / "empty.so").write_bytes(b"")
    double = compiled(lambda x: 2 * x)
    assert not (folder / "empty.so").exists()
    with pytest.warns(UserWarning, match="file too short.*goes on uncompiled, and slower"):
        assert double(3) == 6
    assert double(4) == 8
    assert tried == [3]


def test_a_training_s_own_error_comes_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda function, **options: function)
    with pytest.raises(ZeroDivisionError):
        compiled(lambda x: 1 // x)(0)


TRAINING = """
import torch
from distiller.machine.compiled import compiled
net = torch.nn.Linear(4, 2)
step = compiled(lambda x: net(x).sin().sum())
step(torch.ones(3, 4)).backward()
print(net.weight.grad.shape)
"""


@pytest.mark.slow
def test_a_compilation_that_was_killed_is_made_anew(folder: Path) -> None:
    def train() -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error::UserWarning", "-c", TRAINING],
            capture_output=True, text=True, env={**os.environ}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    first = train()
    libraries = list(folder.parent.glob("*/*.so"))
    assert libraries
    for library in libraries:
        library.write_bytes(b"")
    assert train() == first


def test_a_training_keeps_the_precision_that_it_began_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pays in (True, False):
        monkeypatch.setattr(module, "bfloat16_pays", lambda device, pays=pays: pays)
        assert low_precision(tmp_path, "cpu")  # as it was measured first
        assert low_precision(None, "cpu") == pays
    assert not low_precision(tmp_path, "cuda")  # which is another device
    assert low_precision(tmp_path, "cpu")
    (tmp_path / "precision.json").write_bytes(b"")
    with pytest.raises(Refused, match=r"precision\.json cannot be read as JSON\. Delete it"):
        low_precision(tmp_path, "cpu")
