"""Seals: a checksum at the end of a file, by which a damaged file is told from a whole one.

    content   b"distiller-sha256"   SHA-256 of the content, 32 bytes

What reads arrays, archives and checkpoints begins at the front or finds its own directory, so a
sealed file is read as one without a seal. A file that was written before there were seals has
none and counts as whole: whoever reads it sees what of it cannot be read.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

__all__ = ["Damaged", "check_seal", "seal"]

MARK = b"distiller-sha256"
LENGTH = len(MARK) + hashlib.sha256().digest_size


class Damaged(ValueError):
    """A file whose content is not what was sealed."""


def seal(file: BinaryIO) -> None:
    """Adds the seal to an open file, which can be read and written; what is in it stays."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    file.seek(0, os.SEEK_END)
    file.write(MARK + digest)


def check_seal(path: Path) -> None:
    """Makes sure that a file is what was sealed, if it has a seal.

    Raises:
        Damaged: if it is not.
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        left = file.seek(0, os.SEEK_END) - LENGTH
        if left < 0:
            return
        file.seek(left)
        mark, digest = file.read(len(MARK)), file.read()
        if mark != MARK:
            return
        file.seek(0)
        found = hashlib.sha256()
        while chunk := file.read(min(left, 1 << 20)):
            found.update(chunk)
            left -= len(chunk)
    if found.digest() != digest:
        raise Damaged(f"{path} is not what was written: its checksum differs")
