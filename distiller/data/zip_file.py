"""Zip files as trees."""

import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import Refused
from .file_names import decode_names, unmangled
from .tree import MAX_RATIO, RATIO_FROM, Bounds, Leaf, Tree, cleaned, sort_leaves, stamp, too_large

__all__ = ["open_zip"]


def open_zip(path: Path, called: str, bounds: Bounds) -> Tree:
    """Lists the files of a zip, which is called so in messages.

    Raises:
        Refused: if it is broken, made to harm, or holds too much.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Refused(f"{called} is not a ZIP file that can be read: {error}.") from error
    infos = archive.infolist()
    names, notes = decode_names(called, [_raw(info) for info in infos], together=True)
    entries: dict[str, zipfile.ZipInfo] = {}

    def leaves() -> Iterator[Leaf]:
        for name, info in zip(names, infos, strict=True):
            if not name.endswith(("/", "\\")):  # not a folder
                leaf = _leaf(called, name, info, bounds)
                entries[leaf.name] = info
                yield leaf

    found = sort_leaves(called, leaves(), bounds)
    total = sum(leaf.size for leaf in found)
    if total > bounds.total:
        raise Refused(
            f"{called} would unpack to {total / 2**20:,.1f} MB; at most "
            f"{bounds.total / 2**20:,.1f} MB are read."
        )

    def read(chosen: Sequence[Leaf]) -> Iterator[tuple[Leaf, bytes | Refused]]:
        for leaf in chosen:
            try:
                # An entry never gives more than the size that its header, checked here, declares.
                yield leaf, archive.read(entries[leaf.name])
            except Exception as error:  # whatever a broken entry makes the decoder raise
                yield leaf, Refused(f"cannot be unpacked: {error}")

    return Tree(path, found, stamp([(path.name, path.stat())]), read, notes)


def _leaf(called: str, name: str, info: zipfile.ZipInfo, bounds: Bounds) -> Leaf:
    name = cleaned(called, name)
    packed = max(info.compress_size, 1)
    if info.file_size > RATIO_FROM and info.file_size / packed > MAX_RATIO:
        raise Refused(
            f"{called} holds {name[:80]!r}, which unpacks to {info.file_size / packed:,.0f} times "
            f"its size; more than {MAX_RATIO} times is no picture. Take it out."
        )
    barred = too_large(info.file_size, bounds)
    if stat.S_ISLNK(info.external_attr >> 16):
        barred = "a link, which is not followed"
    elif info.flag_bits & 1:
        barred = "encrypted"
    return Leaf(name, info.file_size, barred)


def _raw(info: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry's name; many packers write UTF-8 without the flag that says so."""
    if info.flag_bits & 0x800:
        return unmangled(info.filename)
    return info.filename.encode("cp437")
