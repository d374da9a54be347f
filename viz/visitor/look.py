"""Looks: what a link says of how the page looks, besides what it asks for.

    view=pca&paint=distance&witness=0&pick=1,4        the map of Explore, and selected images
    view=umap&look=steps&mark=3                       the map and the matrix of Compare
    present=1&hide=choices,scores&list=...&at=2    the page for an audience

The page's scripts take them from the address. Here they are checked, so that a link that says
something else is told so in words.
"""

import re
from collections.abc import Mapping, Sequence

from distiller.errors import Refused, unknown
from distiller.limits import choice

__all__ = ["HIDDEN", "parted"]

CHOICES: Mapping[str, Sequence[str]] = {
    "view": ("class", "umap", "pca"),
    "paint": ("plain", "mode", "distance"),
    "witness": ("0", "1"),
    "look": ("images", "steps", "difference"),
    "present": ("0", "1"),
}
NUMBERS = ("pick", "mark", "at")
HIDDEN = ("header", "tabs", "choices", "map", "scores", "more")
"""The parts of the page that a link may hide."""
LIST = 20_000
"""Characters of a list of links, at most."""


def parted(query: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What a link asks for, without what it says of the look; and what is wrong with that, in
    words."""
    rest, words = dict[str, str](), list[str]()
    for key, value in query.items():
        if key.startswith("__"):  # Gradio's own
            continue
        try:
            if not _is_look(key, value):
                rest[key] = value
        except Refused as refusal:
            words.append(str(refusal))
    return rest, words


def _is_look(key: str, value: str) -> bool:
    """Whether a parameter is of the look.

    Raises:
        Refused: if it is, and there is no such look.
    """
    if key in CHOICES:
        choice(key, value, CHOICES[key])
    elif key in NUMBERS:
        if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", value):
            raise Refused(f"{key} needs numbers from 1, such as 1,4; got {value[:40]!r}.")
    elif key == "hide":
        for part in filter(None, value.split(",")):
            if part not in HIDDEN:
                raise Refused(unknown("part to hide", part, HIDDEN))
    elif key == "list":
        if len(value) > LIST:
            raise Refused(f"A list of links has at most {LIST:,} characters; got {len(value):,}.")
    else:
        return False
    return True
