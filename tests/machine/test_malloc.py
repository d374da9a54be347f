"""Memory that is kept between steps."""

import platform
import resource
from contextlib import suppress

import pytest
import torch

from distiller.machine import malloc
from distiller.machine.malloc import memory_kept


def faults(times: int) -> int:
    """Pages that had to be mapped while large tensors were made and dropped."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(12_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory"
)


@glibc
def test_memory_that_is_kept_is_not_mapped_again() -> None:
    usual = faults(20)
    with memory_kept():
        faults(5)  # until there is room
        assert faults(20) < 0.2 * usual


@glibc
def test_the_first_holder_begins_and_the_last_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[int, int]] = []
    monkeypatch.setattr(malloc, "_holders", 0)
    monkeypatch.setattr(malloc, "_set", lambda libc, options: told.append(options))
    with suppress(ValueError), memory_kept():
        with memory_kept():
            assert told == [malloc.KEEPING]
        raise ValueError
    assert told == [malloc.KEEPING, malloc.USUAL]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(malloc, "_holders", 0)
    monkeypatch.setattr(malloc, "_glibc", lambda: None)
    with memory_kept():
        assert malloc._holders == 0
