"""Progress: a bar for whatever yields events, with the time that is left."""

from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

from .event import Event, finish, translated

__all__ = ["show"]

T = TypeVar("T")


def show(events: Generator[Event, None, T]) -> T:
    """Runs a generator to its end beside a progress bar per stage, and returns its result."""
    with closing(_Bar()) as bar:
        return finish(translated(events, bar.take))


class _Bar:
    """The progress bar of the stage that goes on."""

    def __init__(self) -> None:
        self.shown: tuple[str, int | None] | None = None
        self.bar: Any = None

    def take(self, event: Event) -> None:
        """Moves the bar, or begins a new one for another stage or label."""
        from tqdm import tqdm

        if self.shown != (event.stage, event.label):
            self.shown = event.stage, event.label
            self.close()
            title = event.stage if event.label is None else f"{event.stage} {event.label}"
            self.bar = tqdm(total=event.n, desc=title, initial=event.i, dynamic_ncols=True)
        if event.scalars:
            self.bar.set_postfix({k: f"{v:.4g}" for k, v in event.scalars.items()}, refresh=False)
        self.bar.update(event.i + 1 - self.bar.n)

    def close(self) -> None:
        """Leaves the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
