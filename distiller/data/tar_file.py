"""Tar files as trees, packed by gzip or bzip2 or not at all.

A packed tar has no list of contents: it is unpacked once in memory, piece by piece, to list it,
and once more to read it in the order in which its files lie.
"""

import bz2
import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ..errors import Refused
from .file_names import decode_names
from .tree import MAX_RATIO, RATIO_FROM, Bounds, Leaf, Tree, cleaned, sort_leaves, stamp, too_large

__all__ = ["is_tar", "open_tar"]

BLOCK = 512
PIECE = 2**20
HEADER = 2**20  # bytes that a header may have
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError)


def is_tar(path: Path) -> bool:
    """Whether a file begins as a tar does, or as what gzip and bzip2 pack."""
    with path.open("rb") as file:
        head = file.read(BLOCK)
    return head[:2] == b"\x1f\x8b" or head[:3] == b"BZh" or head[257:262] == b"ustar"


def open_tar(path: Path, called: str, bounds: Bounds) -> Tree:
    """Lists the files of a tar, which is called so in messages.

    Raises:
        Refused: if it is broken, made to harm, or holds too much.
    """
    status = path.stat()
    most = min(bounds.total, max(RATIO_FROM, MAX_RATIO * status.st_size)) + RATIO_FROM
    members = _listed(path, called, most, bounds)
    raw = [member.name.encode(errors="surrogateescape") for member in members]
    names, notes = decode_names(called, raw, together=True)
    places: dict[str, int] = {}

    def leaves() -> Iterator[Leaf]:
        for name, member in zip(names, members, strict=True):
            name = cleaned(called, name)
            if not member.isdir():
                places[name] = member.offset_data
                yield Leaf(name, member.size, _barred(member, bounds))

    found = sort_leaves(called, leaves(), bounds)

    def read(chosen: Sequence[Leaf]) -> Iterator[tuple[Leaf, bytes | Refused]]:
        wanted = {places[leaf.name]: leaf for leaf in chosen}
        try:
            with _Pieces(path, most, called) as pieces:
                pieces.at_once = bounds.each
                for place in sorted(wanted):
                    pieces.seek(place)
                    content = pieces.read(wanted[place].size)
                    if len(content) < wanted[place].size:
                        raise EOFError("the archive ends too early")
                    yield wanted.pop(place), content
        except (*BROKEN, Refused) as error:  # what follows a broken place cannot be reached
            for leaf in wanted.values():
                yield leaf, Refused(f"cannot be unpacked: {error}")

    return Tree(path, found, stamp([(path.name, status)]), read, notes)


def _listed(path: Path, called: str, most: int, bounds: Bounds) -> list[tarfile.TarInfo]:
    members = []
    try:
        with _Pieces(path, most, called) as pieces, tarfile.TarFile(fileobj=pieces) as archive:
            while (member := archive.next()) is not None:
                members.append(member)
                if len(members) > bounds.files:
                    raise Refused(f"{called} holds more than {bounds.files:,} files; split it up.")
            if any(pieces.last):  # a header that is none ends the list as zeros do
                raise tarfile.ReadError("it breaks off")
    except BROKEN as error:
        if isinstance(error, Refused):
            raise
        after = f" after {len(members):,} files" if members else ""
        raise Refused(f"{called} is not a tar file that can be read{after}: {error}.") from error
    return members


def _barred(member: tarfile.TarInfo, bounds: Bounds) -> str:
    if member.issym() or member.islnk():
        return "a link, which is not followed"
    if not member.isreg() or member.issparse():
        return "not a regular file"
    return too_large(member.size, bounds)


class _Pieces(io.RawIOBase):
    """The unpacked bytes of a file, read forward, in pieces, and no more of them than allowed."""

    def __init__(self, path: Path, most: int, called: str) -> None:
        self.file = _unpacked(path)
        self.most, self.called = most, called
        self.place = 0
        self.at_once = HEADER
        self.last = b""  # what was read last

    def tell(self) -> int:
        return self.place

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or place < self.place:
            raise io.UnsupportedOperation("only forward")
        while self.place < place and self._take(min(PIECE, place - self.place)):
            pass
        return self.place

    def read(self, n: int = -1) -> bytes:
        if not 0 <= n <= self.at_once:
            raise tarfile.ReadError(f"a header of {n:,} bytes")
        pieces = []
        while n and (piece := self._take(min(PIECE, n))):
            pieces.append(piece)
            n -= len(piece)
        self.last = b"".join(pieces)
        return self.last

    def _take(self, n: int) -> bytes:
        piece = self.file.read(n)
        self.place += len(piece)
        if self.place > self.most:
            raise Refused(
                f"{self.called} unpacks to more than {self.most / 2**20:,.0f} MB, which is more "
                f"than is read, or more than {MAX_RATIO} times its size. Pack less of it."
            )
        return piece

    def close(self) -> None:
        self.file.close()
        super().close()


def _unpacked(path: Path) -> BinaryIO:
    file = path.open("rb")
    head = file.read(3)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.open(file)  # type: ignore[return-value]
    return bz2.open(file) if head == b"BZh" else file  # type: ignore[return-value]
