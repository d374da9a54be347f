"""The desk: whatever needs the device is asked for here.

All of it waits in one fair line; trainings, which take long, have one of their own. A run that was
made before, by whomever, comes back at once: it is kept under all that determines it. Requests that
are equal while they wait become one.
"""

import asyncio
import atexit
import io
import json
import time
import zipfile
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distiller.lab import Lab, open_lab
from distiller.machine.disk import cache_folder
from distiller.recipes.recipe import Recipe
from distiller.sets.folder import file_names
from distiller.sets.measured import Measured, measure_set
from distiller.sets.request import Request
from distiller.sets.writer import archive

from .. import payloads, settings
from ..draw.steps import explore, glimpse_of, shown_result
from . import zero_gpu
from .beforehand import pass_cost
from .job import Busy, Job, Place
from .kept import Kept
from .key import run_key
from .line import Line
from .rates import Rates

__all__ = ["VISITOR", "Desk", "Made", "open_desk"]

T = TypeVar("T")
AGAIN = 3.0  # seconds until a visitor whom a full line turned away is let in again
USUAL = {"run": (22.0, 0.31), "discrepancies": (1.0, 1.0), "score": (20.0, 2.0)}
"""Work and its seconds, believed until some was done; of a run the work is image steps. Little
work, as the first run that is measured here says more than this does."""
TRIED = 5  # steps of a run that is made for nobody
BESIDE = 20  # image steps that take as long as the rest of a run: encoding, judging, packing

VISITOR: ContextVar[str] = ContextVar("VISITOR", default="someone")
"""Who asks, where that is no visitor of the page."""


@dataclass(frozen=True, eq=False)
class Made:
    """A finished run of one class."""

    request: Request  # with the dials as they stood at the end
    shown: payloads.Run  # what the page shows of it
    packed: bytes  # the ZIP file to download
    images: NDArray[np.uint8]  # (n, h, w, 3)
    prior: str  # the fingerprint of the prior
    measured: Measured | None = None  # None of one that was kept

    @property
    def repeatable(self) -> bool:
        """Whether the request alone repeats it: no dial was moved."""
        return not self.shown["moved"]

    def measure(self, lab: Lab) -> Measured:
        """Its measurement; that of a run that was kept is taken anew."""
        if self.measured is not None:
            return self.measured
        labels = np.full(len(self.images), self.request.classes[0], np.int64)
        return measure_set(self.images, labels, lab)


class _Turning(Mapping[str, float]):
    """The dials of the run in service: what was fitted for one run reads those of the next."""

    def __init__(self) -> None:
        self.of: Mapping[str, float] = {}

    def __getitem__(self, key: str) -> float:
        return self.of[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)


class _Watch:
    """Tells the seconds of a run's own service: it stands while others are served."""

    def __init__(self) -> None:
        self._spent, self._since = 0.0, time.monotonic()

    def __call__(self) -> float:
        return self._spent + time.monotonic() - self._since

    def go(self) -> None:
        self._since = time.monotonic()

    def stand(self) -> None:
        self._spent = self()


