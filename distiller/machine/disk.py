"""The disk: a folder for what can be made again, and files that are written whole or not at all."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from .seal import seal

__all__ = ["cache_folder", "keep", "sweep", "write_whole", "written_whole"]

PARTIAL = ".partial"  # ends the names of what is not written to its end


def cache_folder() -> Path:
    """DISTILLER_CACHE, else the user's cache folder; it need not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DISTILLER_CACHE") or Path(home) / "distiller")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a place to write a file or a folder, which takes its name `path` when the block ends.

    The place is beside `path`, whose parents are made, under a name that no other process or
    thread uses. What was written there reaches the disk before it replaces what `path` was; where
    the block or the disk fails, it is removed and `path` stays as it was.

    Raises:
        OSError: if it cannot be written.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        for file in partial.rglob("*") if partial.is_dir() else [partial]:
            _flush(file)
        if partial.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        partial.replace(path)
    except OSError as error:
        if error.filename is not None and Path(error.filename).is_relative_to(partial):
            error.filename = str(path / Path(error.filename).relative_to(partial))
        raise
    finally:
        _remove(partial)


def write_whole(
    path: Path, content: bytes | Callable[[BinaryIO], object], *, sealed: bool = False
) -> None:
    """Writes a file whole or not at all: bytes, or what a function writes into the open file.

    A sealed one ends with its checksum, see `check_seal`.

    Raises:
        OSError: naming `path`, if it cannot be written; what stood there stays.
    """
    try:
        with written_whole(path) as partial, partial.open("w+b") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            if sealed:
                seal(file)
    except OSError as error:
        if error.filename is None and error.errno is not None:  # a full disk names no file
            error.filename = str(path)
        raise


def keep(
    path: Path, content: bytes | Callable[[BinaryIO], object], *, sealed: bool = False
) -> None:
    """Writes a file whole or not at all; a cache that cannot be written is done without."""
    with suppress(OSError):
        write_whole(path, content, sealed=sealed)


def sweep(*folders: Path, alone: bool = False) -> None:
    """Removes from folders what processes of this machine that were killed left half written.

    Whoever holds the folders alone removes what those of other machines left too, whose numbers
    may be those of processes that live here.
    """
    if os.name != "posix" and not alone:  # elsewhere one cannot ask whether a process lives
        return
    for partial in (path for folder in folders for path in folder.glob(f"*{PARTIAL}")):
        process, _, thread = partial.name.removesuffix(PARTIAL).rpartition(".")[2].partition("-")
        if process.isdigit() and thread.isdigit() and (alone or not _lives(int(process))):
            _remove(partial)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _flush(path: Path) -> None:
    """Makes sure that a file is on the disk."""
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _remove(partial: Path) -> None:
    with suppress(OSError):
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)
