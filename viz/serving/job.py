"""Jobs: what was asked for of the device, and how far it has come."""

import secrets
from collections.abc import Callable, Generator, Iterable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Literal

from distiller.errors import Refused

__all__ = ["OVER", "Busy", "Job", "Place", "State", "Steps", "places_of", "words_of"]

Steps = Generator[Any, None, Any]
State = Literal["waiting", "running", "done", "failed", "stopped"]
OVER: tuple[State, ...] = ("done", "failed", "stopped")
EARLY = 0.1  # of a job: before, its beginning says little of how long it takes
SLOWER = (0.25, 16.0)  # the least and the most that is believed of one job's pace


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
    share: Callable[[Any], float] = lambda shown: 0.0
    """How much of the job is done, from 0 to 1, once it shows a value; 0 where nobody knows."""
    resting: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = "waiting"
    shown: Any = None  # what the generator yielded last
    result: Any = None  # what it returned
    error: BaseException | None = None
    tags: dict[str, float] = field(default_factory=dict)  # by visitor
    ahead: int | None = None  # jobs that come first, as it was told last
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
    def pace(self) -> float:
        """Seconds in service by those that were expected, as far as it has come; 1 before."""
        share = self.share(self.shown) if self.shown is not None else 0.0
        whole = self.spent / share if share >= EARLY else self.spent
        late = whole / self.cost
        return min(max(late, SLOWER[0]), SLOWER[1]) if share >= EARLY or late > 1 else 1.0

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


def places_of(jobs: Iterable[Job]) -> dict[str, Place]:
    """Where each job that waits stands, by its id, of all jobs that are not over.

    The one in service tells how fast the machine is now, if it is not long: such a one makes way,
    and its cost is a rough guess. It is one of many, and what came before it says something else:
    so it counts half, in the logarithm.
    """
    order = sorted(jobs, key=lambda j: (j.state != "running" or j.long, j.long, j.tag))
    serving = (job for job in order if job.state == "running" and not job.long)
    pace = sqrt(next((job.pace for job in serving), 1.0))
    found, seconds = {}, 0.0
    for ahead, job in enumerate(order):
        if job.state == "waiting":
            found[job.id] = Place(ahead, seconds)
        expected = job.cost * (job.pace if job.state == "running" else pace)
        seconds += max(expected - job.spent, 0.1 * expected)
    return found


def words_of(place: Place | Busy) -> str:
    """How a job stands in the line, in words."""
    if isinstance(place, Busy):
        return f"{place} This page tries again by itself."
    first = "one run comes first" if place.ahead == 1 else f"{place.ahead} runs come first"
    seconds = max(round(place.seconds), 1)
    return f"{first}, about {seconds if seconds < 60 else f'{round(seconds / 60)} min'}" + (
        " s" * (seconds < 60)
    )
