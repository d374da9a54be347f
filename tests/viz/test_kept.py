"""Kept results: found again, bounded, and never a damaged one."""

import errno
import os
from pathlib import Path

import pytest

from tests.test_full_disk import failing
from viz.serving.kept import Kept, key_of


def store(folder: Path | None, memory: int = 1000, disk: int = 10_000) -> Kept:
    return Kept(folder, memory=memory, disk=disk)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_what_the_disk_does_not_take_is_kept_in_memory(number: int, tmp_path: Path) -> None:
    kept = store(tmp_path / "runs")
    with failing(tmp_path, number, 1) as reached:
        kept.put("a", b"a run")
    assert len(reached) == 1
    assert kept.get("a") == b"a run"
    assert not list((tmp_path / "runs").iterdir())
    kept.put("a", b"a run")
    assert store(tmp_path / "runs").get("a") == b"a run"


def test_a_key_is_of_all_that_determines_a_result_in_any_order() -> None:
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})
    assert len(key_of({})) == 64


def test_what_was_put_is_found_and_by_another_process_too(tmp_path: Path) -> None:
    one = store(tmp_path / "runs")
    one.put(key_of({"n": 1}), b"first")
    assert one.get(key_of({"n": 1})) == b"first"
    assert store(tmp_path / "runs").get(key_of({"n": 1})) == b"first"
    assert one.get(key_of({"n": 2})) is None


def test_memory_is_bounded_and_what_was_used_last_stays() -> None:
    kept = store(None, memory=30)
    for name in "abc":
        kept.put(name, name.encode() * 10)
    assert kept.get("a") == b"a" * 10
    kept.put("d", b"d" * 10)
    assert kept.get("b") is None
    assert kept.get("a") is not None
    kept.put("e", b"e" * 31)  # more than fits is not held at all
    assert [kept.get(name) for name in "ade"] == [b"a" * 10, b"d" * 10, None]


def test_the_disk_is_bounded_and_what_was_used_last_stays(tmp_path: Path) -> None:
    kept = store(tmp_path, memory=0, disk=3 * (32 + 10))
    for i, name in enumerate("abc"):
        kept.put(name, name.encode() * 10)
        os.utime(tmp_path / f"{name}.kept", (i, i))
    assert kept.get("a") == b"a" * 10  # used now
    kept.put("d", b"d" * 10)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c", "d"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * 42


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_file_counts_as_missing_and_is_removed(tmp_path: Path, damage: str) -> None:
    store(tmp_path).put("a", b"result")
    path = tmp_path / "a.kept"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    changed = {"cut": content[:-2], "flipped": content, "empty": b""}[damage]
    path.write_bytes(bytes(changed))
    assert store(tmp_path).get("a") is None
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = store(tmp_path / "file" / "runs")
    kept.put("a", b"result")
    assert kept.get("a") == b"result"
