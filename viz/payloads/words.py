"""What the page is sent of its words: a part of `payloads`."""

from collections.abc import Sequence
from typing import TypedDict

__all__ = ["Word"]


class Word(TypedDict):
    """A term of the page, and what it means."""

    term: str
    # How it is written on the page, in small letters; behind "=" stands what must be a whole label.
    forms: Sequence[str]
    meaning: str
    formula: str  # "" where there is none
    source: str  # who says so; "" where there is none
    url: str  # of the source
