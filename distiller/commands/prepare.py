"""The command that makes a data set ready for a prior that exists already."""

import argparse
import os

from ..limits import whole
from ..progress import show
from .command import Command, add_dataset, add_device, add_out

__all__ = ["COMMANDS"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which data set, at which size, for which prior."""
    add_dataset(parser)
    parser.add_argument("--size", help="of the images, in pixels (the prior's)")
    parser.add_argument(
        "--prior", required=True, help="a DiTPipeline folder or Hub id, with @REVISION or without"
    )
    parser.add_argument(
        "--imagenet", metavar="ROOT", help="the folder of ImageNet (DISTILLER_IMAGENET)"
    )
    add_out(parser)
    add_device(parser)
    parser.add_argument("--dtype", default="auto", help="of the network, as for distill")


def run(options: argparse.Namespace) -> None:
    """Encodes a data set for a prior, with maps and a judge; goes on from what is there."""
    if options.imagenet:
        os.environ["DISTILLER_IMAGENET"] = options.imagenet
    from ..machine.device import choose_device
    from ..training.prepare import plan_preparation, prepare

    size = None if options.size is None else whole("size", options.size, 8, 4096)
    plan = plan_preparation(options.dataset, size, options.prior)
    print(
        f"{plan.dataset} at {plan.size} x {plan.size} for {plan.prior}, whose licence is "
        f"{plan.outline.licence or 'not said'}",
        flush=True,
    )
    from viz.draw.embedding import add_umap

    device = choose_device(options.device)
    name = show(prepare(plan, options.out, device, options.dtype, add_umap))
    print(f"A data set {name!r} in {options.out}: --dataset {options.out}")


COMMANDS = (Command("prepare", run, add_arguments, place=67, resumes=True),)
