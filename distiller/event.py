"""What a running generator says of itself."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torch import Tensor

__all__ = ["Event", "finish"]

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
