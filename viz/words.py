"""The words of the page: what each term means, in plain words, with its formula and its source.

    python -m viz.words

writes `docs/glossary.md` from `assets/words.json`. The page explains its terms from the same file,
so both say the same.
"""

import json
import re
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import TypedDict

from distiller.machine.assets import ASSETS

from . import payloads

__all__ = ["GLOSSARY", "Entry", "entries", "glossary", "words"]

WORDS = ASSETS / "words.json"
GLOSSARY = Path(__file__).parent.parent / "docs" / "glossary.md"
HEAD = """# Glossary

For instance, in `distill_set("digits", "mmd", ipc=10)` the *data set* is digits, the *method* is
MMD guidance, and the *set* that comes out has ten images per class. On the page, a term that is
underlined with dots has the same words: point at it, or move the focus to it.
"""
WIDTH = 100


class Entry(TypedDict):
    """A term as the file has it."""

    term: str
    forms: list[str]  # how the page writes it; none of a term that is in the documents alone
    meaning: str  # Markdown with *emphasis* and `code`
    formula: str
    source: str
    url: str
    see: str  # Markdown: where the documents say more


@cache
def entries() -> tuple[Entry, ...]:
    """All terms, in the order of the alphabet."""
    found: list[Entry] = json.loads(WORDS.read_text(encoding="utf-8"))
    return tuple(sorted(found, key=lambda entry: entry["term"].lower()))


def words() -> list[payloads.Word]:
    """The terms that the page explains, in plain text."""
    return [
        {
            "term": entry["term"], "forms": entry["forms"],
            "meaning": re.sub("[*`]", "", entry["meaning"]),
            "formula": entry["formula"], "source": entry["source"], "url": entry["url"],
        }
        for entry in entries()
        if entry["forms"]
    ]  # fmt: skip


def glossary() -> str:
    """The page of the documents that explains every term."""
    return "\n".join([HEAD, *map(_section, entries())])


def _section(entry: Entry) -> str:
    text = " ".join(filter(None, [entry["meaning"], entry["see"]]))
    parts = [f"#### {entry['term']}", fill(text, WIDTH, break_long_words=False)]
    if entry["formula"]:
        parts.append(f"\n`{' '.join(entry['formula'].split())}`")
    if entry["source"]:
        parts.append(f"\nSource: [{entry['source']}]({entry['url']})")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    GLOSSARY.write_text(glossary(), encoding="utf-8")
