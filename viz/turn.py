"""Turns: what a visitor may ask for, and stop."""

from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import Any

__all__ = ["Turn"]


def _nothing() -> None:
    """Nothing has begun yet that is to be told of a stop."""


@dataclass
class Turn:
    """Whether something that a visitor may stop was asked for, goes on, and is to stop."""

    asked: bool = False  # waiting in line or going on
    going: bool = False
    stopped: bool = False
    leave: Callable[[], None] = _nothing  # has what waits in line end at once

    def ask(self) -> None:
        """Something was asked for."""
        self.asked = True

    def stop(self) -> None:
        """What was asked for is to stop; nothing else is."""
        self.stopped = self.asked
        if self.asked:
            self.leave()

    def take(self, values: Generator[Any, None, None]) -> Generator[Any, None, None]:
        """Yields values until they end or are to stop, and closes their generator.

        An event that the page cancels takes a while to go, and a click that comes meanwhile is
        lost; one that ends by itself loses none.
        """
        self.asked = self.going = True
        try:
            while not self.stopped:
                try:
                    value = next(values)
                except StopIteration:
                    break
                yield value
        finally:
            values.close()
            self._end()

    async def follow(self, values: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        """The same for values that come in the line's good time."""
        self.asked = self.going = True
        try:
            if not self.stopped:
                async for value in values:
                    yield value
                    if self.stopped:
                        break
        finally:
            await values.aclose()
            self._end()

    def _end(self) -> None:
        self.asked = self.going = self.stopped = False
        self.leave = _nothing
