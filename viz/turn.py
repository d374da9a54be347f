"""Turns: what a visitor may ask for, and stop."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

__all__ = ["Turn"]


@dataclass
class Turn:
    """Whether something that a visitor may stop was asked for, goes on, and is to stop."""

    asked: bool = False  # waiting in line or going on
    going: bool = False
    stopped: bool = False

    def ask(self) -> None:
        """Something was asked for."""
        self.asked = True

    def stop(self) -> None:
        """What was asked for is to stop; nothing else is."""
        self.stopped = self.asked

    def take(self, values: Generator[Any, None, None]) -> Generator[Any, None, None]:
        """Yields values until they end or are to stop, and closes their generator.

        An event that the page cancels takes a while to go, and a click that comes meanwhile is
        lost; one that ends by itself loses none.
        """
        self.asked = self.going = True
        try:
            for value in values if not self.stopped else ():
                yield value
                if self.stopped:
                    break
        finally:
            values.close()
            self.asked = self.going = self.stopped = False
