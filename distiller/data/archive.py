"""Archives: a folder, a zip or a tar as one tree of files, whatever it is."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import Refused
from .file_names import decode_names, unmangled
from .tar_file import is_tar, open_tar
from .tree import LEFTOVER_FOLDERS, Bounds, Leaf, Tree, sort_leaves, stamp, too_large
from .zip_file import open_zip

__all__ = ["ENDINGS", "key_of", "open_tree"]

ENDINGS = (".zip", ".tar", ".gz", ".tgz", ".bz2")
"""What the names of archives that can be read end in."""

BOUNDS = Bounds()
PACKED = {
    ".7z": "7-Zip", ".rar": "RAR", ".xz": "xz", ".zst": "Zstandard", ".parquet": "Parquet",
    ".arrow": "Arrow", ".lz4": "LZ4",
}  # fmt: skip


def open_tree(
    path: Path,
    bounds: Bounds | None = None,
    called: str | None = None,
    without: Path | None = None,
    follow: bool = False,
) -> Tree:
    """Lists the files of a folder, a zip or a tar, which messages call by its path or as given.

    What lies in the folder `without` is left out. Links in a folder, never those in an archive,
    may be followed where nobody but its owner names the folder.

    Raises:
        Refused: if it is none of these, holds too much, or is broken or made to harm.
    """
    bounds, called = bounds or BOUNDS, called or str(path)
    try:
        if path.is_dir():
            return _open_folder(path, called, bounds, without, follow)
        if not path.is_file():
            raise Refused(f"There is no folder or zip file {path}.")
        if bounds.packed is not None and (size := path.stat().st_size) > bounds.packed:
            raise Refused(
                f"{called} has {size / 1e6:.1f} MB; at most {bounds.packed / 1e6:.0f} are read."
            )
        if path.suffix.lower() in PACKED:
            raise Refused(
                f"{called} is a file of {PACKED[path.suffix.lower()]}, which is not read here. "
                "Unpack it, or save its pictures, into a folder for each class."
            )
        return (open_tar if is_tar(path) else open_zip)(path, called, bounds)
    except OSError as error:
        raise Refused(f"{called} cannot be read: {error.strerror or error}.") from error


def key_of(path: Path, without: Path | None = None) -> str:
    """A key that changes with the name, size or time of change of any file of a tree.

    Of an archive without opening it, of a folder without what lies in the folder `without`.

    Raises:
        Refused: as `open_tree` does.
    """
    try:
        if path.is_dir():
            return open_tree(path, without=without).key
        return stamp([(path.name, path.stat())])
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or error}.") from error


# -------------------------------------------------------------------------------------- folders


def _open_folder(
    path: Path, called: str, bounds: Bounds, without: Path | None, follow: bool
) -> Tree:
    found: list[tuple[str, os.stat_result]] = []
    for place in _walk(path, None if without is None else without.resolve(), follow):
        status = place.stat() if follow and place.exists() else place.lstat()
        found.append((place.relative_to(path).as_posix(), status))
        if len(found) > bounds.files:
            raise Refused(f"{called} holds more than {bounds.files:,} files; split it up.")
    found.sort()
    raw = [unmangled(name) for name, _ in found]
    unpacked = raw != [os.fsencode(name) for name, _ in found]
    names, notes = decode_names(called, raw, together=unpacked)
    # An unpacker may have left the backslashes of an old packer in the names, and folders as files.
    names = [name.replace("\\", "/") for name in names]
    places = dict(zip(names, (path / name for name, _ in found), strict=True))
    leaves = (
        Leaf(name, status.st_size, _barred(status, bounds))
        for name, (_, status) in zip(names, found, strict=True)
        if not name.endswith("/")
    )

    def read(chosen: Sequence[Leaf]) -> Iterator[tuple[Leaf, bytes | Refused]]:
        for leaf in chosen:
            try:
                with places[leaf.name].open("rb") as file:
                    content = file.read(bounds.each)
            except OSError as error:
                yield leaf, Refused(f"cannot be read: {error.strerror or error}")
            else:
                yield leaf, content

    return Tree(path, sort_leaves(called, leaves, bounds), stamp(found), read, notes)


def _walk(root: Path, without: Path | None, follow: bool) -> Iterator[Path]:
    """The files below a folder, and the links to folders that are not followed."""
    seen = {root.resolve()}
    for name, below, files in os.walk(root, onerror=_fail, followlinks=follow):
        folder = Path(name)
        below[:] = [name for name in below if name.lower() not in LEFTOVER_FOLDERS]
        if without is not None:
            below[:] = [name for name in below if (folder / name).resolve() != without]
        links = [name for name in below if os.path.islink(folder / name)]
        if follow:  # but not in a circle
            links = [name for name in links if (folder / name).resolve() in seen]
            below[:] = [name for name in below if name not in links]
            seen |= {(folder / name).resolve() for name in below}
        yield from (folder / name for name in [*files, *links])


def _fail(error: OSError) -> None:
    raise Refused(f"{error.filename} cannot be read: {error.strerror}.")


def _barred(status: os.stat_result, bounds: Bounds) -> str:
    """Why a file must not be read: a link leads anywhere, and a pipe never ends."""
    if stat.S_ISLNK(status.st_mode):
        return "a link, which is not followed"
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    return too_large(status.st_size, bounds)
