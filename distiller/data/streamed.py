"""Pictures too many for the memory: decoded one by one into arrays on disk.

What it makes is what `save_pictures` writes. It is made in a folder beside it, which a run that was
stopped finds again: nothing is decoded twice. The memory holds one picture.

    .FOLDER.begun/train.npy  test.npy     the pixels, at the place of each picture
    .FOLDER.begun/progress.json           which pictures are done, twice a minute
"""

import io
import json
import os
import shutil
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import Refused
from ..event import Event, Pace
from ..machine.disk import write_whole
from ..machine.json_file import read_json
from .class_folders import Pictures, load_pictures
from .layout import PictureFile
from .picture import decode, shorter_side
from .report import LEAST, Report
from .tree import Tree

__all__ = ["stream_pictures"]

HEADER = 128  # bytes of an .npy file before its numbers
NOTE = "progress.json"
SECONDS = 30.0  # between two notes of the progress
SPARE = 2**30  # bytes of disk that are left to others


@dataclass
class _Plan:
    """Where each picture goes: files in the order of their rows, those for training first."""

    files: list[PictureFile]
    labels: list[int]
    trained: int  # how many are for training
    about: dict[str, Any]  # what these pictures are
    state: bytearray  # of each row: one of the letters below
    reasons: dict[str, str] = field(default_factory=dict)  # of what is left out, by its row

    def rows(self, test: bool) -> range:
        """The rows of a split."""
        return range(self.trained, len(self.files)) if test else range(self.trained)

    def kept(self, test: bool) -> list[int]:
        """The rows of a split that could be read."""
        return [row for row in self.rows(test) if self.state[row] in (KEPT, ENLARGED)]


WAITING, KEPT, ENLARGED, LEFT_OUT = b"-kel"


def stream_pictures(
    tree: Tree,
    files: Sequence[PictureFile],
    classes: Sequence[str],
    size: int,
    folder: Path,
    report: Report,
) -> Generator[Event, None, Pictures]:
    """Decodes pictures, whose split is "test" or another, into `folder`; yields an event for each.

    Stopped anywhere, the same call goes on. The arrays are those of `Pictures`, mapped from disk.

    Raises:
        Refused: if a class has too few pictures, or the disk has no room for them.
        OSError: if something cannot be written.
    """
    plan = _planned(tree, files, classes, size)
    begun = folder.with_name(f".{folder.name}.begun")
    _restore(plan, begun)
    _make_room(plan, begun, size)
    yield from _decoded(plan, tree, begun, size)
    _check(tree, plan, classes, report)
    _reopen(plan, begun)
    for test, name in enumerate(("train", "test")):
        rows = plan.kept(bool(test))
        first = plan.rows(bool(test)).start
        _closed_up(begun / f"{name}.npy", [row - first for row in rows], size)
        np.save(begun / f"{name}_labels.npy", np.array([plan.labels[row] for row in rows]))
    about = {"classes": list(classes), "key": tree.key, "class_level": 1, "report": asdict(report)}
    write_whole(begun / "pictures.json", (json.dumps(about, indent=1) + "\n").encode())
    (begun / NOTE).unlink()
    shutil.rmtree(folder, ignore_errors=True)
    begun.replace(folder)
    return load_pictures(folder)


def _planned(tree: Tree, files: Sequence[PictureFile], classes: Sequence[str], size: int) -> _Plan:
    """The rows: by split, class, and name."""
    label = {name: k for k, name in enumerate(classes)}
    order = sorted(files, key=lambda f: (f.split == "test", label[f.name], f.leaf.name))
    labels = [label[file.name] for file in order]
    trained = sum(file.split != "test" for file in order)
    about = {"key": tree.key, "size": size, "files": len(order), "classes": list(classes)}
    return _Plan(order, labels, trained, about, bytearray([WAITING] * len(order)))


def _restore(plan: _Plan, begun: Path) -> None:
    """Takes up what was begun of these very pictures; what was begun of others is removed."""
    if (begun / NOTE).is_file():
        said = read_json(begun / NOTE, f"Delete {begun} to begin anew.")
        if said.get("about") == plan.about:
            plan.state, plan.reasons = bytearray(said["state"].encode()), dict(said["reasons"])
            return
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    _note(plan, begun)


def _note(plan: _Plan, begun: Path) -> None:
    said = {"about": plan.about, "state": plan.state.decode(), "reasons": plan.reasons}
    write_whole(begun / NOTE, json.dumps(said).encode())


