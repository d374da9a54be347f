"""Commands that measure what the page and the cards show: a data set's images, and a prior."""

import argparse
from pathlib import Path

from ..data.registry import load
from ..progress import show
from .command import Command, add_dataset, add_out

__all__ = ["COMMANDS"]


def add_reference(parser: argparse.ArgumentParser) -> None:
    """Whose reference to make."""
    add_dataset(parser)
    add_out(parser, "the .npz file to write")


def make_reference(options: argparse.Namespace) -> None:
    """Encodes and judges the real images of a data set, for maps and scores."""
    from ..diffusion.prior import load_prior
    from ..scores.judge import load_judge
    from ..scores.reference import build_reference, save_reference

    data = load(options.dataset)
    prior, judge = load_prior(data.name), load_judge(data.name)
    save_reference(show(build_reference(data, prior, judge)), options.out)


def add_card(parser: argparse.ArgumentParser) -> None:
    """Which prior to measure."""
    parser.add_argument(
        "folder", type=Path, metavar="PRIOR", help="a folder that train-prior wrote"
    )


def make_card(options: argparse.Namespace) -> None:
    """Measures what a prior reaches, and writes its card."""
    from ..training.card import write_card
    from ..training.quality import measure_prior

    write_card(options.folder, show(measure_prior(options.folder)))
    print((options.folder / "README.md").read_text())


COMMANDS = (
    Command("reference", make_reference, add_reference, place=90),
    Command("card", make_card, add_card, place=100),
)
