"""Results that are kept: in memory, then on disk, both bounded, the least recently used out first.

A result is bytes under a key that holds all that determines them (`key_of`). On disk each file
begins with the SHA-256 of the rest; a file that does not fit it is removed and counts as missing,
so what is damaged is computed anew and never shown.
"""

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from distiller.machine.disk import keep

__all__ = ["Kept", "key_of"]

SUFFIX = ".kept"


def key_of(parts: Mapping[str, Any]) -> str:
    """A key for all that determines a result: JSON values by name; 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Kept:
    """Bytes by key, in memory and in a folder."""

    def __init__(self, folder: Path | None, *, memory: int, disk: int) -> None:
        """
        Args:
            folder: where files lie; None keeps results in memory alone.
            memory: bytes to hold in memory, at most.
            disk: bytes to hold in the folder, at most.
        """
        self._folder, self._most, self._most_on_disk = folder, memory, disk
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def keeps(self) -> bool:
        """Whether it keeps anything at all."""
        return bool(self._most or (self._folder is not None and self._most_on_disk))

    def get(self, key: str) -> bytes | None:
        """The result of a key, if there is one that is whole."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                found: bytes | None = self._held[key]
            else:
                found = self._read(key)
                if found is not None:
                    self._hold(key, found)
        if found is not None and self._folder is not None:
            with suppress(OSError):  # only marks it as used
                os.utime(self._path(key))
        return found

    def put(self, key: str, value: bytes) -> None:
        """Keeps a result; one that the disk does not take is kept in memory."""
        with self._lock:
            self._hold(key, value)
            if self._folder is not None and len(value) <= self._most_on_disk:
                keep(self._path(key), lambda file: file.write(_sealed(value)))
                self._make_room()

    def _hold(self, key: str, value: bytes) -> None:
        if len(value) > self._most:
            return
        self._held[key] = value
        self._held.move_to_end(key)
        size = sum(map(len, self._held.values()))
        while size > self._most:
            size -= len(self._held.popitem(last=False)[1])

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{key}{SUFFIX}"

    def _read(self, key: str) -> bytes | None:
        if self._folder is None:
            return None
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, value = content[:32], content[32:]
        if hashlib.sha256(value).digest() != digest:
            with suppress(OSError):
                self._path(key).unlink(missing_ok=True)
            return None
        return value

    def _make_room(self) -> None:
        assert self._folder is not None
        found = []
        with suppress(OSError):
            for path in self._folder.glob(f"*{SUFFIX}"):
                with suppress(OSError):  # another process may have removed it
                    about = path.stat()
                    found.append((about.st_mtime_ns, about.st_size, path))
        size = sum(bytes_ for _, bytes_, _ in found)
        for _, bytes_, path in sorted(found):
            if size <= self._most_on_disk:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
            size -= bytes_


def _sealed(value: bytes) -> bytes:
    return hashlib.sha256(value).digest() + value
