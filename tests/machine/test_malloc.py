"""Memory that is kept between steps."""

import platform
import subprocess
import sys
from contextlib import suppress

import pytest

from distiller.machine import malloc
from distiller.machine.malloc import memory_kept

FAULTS = """
import resource
import torch
from distiller.machine.malloc import memory_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(12_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(min(faults() for _ in range(10)))
with memory_kept():
    print(min(faults() for _ in range(10)))
"""
"""Prints how many pages had to be mapped for a tensor of 48 MB, without and with memory kept.

The least of ten, since other threads of the process map pages too.
"""


glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory"
)


@glibc
def test_memory_that_is_kept_is_not_mapped_again() -> None:
    # In a process of its own: what ran before has taught the allocator of this one.
    out = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    usual, kept = map(int, out.stdout.split())
    assert usual >= 48_000_000 // 2**21  # pages have at most 2 MB
    assert kept < usual / 2


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