class Desk:
    """The lines, what is kept, and how long things take here."""

    def __init__(self, line: Line, kept: Kept, trainings: Line | None = None) -> None:
        self.line, self.kept = line, kept
        self.trainings = trainings or Line()
        self._recipes: dict[Any, Recipe] = {}
        self._warm: set[str] = set()  # data sets of which a run was made
        self._dials = _Turning()
        self._rates = Rates(USUAL)

    async def run(
        self,
        visitor: str,
        request: Request,
        dials: Mapping[str, float],
        begun: Callable[[Job], None] = lambda job: None,
        *,
        long: bool = False,
        aside: bool = False,
    ) -> AsyncGenerator[payloads.Step | Place | Busy | Made, None]:
        """Distils one class: yields how it stands, then what to show of each step, then `Made`.

        `dials` are read at each step. `begun` is told the job, unless the run was kept. A long one
        makes way for others, as it is one of many. With `aside` its images are measured once the
        visitor's next runs are sampled, too. Ends without `Made` if the visitor leaves the job.

        Raises:
            Refused: if the models are not on this machine, or the run is refused.
        """
        lab = await asyncio.to_thread(open_lab, request.dataset)
        key = run_key(request, lab)
        if key is not None and (found := await asyncio.to_thread(self._find, key, request, lab)):
            yield found
            return

        def work() -> Generator[payloads.Step, None, Made]:
            watch = _Watch()
            steps = self._make(request, lab, watch)
            try:
                while True:
                    self._dials.of = dials  # another run may have been served since the last step
                    watch.go()
                    try:
                        step = next(steps)
                    except StopIteration as stop:
                        made: Made = stop.value
                        return made
                    watch.stand()
                    yield step
            finally:
                steps.close()

        cost = self._estimate(request)
        given: dict[str, Any] = {"cost": cost, "long": long, "begun": begun, "share": _share}
        if aside:
            given["rests"] = _is_made
        async for shown in self._follow(visitor, work, key=key, **given):
            yield shown

    async def do(
        self, visitor: str, work: Callable[[], T], kind: tuple[str, ...], amount: float = 1.0
    ) -> T:
        """The result of one short piece of work, once its turn has come.

        `kind` and `amount` are what it is and how much, for the time that it will take
        (`viz.serving.rates`).

        Raises:
            Refused: as the work does.
        """

        def steps() -> Generator[None, None, list[T]]:
            yield None
            began = time.monotonic()
            result = work()
            self._rates.learn(kind, amount, time.monotonic() - began)
            return [result]

        done: list[T] = []
        cost = partial(self._rates.seconds, kind, amount)
        async for shown in self._follow(visitor, steps, cost=cost):
            if isinstance(shown, list):
                done = shown
        return done[0]

    async def long(
        self,
        visitor: str,
        make: Callable[[], Generator[T, None, None]],
        cost: float,
        begun: Callable[[Job], None] = lambda job: None,
        *,
        line: Line | None = None,
    ) -> AsyncGenerator[T | Place | Busy, None]:
        """Yields what a long job shows, or how it stands; it makes way for runs of its line.

        Once begun it goes on to its end though nobody follows it, unless its visitor leaves it.
        """
        given: dict[str, Any] = {"cost": lambda: cost, "begun": begun, "line": line}
        async for shown in self._follow(visitor, make, long=True, **given):
            yield shown

    async def _follow(
        self,
        visitor: str,
        make: Callable[[], Generator[Any, None, Any]],
        *,
        cost: Callable[[], float],
        key: str | None = None,
        long: bool = False,
        begun: Callable[[Job], None] = lambda job: None,
        line: Line | None = None,
        rests: Callable[[Any], bool] = lambda shown: False,
        share: Callable[[Any], float] = lambda shown: 0.0,
    ) -> AsyncGenerator[Any, None]:
        """Yields `Busy` while the line is full, then what the job shows, last its result."""
        while True:
            try:
                given: dict[str, Any] = {"key": key, "cost": cost, "long": long}
                job = (line or self.line).join(visitor, make, rests=rests, share=share, **given)
                break
            except Busy as busy:
                yield busy
                await asyncio.sleep(AGAIN)
        begun(job)
        async for shown in self.again(visitor, job, line):
            yield shown

    async def again(
        self, visitor: str, job: Job, line: Line | None = None
    ) -> AsyncGenerator[Any, None]:
        """Yields what a job that stands in a line shows from now on, and last its result.

        Raises:
            Refused: as the job does.
        """
        async for shown in (line or self.line).follow(job, visitor):
            if shown is not None:
                yield shown
        if job.state == "done" and job.result is not None:
            yield job.result

    def _make(
        self, request: Request, lab: Lab, clock: Callable[[], float]
    ) -> Generator[payloads.Step, None, Made]:
        """Distils one class, in the line's thread, and keeps what came of it."""
        began = clock()
        dials: Mapping[str, float] = self._dials
        lent = None
        if zero_gpu.lends(request):
            dials = dict(dials)  # nobody there hears of a dial that is turned
            lent = zero_gpu.sample(request, dials, zero_gpu.seconds_for(self.cost(request)))
        made = yield from explore(lab, request, self._recipes, dials, clock, lent)
        measured, shown = made.measured, shown_result(made)
        packed = archive(measured, made.request)
        prior = lab.prior.fingerprint()
        if not made.moved and (key := run_key(made.request, lab)) is not None:
            self.kept.put(key, json.dumps(shown).encode() + b"\n" + packed)
        self._learn(request, clock() - began)
        return Made(made.request, shown, packed, measured.images, prior, measured)

    def _find(self, key: str, request: Request, lab: Lab) -> Made | None:
        """The run that is kept under a key."""
        content = self.kept.get(key)
        if content is None:
            return None
        shown, _, packed = content.partition(b"\n")
        images = _images(packed, request, lab)
        return Made(request, json.loads(shown), packed, images, lab.prior.fingerprint())

    def try_out(self, dataset: str, runs: int = 2) -> Job:
        """Has small runs made for nobody: then models are read, and it is known how long a run
        takes on this machine. Without any, what a first run reads is read all the same."""
        lab = open_lab(dataset)
        raw = {"dataset": dataset, "method": "dit", "classes": [0], "ipc": 10, "steps": TRIED}
        request = Request.parse(raw)

        def work() -> Generator[None, None, None]:
            glimpse_of(lab)
            yield
            for _ in range(runs):
                began = time.monotonic()
                for _ in explore(lab, request, {}, {}):
                    yield
                self._learn(request, time.monotonic() - began)

        return self.line.join("nobody", work, cost=self._estimate(request))

    def _learn(self, request: Request, seconds: float) -> None:
        """Takes note of a run's time; the first of a data set reads models, and tells nothing."""
        if request.dataset in self._warm:
            self._rates.learn(*_work(request), seconds)
        self._warm.add(request.dataset)

    def cost(self, request: Request) -> float:
        """Seconds that a run is expected to take."""
        return self._estimate(request)()

    def _estimate(self, request: Request) -> Callable[[], float]:
        """Tells the cost at every step of any run; how much work it is, is found out once."""
        return partial(self._rates.seconds, *_work(request))


