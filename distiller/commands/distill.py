"""The command that distils a set into a folder."""

import argparse
from collections.abc import Iterable

from ..diffusion.sampler import SAMPLERS
from ..errors import Refused
from ..methods import paper_options
from ..progress import show
from ..recipes.loop import Settings
from ..sets.request import Request
from .command import Command, add_dataset, add_device, add_out

__all__ = ["COMMANDS"]

REQUEST = (
    "dataset", "method", "ipc", "seed", "classes", "steps", "cfg_scale", "cfg_channels", "sampler",
    "prior",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to distil, and how."""
    add_dataset(parser)
    parser.add_argument("--method", default=Request.method, help="see `methods`; compose with +")
    parser.add_argument("--ipc", default=Settings.ipc, help=f"images per class ({Settings.ipc})")
    add_out(parser)
    parser.add_argument("--seed", default=Settings.seed, help=f"({Settings.seed})")
    parser.add_argument("--classes", help="indices or names, with commas (all)")
    words = f"sampling steps ({Settings.steps})"
    parser.add_argument("--steps", default=Settings.steps, help=words)
    parser.add_argument("--cfg-scale", help="class guidance; 1 is none (the prior's default)")
    words = "how many channels class guidance moves (the prior's way, which is all)"
    parser.add_argument("--cfg-channels", help=words)
    words = f"{_either(SAMPLERS)} ({Settings.sampler})"
    parser.add_argument("--sampler", default=Settings.sampler, help=words)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a method's option, such as gamma=1.0; may be repeated",
    )
    parser.add_argument("--paper", action="store_true", help="the papers' options, for DiT-XL/2")
    parser.add_argument("--prior", help="a DiTPipeline folder or Hub id (the shipped one)")
    add_device(parser)
    parser.add_argument(
        "--dtype",
        default="auto",
        help="float32, bfloat16 or float16, for the network (float32 on a processor, where "
        "bfloat16 is faster if it has instructions for it)",
    )


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def run(options: argparse.Namespace) -> None:
    """Distils classes of a data set into a folder of images; goes on from what is there."""
    request = _request(options)
    from ..lab import open_lab
    from ..sets.writer import export

    given = (request.dataset, options.device, options.dtype, request.prior)
    lab = open_lab(*given, images="download")
    folder = show(export(request, options.out, lab))
    print(f"{len(request.classes) * request.ipc} images in {folder}")


def _request(options: argparse.Namespace) -> Request:
    pairs = [pair.partition("=") for pair in options.set]
    for name, equals, _ in pairs:
        if not equals:
            raise Refused(f"--set needs NAME=VALUE; got {name[:60]!r}.")
    chosen = {name: value for name, _, value in pairs}
    if options.paper:
        chosen = paper_options(options.method) | chosen
    raw = {key: getattr(options, key) for key in REQUEST}
    return Request.parse({**raw, "options": chosen})


COMMANDS = (Command("distill", run, add_arguments, place=30, resumes=True),)
