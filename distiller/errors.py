"""The one error a user can mend."""

from collections.abc import Iterable

__all__ = ["Refused", "unknown"]


class Refused(ValueError):
    """A request that cannot be met; the message says what was needed, what came, what to do."""


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """The sentence for a name that does not exist: it lists those that do."""
    names = ", ".join(sorted(known))
    return f"There is no {kind} {str(name)[:60]!r}" + (
        f". Known: {names}." if names else " at all."
    )
