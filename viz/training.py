"""Training: from a ZIP file of a visitor's pictures to a data set, as values to show.

What trains, and what lies where, is `distiller.own`; here it is followed, and the time that is
left is told from the work that each stage is known to take.
"""

import base64
import hashlib
import math
import re
import shutil
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from distiller.data.class_folders import Pictures, load_pictures
from distiller.data.registry import DATASETS, own_folder
from distiller.errors import Refused
from distiller.event import Event, Pace, translated
from distiller.machine.assets import ASSETS
from distiller.machine.device import choose_device
from distiller.machine.disk import write_whole
from distiller.scores.reference import load_reference, save_reference
from distiller.training.own import judge_steps, spec_for, take_in, train_own

from . import payloads
from .draw.embedding import add_umap
from .draw.preview import data_uri
from .settings import FIRST

__all__ = ["begun", "example", "in_line", "train_pictures"]

PAUSE = 0.5  # seconds between two values that are shown, at least
T = TypeVar("T")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SOURCE = "source.sha256"  # of the file that a training was begun with
POINTS = 120  # of the curve of a stage, at most
STAGES = {
    "read": "reads the pictures",
    "autoencoder": "trains the autoencoder",
    "encode": "encodes the pictures",
    "transformer": "trains the transformer",
    "judge": "trains the judge",
    "reference": "measures the pictures",
    "map": "lays out the maps",
}
COSTS = {  # processor seconds of a step at 64 px, measured once on one core
    "autoencoder": 0.35, "encode": 0.6, "transformer": 0.55, "judge": 0.12, "reference": 0.1,
    "map": 30.0,
}  # fmt: skip


def example() -> payloads.TrainingExample:
    """Samples of the prior that ships with the first data set: what a training comes to."""
    sheet = (ASSETS / "priors" / FIRST / "samples.webp").read_bytes()
    return {
        "title": DATASETS[FIRST].title,
        "classes": DATASETS[FIRST].classes,
        "preview": f"data:image/webp;base64,{base64.b64encode(sheet).decode()}",
    }


def begun() -> list[str]:
    """The names of trainings that were begun here and are not finished."""
    try:
        folders = sorted(own_folder().iterdir())
    except OSError:  # there need be none
        return []
    return [
        folder.name
        for folder in folders
        if (folder / "pictures").is_dir() and not (folder / "dataset.json").is_file()
    ]


def in_line(name: str, words: str) -> payloads.TrainingState:
    """What the page shows of a training that has not begun; the words say how it stands."""
    return {
        "live": True, "name": name or "your own data set", "now": words, "progress": 0.0,
        "left": None, "report": [], "classes": [], "preview": "", "step": "", "curves": {},
    }  # fmt: skip


