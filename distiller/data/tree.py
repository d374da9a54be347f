"""Trees: the files of a folder or an archive, listed before any of them is read.

Nothing is ever unpacked to disk. What a stranger's archive could do by its list of contents alone
(names that lead outside, sizes that would fill the memory) is refused before reading.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Refused

__all__ = ["Bounds", "Leaf", "Tree", "cleaned", "is_leftover", "sort_leaves", "stamp", "too_large"]

MAX_RATIO = 200  # unpacked to packed, of more than RATIO_FROM bytes
RATIO_FROM = 2**20

LEFTOVER_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
LEFTOVER_FOLDERS = {
    "__macosx", "@eadir", "$recycle.bin", "system volume information",
    ".appledouble", ".cache", ".documentrevisions-v100", ".ds_store", ".fseventsd", ".git", ".hg",
    ".idea", ".ipynb_checkpoints", ".spotlight-v100", ".svn", ".temporaryitems", ".thumbnails",
    ".training", ".trash", ".trash-1000", ".trashes", ".venv", ".vscode",
}  # fmt: skip


@dataclass(frozen=True)
class Bounds:
    """How much a tree may hold."""

    files: int = 500_000
    each: int = 256 * 2**20  # bytes of a file
    total: int = 64 * 2**30  # bytes of an archive's contents, unpacked
    packed: int | None = None  # bytes of the archive itself


@dataclass(frozen=True)
class Leaf:
    """A file of a tree."""

    name: str  # inside the tree, with /
    size: int  # bytes
    barred: str = ""  # why it must not be read, if so

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders that it lies in, then its own name."""
        return tuple(self.name.split("/"))

    @property
    def suffix(self) -> str:
        """What its name ends in, in small letters, with the dot."""
        return Path(self.name).suffix.lower()


@dataclass(frozen=True)
class Tree:
    """The files of a folder or an archive, in the order of their names."""

    path: Path
    leaves: tuple[Leaf, ...]
    key: str  # changes with any file's name, size or time of change
    reader: Callable[[Sequence[Leaf]], Iterator[tuple[Leaf, bytes | Refused]]]
    """What `contents` gives, of files that are not barred."""
    notes: tuple[str, ...] = ()  # what is doubtful of the names

    def contents(self, leaves: Sequence[Leaf]) -> Iterator[tuple[Leaf, bytes | Refused]]:
        """The bytes of some files, or why they cannot be had, in the order in which they lie."""
        yield from ((leaf, Refused(leaf.barred)) for leaf in leaves if leaf.barred)
        yield from self.reader([leaf for leaf in leaves if not leaf.barred])

    def read(self, leaf: Leaf) -> bytes:
        """A file's bytes.

        Raises:
            Refused: with the reason, if they cannot be had.
        """
        for _, content in self.contents([leaf]):
            if isinstance(content, Refused):
                raise content
            return content
        raise Refused("no longer there")


def is_leftover(parts: Sequence[str]) -> bool:
    """Whether a file is what systems leave behind, which nobody misses in a report."""
    *folders, name = (part.lower() for part in parts)
    if name.startswith(".") or name in LEFTOVER_FILES:
        return True
    return any(folder in LEFTOVER_FOLDERS for folder in folders)


def stamp(files: Iterable[tuple[str, os.stat_result]]) -> str:
    """A key, 16 hexadecimal digits, of the names, sizes and times of change of files."""
    digest = hashlib.sha256()
    for name, status in files:
        line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def sort_leaves(called: str, leaves: Iterable[Leaf], bounds: Bounds) -> tuple[Leaf, ...]:
    """The leaves in the order of their names; of two that have one name, neither is read.

    Raises:
        Refused: if there are too many.
    """
    found: dict[str, Leaf] = {}
    for k, leaf in enumerate(leaves):
        if k == bounds.files:
            raise Refused(f"{called} holds more than {bounds.files:,} files; split it up.")
        if leaf.name in found:
            leaf = Leaf(leaf.name, leaf.size, "there are two files of the same name")
        found[leaf.name] = leaf
    return tuple(found[name] for name in sorted(found))


def too_large(size: int, bounds: Bounds) -> str:
    """Why a file of so many bytes is not read, or nothing."""
    return f"larger than {bounds.each / 2**20:.3g} MB" if size > bounds.each else ""


def cleaned(called: str, name: str) -> str:
    """A name in an archive, with / between folders and without empty ones.

    Raises:
        Refused: if it leads out of the archive.
    """
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or name[1:2] == ":" or ".." in parts:
        raise Refused(
            f"{called} names a file outside of itself ({name[:80]!r}): it was made to harm, or by "
            "mistake. Pack it anew."
        )
    return "/".join(parts)
