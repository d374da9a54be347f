"""The command that converts a checkpoint of the original DiT code."""

import argparse
from pathlib import Path

from ..limits import choice, whole
from .command import Command, add_out

__all__ = ["COMMANDS"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which checkpoint, and what it does not hold."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="such as DiT-XL-2-256x256.pt or 0012000.pt"
    )
    add_out(parser)
    parser.add_argument(
        "--vae", help="a folder or Hub id of the autoencoder (stabilityai/sd-vae-ft-ema)"
    )
    parser.add_argument("--heads", help="of the network, if its width is none of the published")
    parser.add_argument(
        "--labels", type=Path, help='a JSON file of class names, like {"0": "cat"} (ImageNet\'s)'
    )
    parser.add_argument(
        "--weights", default="ema", help="ema, where the file has them, or model (ema)"
    )


def run(options: argparse.Namespace) -> None:
    """Turns a checkpoint of the original DiT or of Minimax Diffusion into a prior."""
    from ..diffusion.original import VAE, convert_prior

    heads = None if options.heads is None else whole("heads", options.heads, 1, 1024)
    average = choice("weights", options.weights, ("ema", "model")) == "ema"
    folder = convert_prior(
        options.file, options.out, vae=options.vae or VAE, heads=heads, labels=options.labels,
        average=average,
    )  # fmt: skip
    print(f"A prior in {folder}: --prior {folder}")


COMMANDS = (Command("convert-prior", run, add_arguments, place=65),)
