"""What the page is sent of its gallery: a part of `payloads`."""

from collections.abc import Mapping
from typing import TypedDict

__all__ = ["GalleryPiece"]


class GalleryPiece(TypedDict):
    """A comparison that is worth a look."""

    title: str
    words: str  # what is to be seen, with the numbers of the shipped study
    of: str  # which study
    query: Mapping[str, str]  # of the link to the comparison
