"""Downloads: a file from a public address, checked against its published checksum."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

from ..errors import Refused
from ..event import Event
from .disk import written_whole

__all__ = ["download"]

CHUNK = 2**20
TIMEOUT = 30.0  # seconds without an answer


def download(url: str, path: Path, checksum: str, stage: str) -> Generator[Event, None, Path]:
    """Fetches a file, whole or not at all; yields an event per MB.

    The checksum is an MD5 or, with 64 digits, a SHA-256: what the publishers state.

    Raises:
        Refused: if the address cannot be reached, the file cannot be written, or it has another
            checksum than the published one.
    """
    kind = "sha256" if len(checksum) == 64 else "md5"
    digest = hashlib.new(kind, usedforsecurity=False)
    try:
        with written_whole(path) as partial:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, partial.open("wb") as file:
                n = -(-int(answer.headers.get("Content-Length") or 0) // CHUNK) or 1
                i = 0
                while chunk := answer.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                    yield Event(stage, i, max(n, i + 1))
                    i += 1
            if digest.hexdigest() != checksum:
                raise Refused(
                    f"What {url} gave has the checksum {digest.hexdigest()}, not the published "
                    f"{checksum}: it is broken or another file. Try again."
                )
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, Refused):
            raise
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Refused(f"{url} could not be downloaded ({why}).") from error
    return path
