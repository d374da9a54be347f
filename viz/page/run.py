"""Runs: something slow, a button that starts it, and one that stops it.

Every tab has one. What the scripts hear of a run's end is the same for all: an event `end` with the
name of the run, and how it ended: "stopped" as soon as Stop is pressed, "failed" if it was refused
or went wrong, else "ended", which is also said of one that was stopped.
"""

import json
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass
from inspect import isasyncgenfunction
from typing import Any

import gradio as gr

from ..visitor.session import Session
from .refusal import said

__all__ = ["PRIVATE", "QUIET", "Run"]

PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""For what is the page's own: it is not offered to programs."""
QUIET: dict[str, Any] = {"queue": False, **PRIVATE}
"""For what is done at once. A refusal is not said on the page: that needs the queue."""

Work = Callable[..., Generator[Any, None, None] | AsyncGenerator[Any, None]]


@dataclass(frozen=True, eq=False)
class Run:
    """The two buttons of something slow."""

    name: str
    start: gr.Button
    stop: gr.Button

    @classmethod
    def lay_out(cls, name: str, words: str) -> "Run":
        """Puts the buttons side by side; `words` say what the first one starts."""
        with gr.Row():
            start = gr.Button(
                words, elem_id=f"{name}-start", elem_classes="d-start", variant="primary",
                scale=3, min_width=120,
            )  # fmt: skip
            stop = gr.Button(
                "Stop", elem_id=f"{name}-stop", elem_classes="d-stop", scale=1, min_width=70
            )
        return cls(name, start, stop)

    def wire(
        self,
        session: gr.State,
        work: Work,
        inputs: Sequence[gr.components.Component],
        outputs: Any,
        lane: dict[str, Any],
        *,
        also: Sequence[Callable[..., Any]] = (),
    ) -> list[Any]:
        """Has the buttons start and stop `work`, a generator function of the session and inputs.

        What waits in the line before the device is an asynchronous one; `lane` is how many of its
        kind may go on at once.

        `also` are other triggers that start it, such as a slider's `release`. Returns an event for
        each trigger; what follows a run is hung on its `success`.
        """

        def ask(session: Session) -> None:
            session.turn(self.name).ask()

        def halt(session: Session) -> None:
            session.turn(self.name).stop()

        slow = said(self._following(work))
        slow.__name__ = self.name
        self.start.click(ask, session, None, **QUIET)
        self.stop.click(halt, session, None, js=self._end("stopped"), **QUIET)
        given: dict[str, Any] = {"inputs": [session, *inputs], "outputs": outputs}
        # A click while the last run still ends counts; the default drops it.
        given["trigger_mode"] = "always_last"
        given["api_name"] = f"run-{self.name}"  # plain names are those of endpoints
        events = [
            trigger(slow, **given, **PRIVATE, **lane) for trigger in (self.start.click, *also)
        ]
        for event in events:
            event.failure(None, None, None, js=self._end("failed"), **QUIET)
            event.success(None, None, None, js=self._end("ended"), **QUIET)
        return events

    def _following(self, work: Any) -> Callable[..., Any]:
        """The same generator function, which ends where the visitor stops it."""

        async def follow(session: Session, *values: Any) -> AsyncGenerator[Any, None]:
            async for value in session.turn(self.name).follow(work(session, *values)):
                yield value

        def take(session: Session, *values: Any) -> Generator[Any, None, None]:
            yield from session.turn(self.name).take(work(session, *values))

        return follow if isasyncgenfunction(work) else take

    def _end(self, how: str) -> str:
        """A script that tells the page how the run ended."""
        detail = json.dumps({"run": self.name, "how": how})
        return f"(...all) => {{ window.distiller.say('end', {detail}); return all; }}"
