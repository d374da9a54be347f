"""Several runs of the desk that go on together: the lanes of a comparison, the cells of a sweep.

Each is a run with a key of its own, so one that was made before is there at once, whoever made it.
One that is refused shows its sentence, and the others go on.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from distiller.errors import Refused
from distiller.sets.request import Request

from .. import payloads
from .desk import Made, open_desk
from .job import Busy, Job, Place, words_of
from .ticket import Begun

__all__ = ["RunGroup"]

S = TypeVar("S")  # what is shown of a step


class RunGroup(Generic[S]):
    """Runs on their way, each in a place of its own.

    `wrong` holds what went wrong and was no refusal: whoever follows raises it once all are over.
    """

    def __init__(
        self,
        visitor: str,
        requests: Mapping[str, Request | Refused],
        finish: Callable[[str, Made], Awaitable[str]],
        *,
        step: Callable[[payloads.Step], S],
        at_once: int | None = None,
        pause: float,
        begun: Begun,
        private: dict[str, Job],
        aside: bool = False,
    ) -> None:
        """
        Args:
            visitor: who they stand in the line for. Not the visitor's own name, since a dial that
                is turned on Explore must not turn them.
            requests: by place.
            finish: holds a finished run; returns the token that it is fetched with.
            step: what is shown of a run's step.
            at_once: how many stand in the line at a time, at most; None for all.
            pause: seconds between two values to show, at least.
            begun: is told each job.
            private: jobs by place of what is kept nowhere, so that whoever follows again finds
                them; they are added here.
            aside: whether all are sampled before any is scored.
        """
        self.wrong: list[Exception] = []
        self._visitor, self._requests, self._pause = visitor, requests, pause
        self._finish, self._step = finish, step
        self._tell, self._private = begun, private
        self._shown: dict[str, payloads.Waiting | payloads.Done | S] = {}
        self._jobs: list[Job] = []
        self._left, self._aside = False, aside
        self._news, self._room = asyncio.Event(), asyncio.Semaphore(at_once or len(requests) or 1)
        self._entered = {place: asyncio.Event() for place in requests}

    def leave(self) -> None:
        """Takes back what is not sampled yet, and begins nothing more."""
        self._left = True
        for job in list(self._jobs):
            if not job.resting:
                open_desk().line.leave(job, self._visitor)

    async def follow(
        self,
    ) -> AsyncGenerator[Mapping[str, payloads.Waiting | payloads.Done | S], None]:
        """How they stand, until all are over; of what comes in quick succession the last."""
        tasks = [asyncio.create_task(self._one(*each)) for each in self._requests.items()]
        try:
            over = False
            while not over:
                await self._news.wait()
                self._news.clear()
                over = all(task.done() for task in tasks)
                yield dict(self._shown)
                await asyncio.sleep(self._pause)
        finally:
            self._left = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, place: str, request: Request | Refused) -> None:
        try:
            if isinstance(request, Refused):
                raise request
            async with self._room:
                await self._follows(place)
                if not self._left:
                    await self._run(place, request)
        except Refused as refusal:
            self._say(place, str(refusal), failed=True)
        except Exception as error:  # raised again by whoever follows
            self.wrong.append(error)
            self._say(place, "Something went wrong here; the server's log says what.", failed=True)
        finally:
            self._entered[place].set()
            asyncio.get_running_loop().call_soon(self._news.set)  # once this task is done

    async def _follows(self, place: str) -> None:
        """Waits until those before it stand in the line or are over, so that it keeps its turn."""
        self._say(place, "waits for its turn")
        places = list(self._entered)
        for before in places[: places.index(place)]:
            await self._entered[before].wait()

    async def _run(self, place: str, request: Request) -> None:
        async for shown in self._asked(place, request):
            if isinstance(shown, Busy) and self._left:
                return  # it stands in no line yet
            if isinstance(shown, Made):
                self._show(place, {"live": False, "token": await self._finish(place, shown)})
            elif isinstance(shown, (Place, Busy)):
                self._say(place, words_of(shown))
            else:
                self._show(place, self._step(shown))

    def _asked(self, place: str, request: Request) -> AsyncGenerator[Any, None]:
        job = self._private.get(place)
        if job is not None and job.state != "stopped":
            self._begun(place, job)
            return open_desk().again(self._visitor, job)
        dials = {"cfg_scale": request.cfg_scale, **request.options}
        begun = partial(self._begun, place)
        return open_desk().run(self._visitor, request, dials, begun, aside=self._aside)

    def _begun(self, place: str, job: Job) -> None:
        self._entered[place].set()
        self._jobs.append(job)
        self._tell(job)
        if job.key is None or not open_desk().kept.keeps:
            self._private[place] = job
        if self._left:  # they were stopped while this one came into the line
            open_desk().line.leave(job, self._visitor)

    def _say(self, place: str, words: str, *, failed: bool = False) -> None:
        self._show(place, {"live": True, "failed": failed, "words": words})

    def _show(self, place: str, shown: payloads.Waiting | payloads.Done | S) -> None:
        if self._shown.get(place) != shown:
            self._shown[place] = shown
            self._news.set()
