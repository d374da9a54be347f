"""What is held for the page to fetch or to answer: the newest, each under a token."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

from distiller.errors import Refused

__all__ = ["Held"]

T = TypeVar("T")


def _one(_: Any) -> int:
    return 1


class Held(Generic[T]):
    """Values by tokens that cannot be guessed; the oldest make way, and the newest always stays."""

    def __init__(self, most: int, gone: str, *, size: Callable[[T], int] = _one) -> None:
        """
        Args:
            most: what the sizes of all values add up to, at most.
            gone: the sentence for a token whose value is held no longer.
            size: of a value; each counts as one without it.
        """
        self.most, self._gone, self._size = most, gone, size
        self._values: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def put(self, value: T, token: str | None = None) -> str:
        """Holds a value under a token of its own, or under a new one; returns the token."""
        token = token or secrets.token_hex(16)
        with self._lock:
            self._values[token] = value
            self._values.move_to_end(token)  # it may have been there before
            while len(self._values) > 1 and sum(map(self._size, self._values.values())) > self.most:
                self._values.popitem(last=False)
        return token

    def get(self, token: Any) -> T:
        """The value of a token.

        Raises:
            Refused: if it is held no longer, or never was.
        """
        with self._lock:
            if isinstance(token, str) and token in self._values:
                return self._values[token]
        raise Refused(self._gone)
