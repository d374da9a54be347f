"""The commands, a file for each group of them. A file added here is found by its name.

It exports `COMMANDS`: each with its name, its arguments and what it does. What a command needs
beyond words is imported where it runs, so that help is there at once.
"""

from importlib import import_module
from pkgutil import iter_modules

from .command import Command, parse

__all__ = ["COMMANDS", "Command", "parse"]


def _load(name: str) -> tuple[Command, ...]:
    found: tuple[Command, ...] = getattr(import_module(f"{__name__}.{name}"), "COMMANDS", ())
    return found


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in sorted(
        (command for module in iter_modules(__path__) for command in _load(module.name)),
        key=lambda command: command.place,
    )
}
