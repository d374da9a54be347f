"""Tickets: what a visitor holds of a run, so that it is found again after a lost connection."""

import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from distiller.sets.request import Request

from .desk import desk
from .job import Job

__all__ = ["Begun", "Ticket"]

Begun = Callable[[Job], None]
"""Is told the job of a run as soon as it stands in the line."""


@dataclass(eq=False)
class Ticket:
    """A run that a visitor asked for. Whoever knows its id may follow it: nobody can guess it."""

    ask: Callable[[Begun], AsyncGenerator[Any, None]]  # asks the desk for it
    request: Request | None = None  # what was asked for, where that is a run of one class
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    job: Job | None = None  # None before it stands in the line, and of one that was kept
    shown: bool = False  # whether its result was handed to a page

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
        async for shown in desk().again(visitor, job):
            yield shown
