"""What the page is sent of the papers' tables: a part of `payloads`."""

from collections.abc import Sequence
from typing import TypedDict

__all__ = ["PapersLine", "PapersTable"]


class PapersLine(TypedDict):
    """A row of a paper's table."""

    net: str
    images: str  # per class
    cells: Sequence[str]  # in the order of the methods; "" where the paper prints nothing


class PapersTable(TypedDict):
    """What one source prints of the same classes; it compares with no number but its own."""

    caption: str
    methods: Sequence[str]
    rows: Sequence[PapersLine]
