"""What a running generator says of itself, and how that is followed."""

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torch import Tensor

__all__ = ["Event", "Left", "Pace", "finish", "translated"]

E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Step i of n of a stage is done; i counts from 0.

    Events carry latents, never images: decoding is the viewer's policy.
    """

    stage: str
    i: int
    n: int
    label: int | None = None
    x0: Tensor | None = None  # (m, *latent_shape), the estimates of the clean latents
    scalars: Mapping[str, float] = field(default_factory=dict)


def finish(events: Generator[Any, None, T]) -> T:
    """Runs a generator to its end, and returns its result."""
    try:
        while True:
            next(events)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        events.close()


class Pace:
    """When it is time to show something again: so many seconds after the last time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.last = seconds, -math.inf

    def due(self) -> bool:
        """Whether that time has passed."""
        return time.monotonic() - self.last >= self.seconds

    def mark(self) -> None:
        """Something is shown now."""
        self.last = time.monotonic()


class Left:
    """How long a stage will go on, by how long it took so far. It must see every event."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = 0.0, clock
        self._began = self._last = clock()
        self._stage: tuple[str, int | None] | None = None
        self._first = 0  # the step that the stage was first seen to do

    def see(self, event: Event) -> None:
        """Takes in an event; `seconds` are then what the rest of its stage will take."""
        if self._stage != (event.stage, event.label):
            self._stage, self._first = (event.stage, event.label), event.i
            self._began = self._last  # when the stage before it ended
        self._last = self._clock()
        done = event.i + 1 - self._first
        self.seconds = (self._last - self._began) / done * (event.n - event.i - 1)


def translated(
    events: Generator[E, None, T],
    show: Callable[[E], S],
    pace: Pace | None = None,
    note: Callable[[E], bool] = lambda event: False,
) -> Generator[S, None, T]:
    """Yields what `show` makes of a generator's events, and returns the generator's result.

    With a pace, an event is shown where that is due or `note`, which sees every event, says that
    it must be. However this one ends, it closes the generator that it follows.
    """
    try:
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                result: T = stop.value
                return result
            must = note(event)
            if pace is None:
                yield show(event)
            elif must or pace.due():
                pace.mark()
                yield show(event)
    finally:
        events.close()
