"""Commands that make anew what ships with a prior."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.registry import DATASETS, load
from ..errors import Refused
from ..limits import choice
from ..machine.assets import ASSETS
from ..progress import show
from .command import Command, add_dataset, add_out

if TYPE_CHECKING:
    from ..training.shipment import Part

__all__ = ["COMMANDS"]


def add_ship(parser: argparse.ArgumentParser) -> None:
    """Whose shipment, and how much of it."""
    parser.add_argument("name", nargs="?", help="a data set with a shipped prior (all of them)")
    parser.add_argument("--check", action="store_true", help="say what is stale; make nothing")
    parser.add_argument("--only", help="parts to make, with commas (all that are stale)")
    parser.add_argument("--anew", action="store_true", help="make them even if they are not stale")


def ship(options: argparse.Namespace) -> None:
    """Makes anew what ships with a prior and is stale; goes on where it was stopped."""
    from ..training.shipment import parts_of, shipped_priors, stale

    _in_checkout()
    shipped = shipped_priors()
    names = shipped if options.name is None else [choice("data set", options.name, shipped)]
    left = []
    for name in names:
        parts, why = parts_of(name), stale(name)
        wanted = _wanted(options, [part.name for part in parts])
        for part in parts:
            print(f"{name} {part.name}: {why.get(part.name, 'is of this prior')}", flush=True)
        if options.check:
            left += [f"{name} {part}" for part in why if part in wanted]
            continue
        for part in parts:
            # Looked at again each time: what a part before it was made into may have made it stale.
            if part.name in wanted and (options.anew or part.name in stale(name)):
                _make(name, part)
    _refuse(left)


def _in_checkout() -> None:
    root = ASSETS.parent
    if not (root / "viz" / "shipped.py").is_file():
        raise Refused(f"What ships is made in a checkout of the project; {root} is none.")


def _refuse(left: list[str]) -> None:
    if left:
        raise Refused(
            f"Stale: {', '.join(left)}. `python -m distiller ship NAME` makes them anew; studies "
            "take hours, `--only` leaves them out."
        )


def _wanted(options: argparse.Namespace, parts: list[str]) -> list[str]:
    if options.only is None:
        return parts
    return [choice("part", part, parts) for part in options.only.split(",")]


def _make(name: str, part: "Part") -> None:
    """Runs the commands of a part, and records what it was made of."""
    from ..training.shipment import record

    for command in part.commands:
        print(f"{name} {part.name}: python -m {' '.join(command)}", flush=True)
        done = subprocess.run([sys.executable, "-m", *command], cwd=ASSETS.parent)
        if done.returncode:
            raise Refused(
                f"`python -m {' '.join(command)}` ended with {done.returncode}, as it says above. "
                "What was there before stays; the same `ship` goes on from here."
            )
    record(name, part)


def add_fits(parser: argparse.ArgumentParser) -> None:
    """Whose fits, and where they go."""
    add_dataset(parser)
    add_out(parser, "the folder of the prior")


def make_fits(options: argparse.Namespace) -> None:
    """Fits what methods with their usual options need of a prior, to ship with it."""
    from ..diffusion.prior import load_prior
    from ..training.fits import write_fits

    data = load(choice("data set", options.dataset, DATASETS))
    folder: Path = options.out
    written = show(write_fits(load_prior(folder, "cpu"), data, folder))
    for path in written:
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


COMMANDS = (
    Command("fits", make_fits, add_fits, place=95, resumes=True),
    Command("ship", ship, add_ship, place=110, resumes=True),
)
