"""Sessions: what the page keeps of one visitor, as long as the tab of the browser is open."""

from dataclasses import dataclass, field
from typing import Any

from distiller.recipes.recipe import Recipe
from distiller.sets.measured import Measured
from distiller.sets.request import dial_value

from .board import Board
from .candidate import Shelf
from .turn import Turn

__all__ = ["Session"]


@dataclass
class Session:
    """What one visitor's runs share: the dials they read, what was fitted last, and the sets and
    accuracies that came of them."""

    dials: dict[str, float] = field(default_factory=dict)
    recipes: dict[Any, Recipe] = field(default_factory=dict)
    last: tuple[str, Measured] | None = None  # id of the last run, and its set
    shelf: Shelf = field(default_factory=Shelf)
    board: Board = field(default_factory=Board)
    turns: dict[str, Turn] = field(default_factory=dict)  # by what was asked for

    def turn(self, name: str) -> Turn:
        """Whether something of this name was asked for, goes on, and is to stop."""
        return self.turns.setdefault(name, Turn())

    def set_dial(self, key: str, value: Any) -> None:
        """Turns a dial of the run that goes on.

        Raises:
            Refused: if it is no dial, or a request may not have that value.
        """
        self.dials[key] = dial_value(key, value)
