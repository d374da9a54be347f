"""The commands, a file for each group of them. A file added here is found by its name.

It exports `COMMANDS`: each with its name, its arguments and what it does. What a command needs
beyond words is imported where it runs, so that help is there at once. Beside them stand `command`,
which they share, and reports, whose names end so.
"""

from importlib import import_module
from pkgutil import iter_modules

from .command import Command, parse

__all__ = ["COMMANDS", "Command", "parse"]


def _load() -> list[Command]:
    found: list[Command] = []
    for module in iter_modules(__path__):
        if module.name != "command" and not module.name.endswith("_report"):
            found += import_module(f"{__name__}.{module.name}").COMMANDS
    return sorted(found, key=lambda command: command.place)


COMMANDS: dict[str, Command] = {command.name: command for command in _load()}
"""Every command by its name, in the order of the help."""
