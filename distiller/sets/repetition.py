"""Repetitions: a request as a command and as Python, each of which makes the same bytes again.

Every setting that decides what is made is said, so that neither text changes its meaning when a
default does. Private options are written nowhere: with them a text makes another set, and says so.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from .request import Request, interval_text

__all__ = ["command_of", "python_of", "said_of", "warning_of"]

NUMBERS = ("ipc", "steps", "seed")
WIDTH = 88  # characters of a line of Python, about


def said_of(request: Request) -> dict[str, Any]:
    """What `distill_set` is to be told of a request, by its argument; options that are usual and
    those that are private are left out."""
    query, private = request.query(), request.private()
    said: dict[str, Any] = {
        "dataset": request.dataset,
        "method": request.method,
        "classes": query["classes"],
        **{key: getattr(request, key) for key in NUMBERS},
        "cfg_scale": request.cfg_scale,
        "cfg_channels": request.cfg_channels,
        "cfg_between": interval_text(request.cfg_between) or None,
        "sampler": request.sampler,
        "prior": request.prior,
        "options": {k: v for k, v in request.changed().items() if k not in private},
    }
    return {key: value for key, value in said.items() if value is not None and value != {}}


def command_of(request: Request, folder: str) -> str:
    """The command that writes what a request asks for into a folder, in one line of a shell."""
    words = ["python", "-m", "distiller", "distill"]
    said = said_of(request)
    options: Mapping[str, Any] = said.pop("options", {})
    for key, value in {**said, "out": folder}.items():
        flag, text = f"--{key.replace('_', '-')}", f"{value}"
        words += [f"{flag}={text}"] if text.startswith("-") else [flag, text]
    for key, value in options.items():
        words += ["--set", f"{key}={value}"]
    return " ".join(map(shlex.quote, words))


def python_of(request: Request, name: str = "made") -> str:
    """The statement of Python that gives the name the set that a request asks for.

    It needs `from distiller import distill_set` before it.
    """
    said = said_of(request)
    first = [repr(said.pop("dataset")), repr(said.pop("method"))]
    given = [*first, *(f"{key}={value!r}" for key, value in said.items())]
    line = f"{name} = distill_set({', '.join(given)})"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name} = distill_set(", *(f"    {each}," for each in given), ")"])


def warning_of(request: Request) -> str:
    """What to know of a request that cannot be repeated as it is; nothing of most."""
    private = ", ".join(request.private())
    if not private:
        return ""
    return f"{private} is private and written nowhere: without it other images are made."
