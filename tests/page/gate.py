"""A gate: the page's work waits at a chosen place until the test has seen what it came for.

What goes on while a test looks would else be over too soon on a slow machine, or not yet there.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from typing import Any

import pytest
from playwright.sync_api import Page

from distiller.event import translated
from viz.serving.desk import open_desk
from viz.visitor.turn import Turn

__all__ = ["Gate", "MakeGate", "Place", "at", "gate", "wait_until"]

LIMIT = 120.0  # seconds, lest a test that fails leaves the device waiting


Place = Callable[[Any], Any]
"""Maps a value that is shown to the place at which it stands, or to something false."""


class Gate:
    """Takes the place of a generator function of the page, and holds it once at every place.

    It is shut behind the first value that stands there, which is shown.
    """

    def __init__(self, patch: pytest.MonkeyPatch, target: str, place: Place) -> None:
        self.given: tuple[Any, ...] = ()
        """The arguments of the work that goes on."""
        self.stopped = threading.Event()
        """Whether the server has heard of a click on Stop."""
        self._opened = threading.Semaphore(0)
        module, _, attribute = target.rpartition(".")
        work, stop, seen = getattr(import_module(module), attribute), Turn.stop, set[Any]()
        shut = False

        def show(value: Any) -> Any:
            nonlocal shut
            if shut:
                assert self._opened.acquire(timeout=LIMIT), "the test never opened the gate"
            at = place(value)
            shut = bool(at) and at not in seen
            seen.add(at)
            return value

        def held(*given: Any) -> Generator[Any, None, Any]:
            self.given = given
            return (yield from translated(work(*given), show))

        def heard(turn: Turn) -> None:
            stop(turn)
            self.stopped.set()

        patch.setattr(target, held)
        patch.setattr(Turn, "stop", heard)
        for module in ("viz.draw.steps", "viz.evaluate.accuracy"):
            patch.setattr(f"{module}.PAUSE", 0.0)  # every value is shown

    def open(self, times: int = 1) -> None:
        """Lets the work go on to the next place."""
        self._opened.release(times)


MakeGate = Callable[[str, Place], Gate]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeGate]:
    """Makes a gate, and opens it for good when the test is over."""
    made: list[Gate] = []

    def make(target: str, place: Place) -> Gate:
        if not made:
            _rest()
        made.append(Gate(monkeypatch, target, place))
        return made[-1]

    yield make
    for one in made:
        one.open(1000)


def _rest() -> None:
    """Waits until the line is empty: a run of the test before outlives its page."""
    line = open_desk().line
    for _ in range(int(LIMIT / 0.02)):
        if all(job.over for job in list(line._jobs.values())):
            return
        time.sleep(0.02)
    raise AssertionError("the line was never empty")


def at(*steps: int) -> Place:
    """The chosen steps of a run, as places."""
    return lambda shown: shown["step"] if shown["step"] in steps else None


def wait_until(page: Page, true: Callable[[], Any]) -> None:
    """Waits until something is true of the server, while the page goes on."""
    for _ in range(int(LIMIT / 0.02)):
        if true():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it has not become true")
