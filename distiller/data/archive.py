"""Trees: the files of a folder or of a zip, listed before any of them is read.

Nothing is ever unpacked to disk. What a stranger's zip could do by its list of contents alone
(names that lead outside, sizes that would fill the memory) is refused here, before reading.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Refused

__all__ = ["Leaf", "Tree", "key_of", "open_tree"]

MAX_FILES = 500_000
MAX_BYTES = 256 * 2**20  # of a file
MAX_TOTAL = 64 * 2**30  # of a zip's contents, unpacked
MAX_RATIO = 200  # unpacked to packed, of a file of more than RATIO_FROM bytes
RATIO_FROM = 2**20


@dataclass(frozen=True)
class Leaf:
    """A file of a tree."""

    name: str  # inside the tree, with /
    size: int  # bytes
    barred: str = ""  # why it must not be read, if so


@dataclass(frozen=True)
class Tree:
    """The files of a folder or a zip, in the order of their names."""

    path: Path
    leaves: tuple[Leaf, ...]
    key: str  # changes with any file's name, size or time of change
    read: Callable[[Leaf], bytes]
    """A file's bytes. Raises `Refused` in words if they cannot be had."""


def open_tree(path: Path) -> Tree:
    """Lists the files of a folder or a zip.

    Raises:
        Refused: if it is neither, has too many files, or is a zip that is broken or made to harm.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            return _zip(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or error}.") from error
    raise Refused(f"There is no folder or zip file {path}.")


def key_of(path: Path) -> str:
    """A key that changes with the name, size or time of change of any file of a tree.

    Of a zip without opening it.

    Raises:
        Refused: as `open_tree` does.
    """
    try:
        return open_tree(path).key if path.is_dir() else _key([(path.name, path.stat())])
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or error}.") from error


def _key(files: Iterable[tuple[str, os.stat_result]]) -> str:
    digest = hashlib.sha256()
    for name, status in files:
        line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def _sorted(path: Path, leaves: Iterator[Leaf]) -> tuple[Leaf, ...]:
    found = []
    for leaf in leaves:
        found.append(leaf)
        if len(found) > MAX_FILES:
            raise Refused(f"{path} holds more than {MAX_FILES:,} files; split it up.")
    return tuple(sorted(found, key=lambda leaf: leaf.name))


def _too_large(size: int) -> str:
    return f"larger than {MAX_BYTES // 2**20} MB" if size > MAX_BYTES else ""


# -------------------------------------------------------------------------------------- folders


def _folder(path: Path) -> Tree:
    leaves = _sorted(path, _walk(path))
    key = _key((leaf.name, (path / leaf.name).lstat()) for leaf in leaves)

    def read(leaf: Leaf) -> bytes:
        try:
            with (path / leaf.name).open("rb") as file:
                return file.read(MAX_BYTES)
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror or error}") from error

    return Tree(path, leaves, key, read)


def _walk(root: Path) -> Iterator[Leaf]:
    """The files below a folder. Links lead anywhere, and a pipe never ends: both are barred."""
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        links = [name for name in below if os.path.islink(Path(folder) / name)]
        for name in [*files, *links]:
            place = Path(folder) / name
            status = place.lstat()
            barred = _too_large(status.st_size)
            if stat.S_ISLNK(status.st_mode):
                barred = "a link, which is not followed"
            elif not stat.S_ISREG(status.st_mode):
                barred = "not a regular file"
            yield Leaf(place.relative_to(root).as_posix(), status.st_size, barred)


# ----------------------------------------------------------------------------------------- zips


def _zip(path: Path) -> Tree:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Refused(f"{path} is not a zip file that can be read: {error}.") from error
    entries = {_unmangled(info): info for info in archive.infolist() if not info.is_dir()}
    leaves = _sorted(path, (_entry(path, name, info) for name, info in entries.items()))
    total = sum(leaf.size for leaf in leaves)
    if total > MAX_TOTAL:
        raise Refused(
            f"{path} would unpack to {total / 2**30:.0f} GB; at most {MAX_TOTAL // 2**30} GB "
            "are read."
        )

    def read(leaf: Leaf) -> bytes:
        try:
            # An entry never gives more than the size that its header, checked above, declares.
            return archive.read(entries[leaf.name])
        except Exception as error:  # whatever a broken entry makes the decoder raise
            raise Refused(f"cannot be unpacked: {error}") from error

    return Tree(path, leaves, _key([(path.name, path.stat())]), read)


def _entry(path: Path, name: str, info: zipfile.ZipInfo) -> Leaf:
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Refused(
            f"{path} names a file outside of itself ({name[:80]!r}): it was made to harm, or by "
            "mistake. Pack it anew."
        )
    packed = max(info.compress_size, 1)
    if info.file_size > RATIO_FROM and info.file_size / packed > MAX_RATIO:
        raise Refused(
            f"{path} holds {name[:80]!r}, which unpacks to {info.file_size / packed:,.0f} times "
            f"its size; more than {MAX_RATIO} times is no picture. Take it out."
        )
    barred = _too_large(info.file_size)
    if stat.S_ISLNK(info.external_attr >> 16):
        barred = "a link, which is not followed"
    elif info.flag_bits & 1:
        barred = "encrypted"
    return Leaf(name, info.file_size, barred)


def _unmangled(info: zipfile.ZipInfo) -> str:
    """The entry's name with /; many packers write UTF-8 without the flag that says so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
