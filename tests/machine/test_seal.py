"""Files that are damaged are told from whole ones, and caches of them are made anew."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.machine.arrays import keep_array, keep_arrays, load_array, load_arrays
from distiller.machine.checkpoint import Checkpoint, load_checkpoint
from distiller.machine.disk import write_whole
from distiller.machine.seal import Damaged, check_seal
from distiller.machine.weights import packed_tensors, read_tensors
from tests.damage import DAMAGE, flipped

ARRAY = np.arange(3000, dtype=np.float32).reshape(100, 30)


def test_a_sealed_file_is_read_as_one_without_a_seal(tmp_path: Path) -> None:
    keep_array(tmp_path / "a.npy", ARRAY)
    keep_arrays(tmp_path / "b.npz", one=ARRAY, two=ARRAY[:3])
    Checkpoint(tmp_path / "c", {"net": torch.nn.Linear(3, 4)}, step=7).save()
    assert np.array_equal(np.load(tmp_path / "a.npy"), ARRAY)
    assert np.array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), ARRAY)
    assert np.array_equal(np.load(tmp_path / "b.npz")["two"], ARRAY[:3])
    assert torch.load(tmp_path / "c", weights_only=True)["step"] == 7
    found = load_array(tmp_path / "a.npy", mapped=True)
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, ARRAY)
    both = load_arrays(tmp_path / "b.npz")
    assert both is not None
    assert set(both) == {"one", "two"}


def test_files_from_before_there_were_seals_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ARRAY)
    np.savez(tmp_path / "b.npz", one=ARRAY)
    torch.save({"step": 3}, tmp_path / "c")
    plain = {"w": torch.ones(2)}
    from safetensors.torch import save_file

    save_file(plain, tmp_path / "d", {"key": "x"})
    assert load_array(tmp_path / "a.npy") is not None
    assert load_arrays(tmp_path / "b.npz") is not None
    assert load_checkpoint(tmp_path / "c") == {"step": 3}
    assert read_tensors(tmp_path / "d")[1] == {"key": "x"}
    for content in (b"", b"short"):
        (tmp_path / "e").write_bytes(content)
        check_seal(tmp_path / "e")


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_missing(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    keep_array(tmp_path / "a.npy", ARRAY)
    keep_arrays(tmp_path / "b.npz", one=ARRAY)
    for path in list(tmp_path.iterdir()):
        path.write_bytes(damage(path.read_bytes()))
    assert load_array(tmp_path / "a.npy") is None
    assert load_array(tmp_path / "a.npy", mapped=True) is None
    assert load_arrays(tmp_path / "b.npz") is None


def test_no_flipped_byte_is_read(tmp_path: Path) -> None:
    """Wherever it is: what is read is what was written, or nothing."""
    keep_array(tmp_path / "a.npy", ARRAY[:3])
    whole = (tmp_path / "a.npy").read_bytes()
    read = 0
    for place in range(len(whole)):
        (tmp_path / "a.npy").write_bytes(flipped(whole, place))
        found = load_array(tmp_path / "a.npy")
        # A byte of the mark itself: the content is whole, and the file counts as one without.
        read += found is not None
        assert found is None or np.array_equal(found, ARRAY[:3])
    assert read == len(b"distiller-sha256")


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_weights_are_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "w.safetensors"
    tensors = {"a": torch.randn(40, 40), "b": torch.ones(3, dtype=torch.float16)}
    write_whole(path, packed_tensors(tensors, {"key": "x"}))
    found, about = read_tensors(path)
    assert about == {"key": "x"}
    assert all(torch.equal(found[name], value) for name, value in tensors.items())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Damaged, match=r"w\.safetensors"):
        read_tensors(path)
    with pytest.raises(Damaged, match="cannot be read"):
        read_tensors(tmp_path / "nowhere")
