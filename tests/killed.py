"""A process that is killed, in a test: from some file on it writes nothing and removes nothing."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from distiller.event import Event
from distiller.machine import disk


class Killed(BaseException):
    """No code catches it by its name, as none runs in a process that is killed."""


@contextmanager
def mortal(at: int | None = None) -> Iterator[Callable[[], None]]:
    """Dies as the `at`-th file is about to take its name, or when the function given is called."""
    written, dead = 0, False
    flush, remove = disk._flush, disk._remove

    def die() -> None:
        nonlocal dead
        dead = True

    def flushed(path: Path) -> None:
        nonlocal written
        written += 1
        if written == at:
            die()
        if dead:
            raise Killed
        flush(path)

    def removed(path: Path) -> None:
        if not dead:
            remove(path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(disk, "_flush", flushed)
        patched.setattr(disk, "_remove", removed)
        yield die


def killed_at_file(events: Generator[Event, None, Any], at: int) -> bool:
    """Runs until the `at`-th file is written; whether it was killed then, or was at its end."""
    with mortal(at):
        try:
            for _ in events:
                pass
        except Killed:
            return True
    return False


def killed_at_event(
    events: Generator[Event, None, Any], when: Callable[[Event], bool]
) -> Event | None:
    """Runs until an event; returns it, or None if there was none of the kind."""
    with mortal() as die:
        for event in events:
            if when(event):
                die()
                with suppress(Killed):
                    events.close()
                return event
    return None
