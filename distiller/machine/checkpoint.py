"""Checkpoints: training that is stopped or killed goes on where its last checkpoint was."""

import time
from collections.abc import Callable, Generator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from ..errors import Refused
from ..event import Event
from .disk import write_whole
from .malloc import memory_kept
from .replicas import current
from .seal import check_seal

__all__ = ["SECONDS", "Checkpoint", "advance", "load_checkpoint", "seeded"]

SECONDS = 60.0  # between two checkpoints


@dataclass
class Checkpoint:
    """The state of a training run on disk, written whole or not at all."""

    path: Path | None  # None: kept in memory alone
    state: dict[str, Any]  # parts with state_dict and load_state_dict
    step: int = 0  # steps done
    seconds: float = 0.0  # spent on them, over all runs
    optional: bool = False  # whether to do without where it cannot be written or read

    def restore(self) -> None:
        """Loads the state, if there is one.

        Raises:
            Refused: if it cannot be read and is not optional, or is of another training.
        """
        if self.path is None or not self.path.exists():
            return
        try:
            saved = load_checkpoint(self.path)
        except Refused:
            if self.optional:
                return
            raise
        try:
            for name, part in self.state.items():
                part.load_state_dict(saved[name])
            self.step, self.seconds = int(saved["step"]), float(saved.get("seconds", 0))
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise Refused(
                f"{self.path} is of another training; delete it to train anew."
            ) from error

    def save(self) -> None:
        """Writes the state.

        Raises:
            OSError: if it cannot be written and is not optional.
        """
        if self.path is None:
            return
        states = {name: part.state_dict() for name, part in self.state.items()}
        saved = {"step": self.step, "seconds": self.seconds, **states}
        with suppress(OSError) if self.optional else nullcontext():
            write_whole(self.path, lambda file: _save(saved, file), sealed=True)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint holds, on the CPU.

    Raises:
        Refused: if it is damaged.
    """
    try:
        check_seal(path)
        saved: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # whatever torch makes of bytes that are not its own
        raise Refused(f"{path} is damaged; delete it to train anew.") from error
    return saved


def _save(saved: dict[str, Any], file: BinaryIO) -> None:
    try:
        torch.save(saved, file)
    except RuntimeError as error:  # in which torch wraps that of a full disk
        if isinstance(error.__context__, OSError):
            raise error.__context__ from error
        raise


def advance(
    stage: str, steps: int, checkpoint: Checkpoint, step: Callable[[int], dict[str, float]]
) -> Generator[Event, None, None]:
    """Runs step(i) from the checkpoint on, saving once a minute and when closed.

    Of processes that train together the first alone has a path, and the others take up its state.
    """
    checkpoint.restore()
    checkpoint.step = current().take_up(checkpoint.state, checkpoint.step)
    first = checkpoint.step
    saved = time.monotonic()
    try:
        with memory_kept():
            for i in range(first, steps):
                began = time.monotonic()
                scalars = step(i)
                checkpoint.step = i + 1
                checkpoint.seconds += time.monotonic() - began
                if time.monotonic() - saved > SECONDS:
                    checkpoint.save()
                    saved = time.monotonic()
                yield Event(stage, i, steps, scalars=scalars)
    finally:
        if checkpoint.step > first:
            checkpoint.save()


def seeded(seed: int, i: int) -> tuple[np.random.Generator, torch.Generator]:
    """The random numbers of step i, which depend on (seed, i) alone."""
    rng = np.random.default_rng([seed, i])
    return rng, torch.Generator().manual_seed(int(rng.integers(2**62)))
