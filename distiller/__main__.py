"""The command line: `python -m distiller --help`."""

import os
import sys
from collections.abc import Sequence

from .commands import COMMANDS, parse
from .data.registry import DATASETS, discover
from .errors import Refused

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    command, options = parse(COMMANDS.values(), arguments)
    try:
        for wrong in discover():
            print(f"distiller: left out: {wrong}", file=sys.stderr)
        if getattr(options, "dataset", None):
            options.dataset = DATASETS.resolve(options.dataset)
        command.run(options)
        sys.stdout.flush()
    except Refused as refused:
        print(f"distiller: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumes = "; the same command goes on from here" * command.resumes
        print(f"distiller: stopped{resumes}.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        resumes = "; once that is mended, the same command goes on from here" * command.resumes
        print(f"distiller: {_failed(error)}{resumes}.", file=sys.stderr)
        _give_up_printing()
        return 2
    return 0


def _give_up_printing() -> None:
    """Lets the program end in silence where what is printed cannot be written."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: OSError) -> str:
    what = error.filename or "A file, or what is printed,"
    return f"{what} could not be read or written ({error.strerror or error})"


if __name__ == "__main__":
    sys.exit(main())
