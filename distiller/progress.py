"""Progress: a bar for whatever yields events, with the time that is left."""

from collections.abc import Generator
from typing import Any, TypeVar

from .event import Event

__all__ = ["show"]

T = TypeVar("T")


def show(events: Generator[Event, None, T]) -> T:
    """Runs a generator to its end beside a progress bar per stage, and returns its result."""
    from tqdm import tqdm

    bar: Any = None
    shown = None
    try:
        while True:
            event = next(events)
            if shown != (event.stage, event.label):
                shown = event.stage, event.label
                if bar is not None:
                    bar.close()
                title = event.stage if event.label is None else f"{event.stage} {event.label}"
                bar = tqdm(total=event.n, desc=title, initial=event.i, dynamic_ncols=True)
            if event.scalars:
                bar.set_postfix({k: f"{v:.4g}" for k, v in event.scalars.items()}, refresh=False)
            bar.update(event.i + 1 - bar.n)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        events.close()
        if bar is not None:
            bar.close()
