"""Tickets: what a visitor holds of a run, so that it is found again after a lost connection."""

import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from distiller.sets.request import Request

from .desk import open_desk
from .job import Job
from .line import Line

__all__ = ["Begun", "Several", "Ticket"]

Begun = Callable[[Job], None]
"""Is told the job of a run as soon as it stands in the line."""


@dataclass(eq=False)
class Ticket:
    """A run that a visitor asked for. Whoever knows its id may follow it: nobody can guess it."""

    ask: Callable[[Begun], AsyncGenerator[Any, None]]  # asks the desk for it
    request: Request | None = None  # what was asked for, where that is a run of one class
    line: Line | None = None  # that it stands in; None is the desk's first
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    job: Job | None = None  # None before it stands in the line, and of one that was kept
    shown: bool = False  # whether its result was handed to a page

    @property
    def state(self) -> str:
        """How it stands: "asked", "shown", or as its job does."""
        if self.shown:
            return "shown"
        return "asked" if self.job is None else self.job.state

    async def follow(self, visitor: str, begun: Begun) -> AsyncGenerator[Any, None]:
        """What the desk shows of it: of the job that goes on or is done, else it is asked for.

        Raises:
            Refused: as the run does.
        """

        def keep(job: Job) -> None:
            self.job = job
            begun(job)

        job = self.job
        if job is None or job.state == "stopped" or visitor not in job.tags:
            async for shown in self.ask(keep):
                yield shown
            return
        begun(job)
        async for shown in open_desk().again(visitor, job, self.line):
            yield shown


@dataclass(eq=False)
class Several(Ticket):
    """Runs that a visitor asked for together: a comparison, a sweep, the images of a question.

    They are followed again by asking anew: what was made is kept and there at once, and what goes
    on is joined.
    """

    value: Any = None  # what the page's controls held
    _jobs: list[Job] = field(default_factory=list)
    _followers: int = 0

    @property
    def state(self) -> str:
        """How they stand: as one run does, or "left" if nobody follows and nothing goes on."""
        if self.shown:
            return "shown"
        states = {job.state for job in self._jobs}
        going = next((state for state in ("running", "waiting") if state in states), None)
        return going or ("running" if self._followers else "left")

    async def follow(self, visitor: str, begun: Begun) -> AsyncGenerator[Any, None]:
        """What is shown of all of them, from the first.

        Raises:
            Refused: as they do.
        """

        def keep(job: Job) -> None:
            self._jobs.append(job)
            begun(job)

        self._jobs = [job for job in self._jobs if not job.over]  # each holds what it made
        self.shown = False
        self._followers += 1
        try:
            async for shown in self.ask(keep):
                yield shown
            self.shown = True
        finally:
            self._followers -= 1
            self._jobs = [job for job in self._jobs if not job.over]
