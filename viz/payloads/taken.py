"""What the page is sent to take along: a part of `payloads`."""

from typing import TypedDict

__all__ = ["Parcel", "Refusal", "Texts"]


class Texts(TypedDict):
    """What is shown, as texts that make it again."""

    command: str
    python: str
    api: str
    warning: str  # what they leave out, or nothing


class Parcel(TypedDict):
    """A file."""

    name: str
    kind: str  # such as "application/zip"
    content: str  # base64 of its bytes


class Refusal(TypedDict):
    """Why there is no such thing, in place of it."""

    refused: str
