"""JSON objects in files, which may be damaged or written by somebody else."""

import json
from pathlib import Path
from typing import Any

from ..errors import Refused

__all__ = ["json_object", "read_json"]


def read_json(path: Path, remedy: str = "") -> dict[str, Any]:
    """A JSON object in a file; the remedy is a sentence that ends a refusal.

    Raises:
        Refused: if it cannot be read, or holds something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        words = f"{path} cannot be read: {error.strerror or error}. {remedy}"
        raise Refused(words.strip()) from error
    return json_object(content, path, remedy)


def json_object(content: bytes, called: Path, remedy: str = "") -> dict[str, Any]:
    """A JSON object in bytes, which are called by the path that they come from.

    Raises:
        Refused: if they are something else.
    """
    try:
        read = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{called} cannot be read as JSON. {remedy}".strip()) from error
    if not isinstance(read, dict):
        raise Refused(f"{called} is not a JSON object. {remedy}".strip())
    return read
