"""Rates: how long work takes on this machine, learned from the work that was done.

The seconds of a piece of work are told before it is done: work times rate. A rate is that of all
the work of its kind, the older the less; one short piece, most of which is its beginning, hardly
moves it.
"""

from collections.abc import Mapping

__all__ = ["Rates"]

FADING = 0.8  # what a piece counts for once the next of its kind is done


class Rates:
    """Seconds that a unit of work takes, by the kind of the work.

    A kind is words from the general to the special, such as ("run", "solids", "dap"). Of a kind
    that was never done, what is known of the nearest general one is believed.
    """

    def __init__(self, usual: Mapping[str, tuple[float, float]]) -> None:
        """
        Args:
            usual: for each first word of a kind, an amount of work and its seconds: what is
                believed before any was done, as if it had been done once.
        """
        self._done: dict[tuple[str, ...], tuple[float, float]] = {
            (word,): done for word, done in usual.items()
        }

    def seconds(self, kind: tuple[str, ...], work: float) -> float:
        """Seconds that so much work of a kind is expected to take."""
        amount, spent = self._known(kind)
        return work * spent / amount

    def learn(self, kind: tuple[str, ...], work: float, seconds: float) -> None:
        """Takes note of what so much work of a kind has taken."""
        for words in range(len(kind), 0, -1):  # the general ones last, as they are the first belief
            amount, spent = self._known(kind[:words])
            self._done[kind[:words]] = FADING * amount + work, FADING * spent + seconds

    def _known(self, kind: tuple[str, ...]) -> tuple[float, float]:
        nearest = next(kind[:n] for n in range(len(kind), 0, -1) if kind[:n] in self._done)
        return self._done[nearest]
