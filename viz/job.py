"""Jobs: what was asked for of the device, and how far it has come."""

import secrets
from collections.abc import Callable, Generator
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Literal

from distiller.errors import Refused

__all__ = ["OVER", "Busy", "Job", "Place", "State", "Steps", "words_of"]

Steps = Generator[Any, None, Any]
State = Literal["waiting", "running", "done", "failed", "stopped"]
OVER: tuple[State, ...] = ("done", "failed", "stopped")


class Busy(Refused):
    """The line is full: the one refusal that passes by itself."""


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands."""

    ahead: int  # jobs that come first, with those in service
    seconds: float  # until its turn, estimated from the costs of those


@dataclass(eq=False)
class Job:
    """What was asked for, and how far it has come. Only the line changes it."""

    make: Callable[[], Steps]
    key: str | None  # jobs of one key give one result
    expected: Callable[[], float]  # seconds in service, as they are estimated now
    long: bool
    rests: Callable[[Any], bool] = lambda shown: False
    """Whether the job has shown what matters: the rest may wait for more of the same visitor's."""
    resting: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = "waiting"
    shown: Any = None  # what the generator yielded last
    result: Any = None  # what it returned
    error: BaseException | None = None
    tags: dict[str, float] = field(default_factory=dict)  # by visitor
    spent: float = 0.0  # seconds in service
    ended: float = 0.0
    alone: float | None = None  # since when nobody follows
    version: int = 0
    steps: Steps | None = None
    followers: dict[object, Callable[[], None]] = field(default_factory=dict)
    context: Context = field(default_factory=copy_context)
    """Of who asked first: a GPU that a Space lends is lent to that visitor."""

    @property
    def cost(self) -> float:
        """Seconds in service, estimated; it changes as the page learns how long things take."""
        return max(self.expected(), 1e-3)

    @property
    def tag(self) -> float:
        """The start tag: the best of those who asked for it."""
        return min(self.tags.values())

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in OVER

    @property
    def shared(self) -> bool:
        """Whether more than one visitor asked for it."""
        return len(self.tags) > 1

    def changed(self) -> None:
        """Has every follower look again."""
        self.version += 1
        for wake in list(self.followers.values()):
            wake()


def words_of(place: Place | Busy) -> str:
    """How a job stands in the line, in words."""
    if isinstance(place, Busy):
        return f"{place} This page tries again by itself."
    first = "one run comes first" if place.ahead == 1 else f"{place.ahead} runs come first"
    seconds = max(round(place.seconds), 1)
    return f"{first}, about {seconds if seconds < 60 else f'{round(seconds / 60)} min'}" + (
        " s" * (seconds < 60)
    )
