"""Whole sets: every class for the lanes of a comparison, made behind whatever else is done.

Each class of each lane is a run of the desk like any other, with the key of its own: one that was
made before, by whomever, is there at once, and what is made here is kept for the next. The runs
make way for those that somebody looks at, and go class by class, so that rows fill.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.event import Pace
from distiller.sets.request import Request

from .. import payloads
from ..serving.desk import Made, open_desk
from ..serving.job import Busy, Job, Place, words_of
from ..serving.ticket import Begun
from ..settings import WHOLE
from .lanes import names_of
from .lineup import Lineup
from .whole_scores import Scored

__all__ = ["PIXELS", "Lane", "Part", "Whole"]

PAUSE = 0.2  # seconds between two values to show, at least
PIXELS = 100_000_000  # of all images of all lanes


@dataclass(frozen=True, eq=False)
class Part:
    """One class of one lane."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    scores: Sequence[payloads.Score]
    points: Mapping[str, Sequence[Sequence[float]]]  # (n, 2) in each view of the map
    prior: str  # the fingerprint of the prior that made it


@dataclass(eq=False)
class Lane:
    """A lane, and as much of its set as there is."""

    slot: int
    name: str
    request: Request  # of the first class
    parts: dict[int, Part] = field(default_factory=dict)  # by label
    failed: dict[int, str] = field(default_factory=dict)  # by label
    seconds: list[float] = field(default_factory=list)  # of each class that was made here

    @property
    def real(self) -> bool:
        """Whether its images are random real ones."""
        return self.request.method == "random"

    @property
    def over(self) -> int:
        """How many classes are made, or cannot be."""
        return len(self.parts) + len(self.failed)

    def of(self, label: int) -> Request:
        """The request of a class: that of the same lane of a comparison."""
        return replace(self.request, classes=(label,))


