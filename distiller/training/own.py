"""A data set of one's own: from a folder or zip of pictures to a folder that can be distilled.

    DIR/pictures/       the pictures at one size, as arrays, and the report of what was left out
    DIR/.training/      checkpoints, and previews of samples while it trains
    DIR/                the prior, in diffusers' own layout
    DIR/judge/          the classifier
    DIR/reference.npz   the real pictures as points
    DIR/dataset.json    last: what looks whole is whole

Each part is made once; stopped anywhere, the same call goes on.
"""

import json
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..data.archive import key_of
from ..data.class_folders import Pictures, load_pictures, read_pictures, save_pictures
from ..data.dataset import Dataset, Split
from ..data.registry import DATASETS
from ..diffusion.prior import load_prior
from ..errors import Refused
from ..event import Event
from ..machine.disk import sweep, write_whole
from ..machine.lock import alone
from ..machine.replicas import current
from ..scores.judge import Judge, JudgeSpec, load_judge, save_judge, train_judge
from ..scores.reference import build_reference, save_reference
from .prior import train_prior
from .spec import PriorSpec

__all__ = ["SIZES", "judge_steps", "spec_for", "take_in", "train_own", "trained_judge"]

JUDGE_EPOCHS, JUDGE_BATCH = 40, 64
JUDGE_STEPS = (300, 4000)  # at least, at most

_SPEC = PriorSpec(
    start="solids", autoencoder_steps=800, autoencoder_batch=16, steps=1800, batch=64, lr=2e-3
)
SIZES: dict[int, PriorSpec] = {
    32: replace(_SPEC, patch=1), 64: replace(_SPEC, patch=2), 128: replace(_SPEC, patch=4)
}  # fmt: skip
"""The sizes that pictures may have, in pixels, and what is trained on them.

Training starts from the shipped prior of solids, whose autoencoder has the same quarter of the
side at any size; with these patches there are 64 tokens, so a step of the transformer costs the
same at any size. The steps are those of about half an hour on two free cores at 64 pixels.
"""


def spec_for(size: int, classes: int) -> PriorSpec:
    """The hyperparameters for pictures of a size.

    Raises:
        Refused: if pictures cannot have that size, or there are more classes than labels.
    """
    if size not in SIZES:
        raise Refused(f"Pictures can be {', '.join(map(str, SIZES))} pixels wide; got {size}.")
    if classes > 1000:
        raise Refused(f"A prior has labels for at most 1000 classes; the pictures have {classes}.")
    return SIZES[size]


def take_in(
    source: Path, out: Path, size: int, class_level: int = 1
) -> Generator[Event, None, Pictures]:
    """Reads pictures into `out`, or finds them there; of processes that have joined the first does.

    Raises:
        Refused: if they cannot be read, `out` holds something else or has a name that is taken,
            another run works in it, or it cannot be written.
    """
    spec_for(size, 2)
    found = yield from current().led(_taken_in(source, out, size, class_level))
    return found or load_pictures(out / "pictures")


def _taken_in(
    source: Path, out: Path, size: int, class_level: int
) -> Generator[Event, None, Pictures]:
    name, kept = out.resolve().name, out / "pictures"
    if not name or (name in DATASETS and DATASETS[name].folder != out.resolve()):
        raise Refused(f"There is a data set {name!r} already; give the folder another name.")
    try:
        with alone(out) as held:
            sweep(out, alone=held)
            if kept.is_dir():
                return (yield from _again(source, out, size, class_level))
            if any(out.iterdir()):
                raise Refused(
                    f"{out} is not empty and holds no prior begun here; choose another folder."
                )
            pictures = yield from read_pictures(source, size, class_level=class_level, without=out)
            spec_for(size, len(pictures.classes))
            save_pictures(pictures, kept)
            return load_pictures(kept)
    except OSError as error:
        raise Refused(
            f"{error.filename or kept} could not be written ({error.strerror or error}); the same "
            "command reads the pictures again."
        ) from error


def _again(
    source: Path, out: Path, size: int, class_level: int
) -> Generator[Event, None, Pictures]:
    """The pictures that `out` was begun with, if these are they.

    Where names, sizes and times of change are the same, so are the pictures; where they are not,
    as in a copy, the pictures are read and compared.

    Raises:
        Refused: if they are not.
    """
    pictures = load_pictures(out / "pictures")
    if (pictures.train.shape[1], pictures.class_level) != (size, class_level):
        raise Refused(
            f"{out} was begun at {pictures.train.shape[1]} pixels and class level "
            f"{pictures.class_level}, and {size} pixels and level {class_level} were asked for; "
            "choose another folder."
        )
    if pictures.key != key_of(source, without=out):
        found = yield from read_pictures(source, size, class_level=class_level, without=out)
        if not found.are(pictures):
            raise Refused(
                f"{out} was begun with other pictures than {source} holds now, with fewer or more "
                "of them, or by a version that took other folders for the classes; choose another "
                "folder."
            )
    return pictures


def train_own(out: Path, device: torch.device, **given: Any) -> Generator[Event, None, str]:
    """Trains prior and judge on pictures that were taken in, and returns the data set's name.

    What is given replaces hyperparameters of `spec_for`. To train longer, ask for more steps.
    Processes that have joined train the prior together; the first makes the rest.

    Raises:
        Refused: if there are no pictures, training began with other hyperparameters, another run
            works in the folder, or it cannot be written.
    """
    pictures = load_pictures(out / "pictures")
    if not len(pictures.test):
        raise Refused(
            f"{out} was begun by an earlier version, which took in no pictures for testing; "
            "choose another folder to begin again."
        )
    train = Split(pictures.train, pictures.train_labels)
    test = Split(pictures.test, pictures.test_labels)
    # Not called after the folder, which may be renamed while it trains.
    data = Dataset("pictures", pictures.classes, train, test)
    spec = replace(spec_for(data.size, len(data.classes)), **given)
    try:
        with alone(out) if current().leads else nullcontext():
            yield from train_prior(data, out, spec, device)
            yield from current().led(_judged(data, out, device))
    except OSError as error:
        raise Refused(
            f"{out} could not be written ({error.strerror or error}); the same command goes on "
            "from what is there."
        ) from error
    return DATASETS.add(out)


def _judged(data: Dataset, out: Path, device: torch.device) -> Generator[Event, None, None]:
    """Makes what is beside the prior: its judge, its reference, and what the data set is."""
    judge = yield from trained_judge(data, out / "judge", out / ".training")
    prior = load_prior(out, str(device))
    save_reference((yield from build_reference(data, prior, judge)), out / "reference.npz")
    _describe(data, out)


def judge_steps(images: int) -> int:
    """For how many steps the judge of so many training pictures is trained."""
    return min(max(round(JUDGE_EPOCHS * images / JUDGE_BATCH), JUDGE_STEPS[0]), JUDGE_STEPS[1])


def trained_judge(data: Dataset, folder: Path, training: Path) -> Generator[Event, None, Judge]:
    """The judge of these pictures; trained once, with checkpoints in `training`."""
    if not (folder / "config.json").is_file():
        spec = JudgeSpec(steps=judge_steps(len(data.train.labels)), batch=JUDGE_BATCH)
        save_judge((yield from train_judge(data, spec, training)), folder)
    return load_judge(str(folder))


def _describe(data: Dataset, out: Path) -> None:
    n = len(data.train.labels) + len(data.test.labels)
    about = {
        "about": f"{n:,} pictures of {len(data.classes)} classes, at {data.size} x {data.size}",
        "classes": data.classes,
        "size": data.size,
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    write_whole(out / "dataset.json", text.encode())