def train_pictures(
    source: Path | None, name: str, size: int, device: str = "auto", steps: int | None = None
) -> Generator[payloads.TrainingState, None, None]:
    """Trains on the pictures in a ZIP file, or goes on with those of that name.

    Closed early, it leaves a checkpoint. At the end the data set is known by its name.

    Raises:
        Refused: if the name cannot be one, there is nothing to train on, or the pictures cannot be
            read.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            "A name has up to 40 small letters, digits, - and _, a letter or digit first; "
            f"got {name[:60]!r}."
        )
    out = own_folder() / name
    try:
        yield from _train(source, out, size, device, steps)
    except Refused as refused:
        raise Refused(_named(str(refused), source, out)) from refused
    except OSError as error:
        raise Refused(
            f"What is trained could not be written ({error.strerror or error}); once it can be, "
            "the same name goes on from there."
        ) from error


def _named(words: str, source: Path | None, out: Path) -> str:
    """Words for a visitor, who knows the file that was chosen and not where it lies here."""
    for path in (out / "pictures", out) if source is None else (source, out / "pictures", out):
        words = words.replace(str(path), path.name if path == source else out.name)
    return words


def _train(
    source: Path | None, out: Path, size: int, device: str, steps: int | None
) -> Generator[payloads.TrainingState, None, None]:
    name, show = out.name, _Progress(out.name)
    if source and not (out / SOURCE).is_file() and not (out / ".training").exists():
        # The disk took the pictures and then no more: no one knows whose they are.
        shutil.rmtree(out / "pictures", ignore_errors=True)
    if (out / "pictures").is_dir():
        pictures = _begun(source, out, size)
    elif source is None:
        raise Refused(f"Choose a ZIP file: no training called {name!r} was begun here.")
    else:
        pictures = yield from _followed(take_in(source, out, size), show)
        write_whole(out / SOURCE, _digest(source).encode())
    show.begin(source, out, pictures, steps)
    given = {} if steps is None else {"steps": steps}
    made = yield from _followed(train_own(out, choose_device(device), **given), show)
    yield show.now("map")
    reference = load_reference(made)
    if "umap" not in reference.maps:
        save_reference(add_umap(reference), out / "reference.npz")
    yield show.finished(made)


def _begun(source: Path | None, out: Path, size: int) -> Pictures:
    """The pictures of a training that was begun.

    Raises:
        Refused: if it was begun with another file, or at another size.
    """
    pictures = load_pictures(out / "pictures")
    if source is None:
        return pictures
    record = out / SOURCE
    same = record.is_file() and record.read_text() == _digest(source)
    if not same or pictures.train.shape[1] != size:
        raise Refused(
            f"The training {out.name!r} was begun with another file or at another size; choose "
            "another name, or remove the file to go on with that training."
        )
    return pictures


def _digest(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _followed(
    events: Generator[Event, None, T], show: "_Progress"
) -> Generator[payloads.TrainingState, None, T]:
    return (yield from translated(events, show.step, show.pace, show.note))


@dataclass
class _Progress:
    """What the page shows of a training."""

    name: str
    folder: Path | None = None
    report: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    plan: list[tuple[str, float]] = field(default_factory=list)  # stages and their work, in order
    at: int = 0  # the stage of the plan
    done: float = 0.0  # work done of all
    first: tuple[float, float] | None = None  # when the first event came, and the work done then
    pace: Pace = field(default_factory=lambda: Pace(PAUSE))
    curve: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    preview: tuple[str, str] = ("", "")  # the file that was read last, and what it holds

    def begin(self, source: Path | None, out: Path, pictures: Pictures, steps: int | None) -> None:
        """Plans the work on pictures that were taken in."""
        self.folder = out / ".training"
        self.report = [_named(line, source, out) for line in pictures.report.lines()]
        self.classes = list(pictures.classes)
        spec = spec_for(pictures.train.shape[1], len(pictures.classes))
        n, area = len(pictures.train), (pictures.train.shape[1] / 64) ** 2
        counts = {
            "autoencoder": spec.autoencoder_steps * spec.autoencoder_batch / 16 * area,
            "encode": (1 + spec.flip) * n / 100 * area,
            "transformer": (steps or spec.steps) * spec.batch / 64,
            "judge": judge_steps(n),
            "reference": n / 64 * area,
            "map": 1,
        }
        self.plan = [(stage, COSTS[stage] * count) for stage, count in counts.items()]

    def note(self, event: Event) -> bool:
        """Counts the work done, and adds to the curve of the stage; whether the stage is done."""
        stages = [stage for stage, _ in self.plan]
        if event.stage in stages[self.at :]:
            self.at = stages.index(event.stage, self.at)
            before = sum(work for _, work in self.plan[: self.at])
            self.done = before + self.plan[self.at][1] * (event.i + 1) / event.n
            if self.first is None:
                self.first = time.monotonic(), self.done
        value = event.scalars.get("psnr", event.scalars.get("loss"))
        if value is not None:
            points = self.curve.setdefault(event.stage, [])
            every = -(-event.n // POINTS)
            if event.i % every == 0 or not points:
                points.append((event.i + 1, value))
            else:  # the mean of what lies between two points
                k = event.i % every + 1
                points[-1] = points[-1][0], points[-1][1] + (value - points[-1][1]) / k
        return event.i + 1 == event.n

    def step(self, event: Event) -> payloads.TrainingState:
        """An event as it is shown."""
        return self.now(event.stage, event)

    def left(self) -> float | None:
        """The seconds that are left, once it can be told."""
        if self.first is None:
            return None
        seconds, work = time.monotonic() - self.first[0], self.done - self.first[1]
        total = sum(w for _, w in self.plan)
        return seconds * (total - self.done) / work if work > 0 and seconds > 5 else None

    def now(self, stage: str, event: Event | None = None) -> payloads.TrainingState:
        """How far it is, what was left out, and the latest samples."""
        self.pace.mark()
        words = STAGES.get(stage, stage)
        if event is not None:
            words += f", {event.i + 1:,} of {event.n:,}"
        total = sum(work for _, work in self.plan)
        left = self.left()
        label, sheet = self._latest()
        return {
            "live": True,
            "name": self.name,
            "now": words,
            "progress": round(self.done / total, 4) if total else 0.0,
            "left": None if left is None else round(left),
            "report": self.report,
            "classes": self.classes[:10],
            "preview": sheet,
            "step": label,
            "curves": {
                stage: [(x, round(y, 4) if math.isfinite(y) else None) for x, y in points]
                for stage, points in self.curve.items()
            },
        }

    def finished(self, made: str) -> payloads.TrainingState:
        """What stays on the page."""
        last = self.now("map")
        return {**last, "live": False, "now": "done", "progress": 1.0, "left": 0, "made": made,
                "title": DATASETS[made].title}  # fmt: skip

    def _latest(self) -> tuple[str, str]:
        """The number of steps of the latest samples, and the sheet as text for a browser."""
        if self.folder is not None:
            sheets = sorted(
                self.folder.glob("preview-*.png"), key=lambda path: (len(path.name), path)
            )
            if sheets and sheets[-1].name != self.preview[0]:
                with Image.open(sheets[-1]) as picture:
                    self.preview = sheets[-1].name, data_uri(np.asarray(picture), lossless=True)
        name, sheet = self.preview
        return name.removeprefix("preview-").removesuffix(".png").lstrip("0"), sheet
