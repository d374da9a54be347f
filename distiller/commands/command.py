"""A command of the command line, and the parser that is made of all of them."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Command", "add_dataset", "add_device", "add_json", "add_out", "add_set", "parse", "say",
]  # fmt: skip


@dataclass(frozen=True)
class Command:
    """What is typed after `python -m distiller`, and what it does."""

    name: str
    run: Callable[[argparse.Namespace], None]  # its docstring is the help
    arguments: Callable[[argparse.ArgumentParser], None]
    place: int  # in the help; the smallest comes first
    resumes: bool = False  # whether the same command goes on where it was stopped

    @property
    def about(self) -> str:
        """What it does, in a sentence."""
        return (self.run.__doc__ or "").strip()


def parse(
    commands: Iterable[Command], arguments: Sequence[str] | None = None
) -> tuple[Command, argparse.Namespace]:
    """The command that was typed, with its options. Nonsense ends the program with a hint."""
    parser = argparse.ArgumentParser(
        prog="python -m distiller", description="Dataset distillation with diffusion priors."
    )
    named = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands:
        sub = named.add_parser(command.name, help=command.about, description=command.about)
        sub.set_defaults(command=command)
        command.arguments(sub)
    options = parser.parse_args(arguments)
    return options.command, options


def say(notes: Iterable[str]) -> None:
    """Prints what a user should know beside the result, where it is not read as that."""
    for note in notes:
        print(f"distiller: {note}", file=sys.stderr, flush=True)


# ------------------------------------------------------------- arguments that several commands have


def add_dataset(parser: argparse._ActionsContainer, *, required: bool = True) -> None:
    """Adds --dataset."""
    about = "see `datasets`; or the folder of one's own"
    if required:
        parser.add_argument("--dataset", required=True, help=about)
    else:
        parser.add_argument("--dataset", help=about)


def add_set(parser: argparse.ArgumentParser) -> None:
    """Adds the folder of a set, and --dataset where that does not say whose it is."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="or a zip or tar of it")
    parser.add_argument("--dataset", help="where the folder has no manifest; a name or folder")


def add_out(parser: argparse.ArgumentParser, about: str = "the folder to write") -> None:
    """Adds --out."""
    parser.add_argument("--out", type=Path, required=True, help=about)


def add_device(parser: argparse.ArgumentParser) -> None:
    """Adds --device."""
    parser.add_argument("--device", default="auto")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")
