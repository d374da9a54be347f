"""The waiting line before the device: fair to visitors, and what is asked for twice is done once.

A job is a generator, as everything slow here is. One thread advances the jobs; whoever asked for
one follows it, and may come back to it by its id after a lost connection.

Who is next is decided by start-time fair queuing (Goyal, Vin & Cheng, 1996, SIGCOMM): each job has
a start tag, tag = max(V, the visitor's last tag + its cost), and the smallest tag goes first; V is
the tag of the job in service. So a visitor's tenth click stands behind another visitor's first.
A long job, such as training nets, makes way between two of its steps whenever a short one waits,
and still gets a share of the time.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

from distiller.errors import Refused

from .job import OVER, Busy, Job, Place, State, Steps, places_of

__all__ = ["Line"]

KEPT = 900.0  # seconds that a job which is over can be found by its id
HELD = 20  # jobs that are over, the newest: each holds the set that it made
SHARE = 0.2  # of the time, for long jobs while short ones keep coming
AGAIN = 0.1  # of a wait: after so long it is told anew, but at most once a second
NICE = 10
"""By how much the thread that does the jobs stands back, on Linux's scale from -20 to 19."""
_log = logging.getLogger(__name__)


class Line:
    """Jobs in order of their turn, and the thread that does them."""

    def __init__(
        self, most: int = 200, clock: Callable[[], float] = time.monotonic, grace: float = 60.0
    ) -> None:
        """
        Args:
            most: how many jobs may wait.
            clock: tells the seconds.
            grace: seconds that a waiting job outlives its last follower.
        """
        self.most, self.grace = most, grace
        self._clock = clock
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}  # by id, waiting, in service or over
        self._visitors: dict[str, float] = {}  # where the next tag of each begins
        self._virtual = 0.0
        self._times = {True: 0.0, False: 0.0}  # seconds in service by `long`, while both wait
        self._thread: threading.Thread | None = None
        self._closed = False

    # ---------------------------------------------------------------------------- asking

    def join(
        self,
        visitor: str,
        make: Callable[[], Steps],
        *,
        key: str | None = None,
        cost: Callable[[], float] = lambda: 1.0,
        long: bool = False,
        rests: Callable[[Any], bool] = lambda shown: False,
        share: Callable[[Any], float] = lambda shown: 0.0,
    ) -> Job:
        """Puts a job into the line, or joins the one of the same key that is not over yet.

        Args:
            visitor: who asks; each has a fair share.
            make: called in the line's thread when the job's turn comes.
            key: what determines the result, or None for a job that is nobody else's.
            cost: tells the seconds it is expected to take, as far as is known when it is asked.
            long: whether it makes way between two steps for jobs that are not.
            rests: whether a value that it shows is what its visitor waits for: then its rest makes
                way for what the same visitor asked for next.
            share: how much of it is done, from 0 to 1, once it shows a value: so that a machine
                that is slower than usual is noticed during a job, and others are told of it.

        Raises:
            Busy: if `most` jobs wait already.
        """
        with self._lock:
            self._sweep()
            job = next((j for j in self._jobs.values() if self._open(j, key)), None)
            if job is None:
                waiting = [j for j in self._jobs.values() if j.state == "waiting"]
                if len(waiting) >= self.most:
                    raise Busy(
                        f"{len(waiting)} runs wait already, and that is as many as may. "
                        "Try again in a moment."
                    )
                job = Job(make, key, cost, long, rests, share, alone=self._clock())
                self._jobs[job.id] = job
            job.long = job.long and long  # whoever waits for it alone does not wait for many
            if visitor not in job.tags:
                start = max(self._virtual, self._visitors.get(visitor, 0.0))
                job.tags[visitor] = start
                self._visitors[visitor] = start + job.cost
            self._start()
            self._say_places()
            self._lock.notify_all()
            return job

    @staticmethod
    def _open(job: Job, key: str | None) -> bool:
        return key is not None and job.key == key and not job.over

    def find(self, id: str) -> Job | None:
        """The job of an id, as long as it is kept."""
        with self._lock:
            self._sweep()
            return self._jobs.get(id)

    def leave(self, job: Job, visitor: str) -> None:
        """Takes a visitor's wish back; a job that nobody else wants stops before its next step."""
        with self._lock:
            others = {v: tag for v, tag in job.tags.items() if v != visitor}
            if others:
                job.tags = others
                job.changed()  # who left need not hear more of it
            elif not job.over:
                self._end(job, "stopped")
                self._say_places()
            self._lock.notify_all()

    def claim(self, job: Job) -> bool:
        """Makes a job that nobody else asked for one that nobody joins, so that it may be changed.

        False where others want it too, or it is over: what they asked for is not changed.
        """
        with self._lock:
            if job.shared or job.over:
                return False
            job.key = None
            return True

    def place(self, job: Job) -> Place | None:
        """Where a job stands; None once it is in service or over."""
        with self._lock:
            return self._places().get(job.id)

    def _places(self) -> dict[str, Place]:
        return places_of(j for j in self._jobs.values() if not j.over)

    def _say_places(self) -> None:
        """Has those look again before whom there are now more or fewer than they were told."""
        for id, place in self._places().items():
            job = self._jobs[id]
            if job.ahead != place.ahead:
                job.ahead = place.ahead
                job.changed()

    # ------------------------------------------------------------------------- following

    async def follow(self, job: Job, visitor: str) -> AsyncGenerator[Any, None]:
        """Yields places while the job waits, then what it shows; at most the newest each time.

        Whoever follows late sees the newest only. Ends when the job is over: `job.result` is there
        then, and what the job raised is raised here. Ends as soon as the visitor leaves, too.
        """
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        me = object()

        def wake() -> None:
            with suppress(RuntimeError):  # the follower's loop has gone
                loop.call_soon_threadsafe(woken.set)

        with self._lock:
            job.followers[me] = wake
            job.alone = None
        seen, last = -1, None
        try:
            while visitor in job.tags:
                with self._lock:
                    version, state, shown = job.version, job.state, job.shown
                    place = self._places().get(job.id) if state == "waiting" else None
                if version != seen:
                    seen = version
                    if place is not None and place.ahead:
                        yield place
                    elif shown is not None and shown is not last:
                        last = shown
                        yield shown
                if state in OVER:
                    if state == "failed":
                        assert job.error is not None
                        raise job.error
                    return
                with suppress(TimeoutError):  # the wait grows shorter though nobody moves
                    again = min(max(AGAIN * place.seconds, 1.0), 10.0) if place else None
                    await asyncio.wait_for(woken.wait(), again)
                if place is not None and not woken.is_set():
                    seen = -1
                woken.clear()
        finally:
            with self._lock:
                job.followers.pop(me, None)
                if not job.followers:
                    job.alone = self._clock()

    # --------------------------------------------------------------------------- serving

    def close(self) -> None:
        """Stops every job and the thread."""
        with self._lock:
            self._closed = True
            for job in self._jobs.values():
                if not job.over:
                    self._end(job, "stopped")
            self._lock.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(30)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="line", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        _stand_back()
        while True:
            with self._lock:
                self._sweep()
                stale = [j for j in self._jobs.values() if j.over and j.steps is not None]
                job = None if stale else self._next()
                if job is None and not stale:
                    if self._closed:
                        return
                    self._lock.wait(5.0)
                    continue
                if job is not None and job.state == "waiting":
                    job.state = "running"
                    self._virtual = max(self._virtual, job.tag)
                    self._say_places()
            for ended in stale:
                _drop(ended)
            if job is not None:
                self._advance(job)

    def _next(self) -> Job | None:
        """The job to advance by one step: short before long, what began before what waits.

        The rest of a job waits while the next in line is of its own visitor.
        """
        open_ = [j for j in self._jobs.values() if not j.over]
        kinds = {
            long: sorted(
                (j for j in open_ if j.long == long), key=lambda j: (j.state != "running", j.tag)
            )
            for long in (False, True)
        }
        kinds[False] = _rested(kinds[False])
        if not (kinds[False] and kinds[True]):
            self._times = {True: 0.0, False: 0.0}
            return next(iter(kinds[False] or kinds[True]), None)
        total = sum(self._times.values())
        between = kinds[False][0].state != "running"  # a short job that has begun is not held up
        behind = total > 0 and self._times[True] < SHARE * total
        return kinds[between and behind][0]

    def _advance(self, job: Job) -> None:
        """One step of a job, outside the lock."""
        began = self._clock()
        ended: State | None = None
        try:
            if job.steps is None:
                job.steps = job.context.run(job.make)
            job.shown = job.context.run(next, job.steps)
            job.resting = job.resting or job.rests(job.shown)
        except StopIteration as stop:
            job.result, ended, job.steps = stop.value, "done", None
        except Refused as refused:
            job.error, ended = refused, "failed"
        except BaseException as error:  # the thread serves the next job whatever this one did
            _log.exception("a job failed")
            job.error, ended = error, "failed"
        with self._lock:
            seconds = self._clock() - began
            job.spent += seconds
            self._times[job.long] += seconds
            if job.over:  # it was taken back during this step
                return
            if ended is not None:
                self._end(job, ended)
                self._say_places()
            else:
                job.changed()

    def _end(self, job: Job, state: State) -> None:
        job.state, job.ended = state, self._clock()
        job.changed()

    def _sweep(self) -> None:
        """Forgets what is long over, and what waits for nobody."""
        now = self._clock()
        for job in list(self._jobs.values()):
            if job.state == "waiting" and job.alone is not None and now - job.alone > self.grace:
                self._end(job, "stopped")
        closed = (j for j in self._jobs.values() if j.over and j.steps is None)
        for place, job in enumerate(sorted(closed, key=lambda j: -j.ended)):
            if place >= HELD or now - job.ended > KEPT:
                del self._jobs[job.id]
        live = {v for job in self._jobs.values() for v in job.tags}
        self._visitors = {
            v: tag for v, tag in self._visitors.items() if v in live or tag > self._virtual
        }


def _rested(jobs: list[Job]) -> list[Job]:
    """Jobs in their order, but that the rest of one waits where its visitors' next comes next."""
    going = [job for job in jobs if job.state == "running"]
    resting = [job for job in going if job.resting]
    waiting = jobs[len(going) :]
    own = waiting[0].tags.keys() if waiting else set[str]()
    busy = [job for job in going if not job.resting]
    ready = [job for job in resting if not job.tags.keys() <= own]
    put_off = [job for job in resting if job.tags.keys() <= own]
    return [*busy, *ready, *waiting[:1], *put_off, *waiting[1:]]


def _stand_back() -> None:
    """Gives this thread, and those that torch begins from it, a lower priority.

    Where all cores are busy, a visitor's click is answered first. Only Linux has priorities of
    threads.
    """
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, max(NICE, os.getpriority(os.PRIO_PROCESS, me)))


def _drop(job: Job) -> None:
    """Closes the generator of a job that is over, in the thread that ran it."""
    steps, job.steps = job.steps, None
    if steps is not None:
        try:
            job.context.run(steps.close)
        except Exception:  # it is over, and the thread serves the next job
            _log.exception("a job could not be closed")