class Whole:
    """The sets of some lanes, as far as they are."""

    def __init__(self, lineup: Lineup, id: str, begun: Begun) -> None:
        """
        Args:
            lineup: the lanes.
            id: by which they are looked at.
            begun: is told each job.

        Raises:
            Refused: if no lane can be made, or all classes together are too much.
        """
        self.id, self.dataset, self._tell = id, lineup.base.dataset, begun
        self.classes = DATASETS[self.dataset].classes
        self.n = lineup.base.ipc
        made = {k: v for k, v in lineup.lanes.items() if isinstance(v, Request)}
        self.refused = {k: str(v) for k, v in lineup.lanes.items() if isinstance(v, Refused)}
        if not made:
            raise Refused(" ".join(self.refused.values()))
        cost = sum(request.image_steps(len(self.classes)) for request in made.values())
        if cost > WHOLE:
            raise Refused(
                f"All {len(self.classes)} classes of these lanes take {cost:,} image steps; at "
                f"most {WHOLE:,} are made here. Take fewer images, steps or lanes."
            )
        size = self.n * len(self.classes) * DATASETS[self.dataset].size ** 2 * len(made)
        if size > PIXELS:
            raise Refused(
                f"All {len(self.classes)} classes of these lanes have {size:,} pixels; at most "
                f"{PIXELS:,} are held here. Take fewer images or lanes."
            )
        names = names_of(made)
        first = {slot: replace(request, classes=(0,)) for slot, request in made.items()}
        self.lanes = {slot: Lane(slot, names[slot], first[slot]) for slot in sorted(made)}
        self._over = False  # whether the visitor wants no more of it
        self._lane: Lane | None = None  # that is made now, with its job in the line
        self._job: Job | None = None
        self._words, self._share = "", 0.0

    @property
    def pixels(self) -> int:
        """How many pixels its images have."""
        parts = (part for lane in self.lanes.values() for part in dict(lane.parts).values())
        return sum(part.images.size // 3 for part in parts)

    @property
    def scored(self) -> dict[int, Scored]:
        """The scores of each lane's classes, by slot, as they are now; any thread may ask."""
        return {
            slot: {label: part.scores for label, part in dict(lane.parts).items()}
            for slot, lane in self.lanes.items()
        }

    async def fill(self, visitor: str) -> AsyncGenerator[payloads.Whole, None]:
        """Makes what is missing, class by class, and yields how far it is, first of all at once.

        Raises:
            Exception: what goes wrong and is no refusal; what was made before it stays.
        """
        pace = Pace(PAUSE)
        yield self.shown()  # the first class may show nothing for as long as another run's step
        for label in range(len(self.classes)):
            for lane in self.lanes.values():
                if self._over:
                    return
                async for _ in self._make(visitor, lane, label):
                    if pace.due():
                        pace.mark()
                        yield self.shown()
        yield self.shown(live=False)

    async def _make(self, visitor: str, lane: Lane, label: int) -> AsyncGenerator[None, None]:
        """Makes a class of a lane, and yields whenever there is something to show."""
        request, name = lane.of(label), f"{lane.name}, {self.classes[label]}"
        self._lane, self._job, self._share, self._words = lane, None, 0.0, name
        dials = {"cfg_scale": request.cfg_scale, **request.options}
        try:
            async for shown in open_desk().run(visitor, request, dials, self._begun, long=True):
                if isinstance(shown, Made):
                    self._share = 0.0
                    run = shown.shown
                    lane.parts[label] = Part(
                        shown.images, run["scores"], run["points"], shown.prior
                    )
                    if self._job is not None:
                        lane.seconds.append(self._job.spent)
                elif isinstance(shown, (Place, Busy)):
                    self._words = f"{name}: {words_of(shown)}"
                else:
                    sampling = shown["stage"] is None
                    self._words = f"{name}: {shown['stage'] or 'samples'}"
                    self._share = shown["step"] / shown["steps"] if sampling else 0.0
                yield None
        except Refused as refusal:
            self._share = 0.0
            lane.failed[label] = str(refusal)
            yield None
        finally:
            self._lane, self._share = None, 0.0

    def _begun(self, job: Job) -> None:
        self._job = job
        self._tell(job)

    def leave(self, visitor: str) -> None:
        """Takes back what is not done yet."""
        self._over = True
        if self._job is not None:
            open_desk().line.leave(self._job, visitor)

    def shown(self, *, live: bool = True) -> payloads.Whole:
        """How far the lanes are."""
        every = len(self.classes)
        over = sum(lane.over for lane in self.lanes.values()) + self._share
        lanes: list[payloads.WholeLane] = [
            {
                "slot": lane.slot,
                "name": lane.name,
                "link": lane.of(min(lane.parts, default=0)).query(),
                "real": lane.real,
                "made": sorted(lane.parts),
                "failed": {str(label): words for label, words in lane.failed.items()},
            }
            for lane in self.lanes.values()
        ]
        refused: list[payloads.WholeLane] = [
            {
                "slot": slot, "name": f"lane {slot + 1}", "link": {}, "real": False, "made": [],
                "failed": {str(label): words for label in range(every)},
            }
            for slot, words in self.refused.items()
        ]  # fmt: skip
        left = self._left() if live else 0.0
        return {
            "id": self.id, "live": live, "dataset": self.dataset, "classes": self.classes,
            "n": self.n, "lanes": [*lanes, *refused],
            "progress": round(over / (every * len(self.lanes)), 4),
            "left": round(left) if left else None,
            "now": self._words if live else "",
        }  # fmt: skip

    def _left(self) -> float:
        """Seconds that are left, about: by what the classes of each lane took so far."""
        total = 0.0
        for lane in self.lanes.values():
            each = mean(lane.seconds) if lane.seconds else open_desk().cost(lane.request)
            total += (len(self.classes) - lane.over - self._share * (lane is self._lane)) * each
        return max(total, 0.0)
