"""Stands in for the package of ZeroGPU Spaces, as far as its behaviour is read from its source.

The work runs in a process that is forked for it. Arguments and what is yielded are pickled, and an
error of the package has a title. Instead of asking a Space for a GPU, it counts seconds.
"""

import multiprocessing
import os
import traceback
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

SECONDS = float(os.environ.get("STAND_IN_SECONDS", "120"))  # that a visitor may have
ASKED: list[float] = []  # seconds that each call asked for
PROCESSES: set[int] = set()  # that the work ran in


class Error(Exception):
    """An error with a title, as Gradio's."""

    def __init__(self, words: str, title: str) -> None:
        super().__init__(words)
        self.title = title


def GPU(*, duration: Callable[..., float]) -> Callable[[Any], Any]:
    """Decorates a generator function, as the package does."""

    def decorate(work: Callable[..., Generator[Any, None, None]]) -> Any:
        @wraps(work)
        def lend(*given: Any) -> Generator[Any, None, None]:
            asked = duration(*given)
            if sum(ASKED) + asked > SECONDS:
                raise Error("You have exceeded your GPU quota.", "ZeroGPU quota exceeded")
            ASKED.append(asked)
            yield from _forked(work, given)

        return lend

    return decorate


def gradio_auto_wrap(work: Any) -> Any:
    """What Gradio hands each of its functions to; nothing happens unless a variable asks."""
    return work


def _forked(work: Callable[..., Any], given: tuple[Any, ...]) -> Generator[Any, None, None]:
    context = multiprocessing.get_context("fork")
    arguments, results = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=_serve, args=(work, arguments, results), daemon=True)
    process.start()
    arguments.put(given)
    try:
        while True:
            kind, value = results.get()
            if kind == "end":
                PROCESSES.add(value)
                return
            if kind == "error":
                raise Error(value, "ZeroGPU worker error")
            yield value
    finally:
        process.terminate()
        process.join()


def _serve(work: Callable[..., Any], arguments: Any, results: Any) -> None:
    try:
        for value in work(*arguments.get()):
            results.put(("value", value))
    except Exception as error:
        traceback.print_exc()
        results.put(("error", type(error).__name__))
    else:
        results.put(("end", os.getpid()))
