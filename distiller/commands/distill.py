"""The command that distils a set into a folder."""

import argparse
from collections.abc import Iterable

from ..diffusion.sampler import SAMPLERS
from ..errors import Refused
from ..limits import whole
from ..methods import paper_options
from ..progress import show
from ..recipes.loop import Settings
from ..sets.preset import PREFIX, READINGS, Said, settings_of
from ..sets.request import Request
from .command import Command, add_dataset, add_device, add_out
from .dry_run_report import report

__all__ = ["COMMANDS"]

REQUEST = (
    "dataset", "method", "ipc", "seed", "classes", "steps", "cfg_scale", "cfg_channels",
    "cfg_between", "sampler", "prior",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to distil, and how."""
    add_dataset(parser)
    words = "see `methods`; compose with +; paper:NAME sets all as in the method's paper"
    parser.add_argument("--method", default=Request.method, help=words)
    parser.add_argument("--ipc", default=Settings.ipc, help=f"images per class ({Settings.ipc})")
    add_out(parser)
    parser.add_argument("--seed", help=f"({Settings.seed})")
    parser.add_argument("--classes", help="indices or names, with commas (all)")
    words = f"sampling steps ({Settings.steps})"
    parser.add_argument("--steps", help=words)
    parser.add_argument("--cfg-scale", help="class guidance; 1 is none (the prior's default)")
    words = "how many channels class guidance moves (the prior's way, which is all)"
    parser.add_argument("--cfg-channels", help=words)
    words = "the times at which class guidance acts, such as 100-800 (all)"
    parser.add_argument("--cfg-between", help=words)
    words = f"{_either(SAMPLERS)} ({Settings.sampler})"
    parser.add_argument("--sampler", help=words)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a method's option, such as gamma=1.0; may be repeated",
    )
    parser.add_argument("--paper", action="store_true", help="the papers' options, for DiT-XL/2")
    parser.add_argument(
        "--as",
        dest="reading",
        default=READINGS[0],
        help="of paper:NAME, paper or released, where the code differs (paper)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print every setting, where it comes from, and the time it takes; make nothing",
    )
    parser.add_argument("--prior", help="a DiTPipeline folder or Hub id (the shipped one)")
    parser.add_argument(
        "--together",
        action="store_true",
        help="of several processes: they fine-tune the prior as one, each on a part of the batch",
    )
    _add_computing(parser)


def _add_computing(parser: argparse.ArgumentParser) -> None:
    """Where the networks compute, and how."""
    add_device(parser)
    parser.add_argument(
        "--dtype",
        default="auto",
        help="float32, bfloat16 or float16, for the network (float32 on a processor, where "
        "bfloat16 is faster if it has instructions for it)",
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the network and the decoder first, which takes up to a minute or two, and "
        "pays for many images on a GPU",
    )


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def run(options: argparse.Namespace) -> None:
    """Distils classes of a data set into a folder of images; goes on from what is there."""
    request, sources = _request(options)
    if options.dry_run:
        how = (_paper(options), options.reading, options.device, options.dtype, options.compile)
        for line in report(request, sources, *how):
            print(line, flush=True)
        return
    from ..event import finish
    from ..lab import open_lab
    from ..machine.replicas import joined
    from ..machine.workers import ALONE, this_worker
    from ..sets.together import fit_together
    from ..sets.writer import export

    given = (request.dataset, options.device, options.dtype, request.prior)
    worker = this_worker()
    lab = open_lab(*given, images="download", compiled=options.compile)
    follow = show if worker.leads else finish  # one bar, and one line at the end
    with joined(worker if options.together else ALONE, lab.prior.device) as together:
        if together.count > 1:
            follow(fit_together(request, options.out, lab))
        folder = follow(export(request, options.out, lab, worker))
    if worker.leads:
        print(f"{len(request.classes) * request.ipc} images in {folder}")


def _request(options: argparse.Namespace) -> tuple[Request, dict[str, Said]]:
    """What is asked for, and of settings that a paper or the user chose, by whom."""
    pairs = [pair.partition("=") for pair in options.set]
    for name, equals, _ in pairs:
        if not equals:
            raise Refused(f"--set needs NAME=VALUE; got {name[:60]!r}.")
    said = _said(options)
    raw = {key: value for key, (value, _) in said.items() if "." not in key}
    chosen = {key: value for key, (value, _) in said.items() if "." in key}
    if options.paper:
        chosen |= paper_options(_method(options))
    given = {key: value for key in REQUEST if (value := getattr(options, key)) is not None}
    raw |= {**given, "method": _method(options)}
    own = {name: value for name, _, value in pairs}
    plain = Request.parse({**raw, "options": chosen})
    request = Request.parse({**raw, "options": {**chosen, **own}})
    said |= {key: Said(value, "given") for key, value in given.items() if key != "method"}
    for key, value in request.options.items():
        if value != plain.options[key]:
            said[key] = Said(value, "given")
        elif options.paper and key in chosen:
            said[key] = Said(value, "--paper")
    return request, said


def _method(options: argparse.Namespace) -> str:
    """The methods without the word that asks for a paper's settings."""
    return "+".join(name.strip().removeprefix(PREFIX) for name in options.method.split("+"))


def _paper(options: argparse.Namespace) -> str | None:
    """The method whose paper is asked for, if one is.

    Raises:
        Refused: if there are several.
    """
    papers = [name.strip() for name in options.method.split("+") if PREFIX in name]
    if len(papers) > 1:
        raise Refused(f"Sampling can be as in one paper; {' and '.join(papers)} are two.")
    return papers[0].removeprefix(PREFIX) if papers else None


def _said(options: argparse.Namespace) -> dict[str, Said]:
    """What the paper says that is asked for.

    Raises:
        Refused: if a reading is asked for and no paper, or there is no such preset.
    """
    paper = _paper(options)
    if paper is None:
        if options.reading != READINGS[0]:
            raise Refused("--as says how a paper is read; ask for one, such as paper:minimax.")
        return {}
    ipc = whole("ipc", options.ipc, 1, 5000)
    return settings_of(paper, options.reading, options.dataset, ipc)


COMMANDS = (Command("distill", run, add_arguments, place=30, resumes=True),)
