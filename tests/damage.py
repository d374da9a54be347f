"""What disks and copies do to files."""


def empty(content: bytes) -> bytes:
    return content[:0]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes, place: int | None = None) -> bytes:
    """One bit of a byte is another: of the one in the middle, where no place is given."""
    k = len(content) // 2 if place is None else place
    return content[:k] + bytes([content[k] ^ 1]) + content[k + 1 :]


DAMAGE = (empty, cut, flipped)
