"""Files are written whole or not at all, whatever the disk and other processes do."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.machine.checkpoint import Checkpoint
from distiller.machine.disk import keep, sweep, write_whole, written_whole
from distiller.recipes.cache import keep_tensors
from distiller.scores.judge import Judge, save_judge

NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)


@contextmanager
def almost_full() -> Iterator[None]:
    """The system refuses to let a file grow beyond 4 KB, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_bytes_and_what_a_function_writes_are_there_with_the_parents(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "text", b"one")
    write_whole(tmp_path / "array.npy", lambda file: np.save(file, np.arange(3)))
    assert (tmp_path / "a" / "b" / "text").read_bytes() == b"one"
    assert np.load(tmp_path / "array.npy").tolist() == [0, 1, 2]
    assert names(tmp_path) == ["a", "a/b", "a/b/text", "array.npy"]
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert (tmp_path / "array.npy").stat().st_mode == plain.stat().st_mode  # others may read it


def test_a_file_object_on_a_full_disk_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def fill(file: BinaryIO) -> None:
        file.write(b"x" * 100)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left on device") as caught:
        write_whole(path, fill)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_bytes() == b"before"
    keep(path, fill)  # a cache does without
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def _checkpoint(path: Path) -> None:
    Checkpoint(path, {"net": torch.nn.Linear(100, 100)}).save()


def _picture(path: Path) -> None:
    write_whole(path, lambda file: Image.fromarray(NOISE).save(file, format="PNG"))


def _webp(path: Path) -> None:
    write_whole(path, lambda file: Image.fromarray(NOISE).save(file, format="WEBP", quality=90))


def _arrays(path: Path) -> None:
    write_whole(path, lambda file: np.savez(file, a=NOISE))


def _folder(path: Path) -> None:
    with written_whole(path) as partial:
        partial.mkdir()
        (partial / "small").write_bytes(b"x")
        (partial / "large").write_bytes(NOISE.tobytes())


@pytest.mark.parametrize("write", [_checkpoint, _picture, _webp, _arrays, _folder])
def test_the_system_s_own_refusal_comes_through_and_nothing_is_left(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    with almost_full(), pytest.raises(OSError, match="File too large") as caught:
        write(tmp_path / "made")
    assert caught.value.errno == errno.EFBIG
    assert names(tmp_path) == []
    write(tmp_path / "made")
    before = names(tmp_path)
    assert before[0] == "made"
    with almost_full(), pytest.raises(OSError, match="File too large"):
        write(tmp_path / "made")
    assert names(tmp_path) == before


def test_caches_do_without_a_full_disk(tmp_path: Path) -> None:
    with almost_full():
        keep_tensors(tmp_path / "fit", {"a": torch.zeros(10_000)}, {})
        Checkpoint(tmp_path / "c", {"net": torch.nn.Linear(100, 100)}, optional=True).save()
    assert names(tmp_path) == []


def test_a_judge_is_not_left_in_halves(tmp_path: Path) -> None:
    with almost_full(), pytest.raises(OSError, match="File too large"):
        save_judge(Judge(32, 10), tmp_path / "judge")
    assert names(tmp_path) == ["judge"]


@pytest.mark.parametrize("folder", ["/dev/null", "/proc/self"])  # which root may not write either
def test_a_folder_that_cannot_be_written_is_named(folder: str) -> None:
    path = Path(folder) / "made"
    with pytest.raises(OSError, match=folder):
        write_whole(path, b"x")
    with pytest.raises(OSError, match=folder):
        _checkpoint(path)
    keep(path, b"x")
    assert not path.exists()


def test_a_folder_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old").write_bytes(b"x")
    _folder(tmp_path / "made")
    assert names(tmp_path) == ["made", "made/large", "made/small"]


def test_whoever_stops_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[int]:
        with written_whole(tmp_path / "made") as partial:
            partial.write_bytes(b"half")
            yield 1

    generator = rows()
    next(generator)
    assert len(names(tmp_path)) == 1
    generator.close()
    assert names(tmp_path) == []


def test_threads_that_write_one_file_do_not_meet(tmp_path: Path) -> None:
    together = Barrier(4)
    failed: list[Any] = []

    def write(k: int) -> None:
        def slowly(file: BinaryIO) -> None:
            together.wait(timeout=30)
            for _ in range(50):
                file.write(bytes([k]) * 1000)

        try:
            write_whole(tmp_path / "file", slowly)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    content = (tmp_path / "file").read_bytes()
    assert len(content) == 50_000
    assert len(set(content)) == 1
    assert names(tmp_path) == ["file"]


def test_what_a_killed_process_left_is_swept_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    code = f"""
import os, signal
from pathlib import Path
from distiller.machine.disk import write_whole
def stop(file):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path({str(tmp_path)!r}) / "class" / "0.png", stop)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    left = names(tmp_path)
    assert len(left) == 2
    assert left[1].startswith("class/0.png.")
    with written_whole(tmp_path / "1.png") as partial:
        partial.write_bytes(b"half")
        (tmp_path / "my.partial").write_bytes(b"somebody else's")
        sweep(tmp_path, tmp_path / "class", tmp_path / "nowhere")
        assert partial.read_bytes() == b"half"
    assert names(tmp_path) == ["1.png", "class", "my.partial"]