def _work(request: Request) -> tuple[tuple[str, ...], float]:
    """What kind of work a run is, and how much: in image steps of the first data set."""
    amount = request.image_steps() * pass_cost(request.dataset) + BESIDE
    return ("run", request.dataset, request.method), amount


def _is_made(step: payloads.Step) -> bool:
    """Whether the images are finished, and only their measures miss."""
    return bool(step.get("made"))


def _share(step: payloads.Step) -> float:
    """How much of a run's sampling is done; what is fitted before it is not foreseen."""
    return step["step"] / step["steps"] if step["stage"] is None and step["steps"] else 0.0


def _images(packed: bytes, request: Request, lab: Lab) -> NDArray[np.uint8]:
    """The images (n, h, w, 3) of a packed set of one class."""
    labels = np.full(request.ipc, request.classes[0])
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        names = file_names(labels, lab.data.classes)
        return np.stack([np.asarray(Image.open(io.BytesIO(file.read(name)))) for name in names])


@cache
def open_desk() -> Desk:
    """The desk of this process."""
    kept = Kept(
        cache_folder() / "runs", memory=settings.kept_in_memory(), disk=settings.kept_on_disk()
    )
    runs, trainings = (Line(settings.waiting(), grace=settings.grace()) for _ in range(2))
    made = Desk(runs, kept, trainings)
    for line in (runs, trainings):
        atexit.register(line.close)  # a thread of torch must not outlive the interpreter
    return made