def _make_room(plan: _Plan, begun: Path, size: int) -> None:
    """Makes the two files at their full length, which takes no room yet.

    Raises:
        Refused: if the disk has not the room that they will take.
    """
    each = size * size * 3
    needed = each * plan.state.count(WAITING) + SPARE
    free = shutil.disk_usage(begun).free
    if needed > free:
        raise Refused(
            f"{len(plan.files):,} pictures at {size} x {size} need {needed / 1e9:.1f} GB in "
            f"{begun.parent}, and {free / 1e9:.1f} GB are free there. Make room, or name another "
            "disk."
        )
    for test, name in enumerate(("train", "test")):
        with (begun / f"{name}.npy").open("ab") as file:
            file.truncate(HEADER + each * len(plan.rows(bool(test))))


def _decoded(plan: _Plan, tree: Tree, begun: Path, size: int) -> Generator[Event, None, None]:
    """Decodes what is not done yet."""
    row = {file.leaf.name: k for k, file in enumerate(plan.files)}
    left = [file.leaf for k, file in enumerate(plan.files) if plan.state[k] == WAITING]
    done, pace = len(plan.files) - len(left), Pace(SECONDS)
    pace.mark()
    with (begun / "train.npy").open("r+b") as train, (begun / "test.npy").open("r+b") as test:
        try:
            for n, (leaf, content) in enumerate(tree.contents(left)):
                k = row[leaf.name]
                file, at = (train, k) if k < plan.trained else (test, k - plan.trained)
                try:
                    plan.state[k] = _put(content, file, at, size)
                except Refused as refused:
                    plan.state[k], plan.reasons[str(k)] = LEFT_OUT, str(refused)
                if pace.due():
                    _flush(train, test)
                    _note(plan, begun)
                    pace.mark()
                yield Event("decode", done + n, len(plan.files))
        finally:
            _flush(train, test)
            _note(plan, begun)


def _put(content: bytes | Refused, file: BinaryIO, at: int, size: int) -> int:
    """Writes a picture at its place, and returns the state of its row.

    Raises:
        Refused: if it cannot be read.
    """
    if isinstance(content, Refused):
        raise content
    pixels = decode(content, size)
    file.seek(HEADER + at * size * size * 3)
    file.write(pixels.tobytes())
    return ENLARGED if shorter_side(content) < size else KEPT


def _flush(*files: BinaryIO) -> None:
    for file in files:
        file.flush()
        os.fsync(file.fileno())


def _check(tree: Tree, plan: _Plan, classes: Sequence[str], report: Report) -> None:
    """Fills the report.

    Raises:
        Refused: if a class has fewer pictures than are needed.
    """
    counts = [
        np.bincount([plan.labels[row] for row in plan.kept(test)], minlength=len(classes))
        for test in (False, True)
    ]
    report.kept.update({c: [int(n[k]) for n in counts] for k, c in enumerate(classes)})
    report.left_out.extend(
        [plan.files[int(row)].leaf.name, why] for row, why in plan.reasons.items()
    )
    if small := plan.state.count(ENLARGED):
        report.notes.append(
            f"{small:,} of {len(plan.files):,} pictures are smaller than asked for, and were "
            "enlarged."
        )
    for k, name in enumerate(classes):
        if counts[0][k] < LEAST or not counts[1][k]:
            raise Refused(
                f"{tree.path} has {counts[0][k]} training and {counts[1][k]} test pictures of "
                f"{name!r} that can be read; {LEAST} and 1 are needed."
            )


def _reopen(plan: _Plan, begun: Path) -> None:
    """Has a run that is killed while rows move up decode again whatever may have moved."""
    state = bytearray(plan.state)
    for test in (False, True):
        hole = False
        for row in plan.rows(test):
            hole = hole or state[row] == LEFT_OUT
            if hole and state[row] != LEFT_OUT:
                state[row] = WAITING
    _note(replace(plan, state=state), begun)


def _closed_up(path: Path, rows: Sequence[int], size: int) -> None:
    """Moves rows up to where others were left out, and writes the array's header."""
    each = size * size * 3
    with path.open("r+b") as file:
        for to, row in enumerate(rows):
            if to != row:
                file.seek(HEADER + row * each)
                pixels = file.read(each)
                file.seek(HEADER + to * each)
                file.write(pixels)
        file.truncate(HEADER + each * len(rows))
        file.seek(0)
        file.write(_header((len(rows), size, size, 3)))
        _flush(file)


def _header(shape: tuple[int, ...]) -> bytes:
    """What an .npy file of bytes of that shape begins with."""
    buffer = io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, about)
    header = buffer.getvalue()
    if len(header) != HEADER:
        raise ValueError(f"an array's header has {len(header)} bytes, not {HEADER}")
    return header
