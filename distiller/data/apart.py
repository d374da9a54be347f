"""Reading apart: many pictures are decoded by a process of their own.

Decoding a small picture is mostly Python, which runs in one thread of a process at a time. Read in
a thread beside those that answer visitors, 60,000 of them would slow every one. So a process reads
them, writes the arrays that `save_pictures` writes, and ends. The arrays are then mapped.

What goes to the process is a line of JSON, and what comes back are lines of JSON: how many of how
many pictures are read, and at last whether it was refused, failed or is done.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Refused
from ..event import Event, Pace, finish, translated
from .class_folders import Pictures, load_pictures, read_pictures, save_pictures

__all__ = ["check_classes", "read_apart"]

SECONDS = 0.1  # between two lines that say how many are read
ROOT = Path(__file__).resolve().parents[2]  # where this package is found


def read_apart(
    path: Path,
    size: int,
    *,
    names: Mapping[str, str],
    classes: Sequence[str],
    lacking: str,
    folder: Path,
) -> Generator[Event, None, Pictures]:
    """`read_pictures` of just these classes by another process, kept in `folder`.

    Yields how many pictures are read, some times a second. Closed, it ends that process. Where a
    class is missing, `lacking` is said, with what became of each file.

    Raises:
        Refused: as `read_pictures` does, or if a class is missing or the process ends too early.
        OSError: if they cannot be kept.
    """
    asked = {
        "path": str(path),
        "size": size,
        "names": dict(names),
        "classes": list(classes),
        "lacking": lacking,
        "folder": str(folder),
    }
    last, code = yield from _answers(asked)
    if "refused" in last:
        raise Refused(last["refused"])
    if "failed" in last:
        raise OSError(*last["failed"])
    if "done" not in last:
        raise Refused(
            f"Reading {path} stopped: its process ended with {code}, maybe for want of memory. Run "
            "the command again."
        )
    return load_pictures(folder)


def _answers(asked: Mapping[str, Any]) -> Generator[Event, None, tuple[dict[str, Any], int]]:
    """What the process says last, and its exit code."""
    found = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": found},
        text=True,
    )
    last: dict[str, Any] = {}
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process was started without its pipes")
        with process.stdin as given:
            given.write(json.dumps(asked))
        for line in process.stdout:
            last = json.loads(line)
            if "read" in last:
                yield Event("read", last["read"], last["of"])
        process.wait()
    finally:
        process.terminate()  # nothing, if it has ended
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()
    return last, process.returncode


def check_classes(pictures: Pictures, classes: Sequence[str], lacking: str) -> None:
    """Makes sure that pictures are of all these classes, in their order.

    Raises:
        Refused: if they are not: `lacking`, and what became of each file.
    """
    if pictures.classes != tuple(classes):
        raise Refused("\n".join([lacking, *pictures.report.lines()]))


def _read(asked: Mapping[str, Any]) -> None:
    """What the process does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no half of a folder stays
    events = read_pictures(Path(asked["path"]), asked["size"], names=asked["names"])

    def tell(event: Event) -> None:
        _say(read=event.i, of=event.n)

    try:
        pace, note = Pace(SECONDS), lambda event: event.i + 1 == event.n
        pictures = finish(translated(events, tell, pace, note))
        check_classes(pictures, asked["classes"], asked["lacking"])
        save_pictures(pictures, Path(asked["folder"]))
    except Refused as refused:
        _say(refused=str(refused))
    except BrokenPipeError:  # whoever waited for it is gone
        return
    except OSError as error:
        _say(failed=[error.errno, error.strerror, error.filename])
    else:
        _say(done=True)


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    _read(json.load(sys.stdin))
