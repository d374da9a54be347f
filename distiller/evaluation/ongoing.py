"""Ongoing trainings of an evaluation: one that was stopped or killed is gone on from.

Each net has a checkpoint of its own, called by all that its training depends on. One whose training
has ended holds the net and its test, so the same evaluation does not train it again.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.dataset import Split
from ..machine.checkpoint import Checkpoint
from ..machine.disk import cache_folder, sweep
from ..machine.lock import alone
from ..version import __version__
from .classifier import LabelledSet
from .plan import EvaluationPlan

__all__ = ["BestTest", "checkpoint_of", "going_on"]


class BestTest:
    """The confusion table of the test that counts so far: of several the most accurate."""

    def __init__(self) -> None:
        self.table: NDArray[np.int64] | None = None

    def take(self, table: NDArray[np.int64]) -> None:
        """Takes another test in, of which the first of several alike stays."""
        if self.table is None or table.trace() > self.table.trace():
            self.table = table

    def state_dict(self) -> dict[str, torch.Tensor]:
        """What a checkpoint keeps."""
        return {} if self.table is None else {"table": torch.from_numpy(self.table)}

    def load_state_dict(self, saved: dict[str, torch.Tensor]) -> None:
        """Takes up what a checkpoint kept."""
        self.table = saved["table"].numpy() if saved else None


@contextmanager
def going_on(chosen: LabelledSet, *asked: object) -> Iterator[Path | None]:
    """The folder where the trainings of a set are kept until what is asked about it has ended.

    None where the cache cannot be written: then nothing is kept.

    Raises:
        Refused: if the same evaluation of the same set goes on.
    """
    name = _digest(chosen)
    name.update(repr(asked).encode())
    folder = cache_folder() / "evaluations" / name.hexdigest()[:24]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        yield None
        return
    with alone(folder) as held:
        sweep(folder, alone=held)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def checkpoint_of(
    plan: EvaluationPlan, chosen: LabelledSet, test: Split, seed: int, best: BestTest
) -> Checkpoint:
    """The checkpoint of one net; in memory alone where the plan keeps none."""
    if plan.kept is None:
        return Checkpoint(None, {"best": best})
    name = _digest(chosen)
    own = [getattr(plan.protocol, f.name) for f in fields(plan.protocol) if f.name != "about"]
    about = (own, plan.architecture, seed, plan.epochs, plan.report, plan.device, plan.compiled)
    name.update(repr((about, __version__, torch.__version__, test.fingerprint())).encode())
    if plan.teacher is not None:
        for key, tensor in plan.teacher.state_dict().items():
            name.update(key.encode() + tensor.cpu().numpy().tobytes())
    path = plan.kept / f"{plan.architecture}-{seed}-{name.hexdigest()[:16]}.ckpt"
    return Checkpoint(path, {"best": best}, optional=True)


def _digest(chosen: LabelledSet) -> Any:
    """A hash of the images, the labels and the weights of a set."""
    found = hashlib.sha256(repr(chosen.images.shape).encode())
    for array in (chosen.images, chosen.labels, chosen.weights):
        if array is not None:
            found.update(np.ascontiguousarray(array).tobytes())
    return found
