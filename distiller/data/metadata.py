"""Metadata: what a metadata.jsonl or metadata.csv says of the pictures beside and below it.

The layout of a Hugging Face image folder (https://huggingface.co/docs/datasets/image_dataset):
one line for each picture, with its path from there in the field `file_name`.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import Refused
from .tree import Leaf, Tree, is_leftover

__all__ = ["is_metadata", "labels_of", "parse_metadata", "read_metadata"]

NAMES = ("metadata.jsonl", "metadata.csv")
CLASS_FIELDS = (
    "class_name", "label_name", "class", "category", "label", "labels", "target", "species",
)  # fmt: skip


def is_metadata(leaf: Leaf) -> bool:
    """Whether a file is one that describes pictures."""
    return leaf.parts[-1].lower() in NAMES and not leaf.barred and not is_leftover(leaf.parts)


def read_metadata(tree: Tree) -> dict[str, dict[str, Any]]:
    """What every metadata file of a tree says, by the name of the picture in the tree.

    Raises:
        Refused: if one cannot be read.
    """
    rows: dict[str, dict[str, Any]] = {}
    for leaf, content in tree.contents([leaf for leaf in tree.leaves if is_metadata(leaf)]):
        *folder, name = leaf.parts
        if isinstance(content, Refused):
            raise Refused(f"{leaf.name} {content}.")
        for file, row in parse_metadata(content, name).items():
            rows["/".join([*folder, file])] = row
    return rows


def parse_metadata(content: bytes, name: str) -> dict[str, dict[str, Any]]:
    """The lines of a metadata file by their `file_name`, which has / between its folders.

    Raises:
        Refused: if it is not text in UTF-8, or a line is not what it should be.
    """
    try:
        text = content.decode("utf-8-sig")  # with or without the mark that some editors put first
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is not text in UTF-8.") from error
    rows = _csv(text, name) if name.lower().endswith(".csv") else _jsonl(text, name)
    return {str(row["file_name"]).replace("\\", "/").removeprefix("./"): row for row in rows}


def _jsonl(text: str, name: str) -> Iterator[dict[str, Any]]:
    for i, line in enumerate(filter(str.strip, text.split("\n")), 1):
        try:
            row = json.loads(line)
            row["file_name"] = str(row["file_name"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Refused(f"Line {i} of {name} is not a JSON object with a file_name.") from error
        yield row


def _csv(text: str, name: str) -> Iterator[dict[str, Any]]:
    try:
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        lines = io.StringIO(text, newline="")
        for row in csv.DictReader(lines, delimiter=delimiter, strict=True):
            if row.get("file_name") is None:
                raise Refused(f"{name} has no column file_name; it has {first.strip()[:80]!r}.")
            yield {key: value for key, value in row.items() if key is not None}
    except csv.Error as error:
        raise Refused(f"{name} is not a table that can be read: {error}.") from error


def labels_of(
    rows: Mapping[str, Mapping[str, Any]], names: Sequence[str]
) -> tuple[dict[str, str], list[str], str]:
    """The classes of some pictures, those classes in order, and the field that names them.

    The order is that of the numbers where there are any, else of the names. A field names
    classes if it is text or a whole number for at least half of the pictures.
    """
    known = [name for name in names if name in rows]
    for field in CLASS_FIELDS:
        texts = {name: text for name in known if (text := _text(rows[name].get(field)))}
        if known and len(texts) >= len(known) / 2:
            numbers = {text: _number(rows[name].get("label"), text) for name, text in texts.items()}
            order = sorted(numbers, key=lambda text: (numbers[text], text))
            return texts, order, field
    return {}, [], ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _number(label: Any, text: str) -> int:
    """The place of a class in the order: the number beside its name, or its name if a number."""
    for value in (label, text):
        if (digits := _text(value)).isdecimal() and len(digits) < 10:
            return int(digits)
    return 0
