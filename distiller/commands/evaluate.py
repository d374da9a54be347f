"""The command that trains nets on a set."""

import argparse
import json
import shutil
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from ..data.registry import DATASETS, load
from ..errors import Refused
from ..evaluation.plan import EvaluationPlan
from ..event import translated
from ..limits import choice, whole
from ..progress import show
from ..sets.preset import PREFIX, READINGS, evaluation_of
from .command import Command, add_device, add_json, add_set, say
from .evaluation_report import across, report

__all__ = ["COMMANDS"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which set, how nets are trained on it, and what is to be known besides."""
    add_set(parser)
    words = "quick, dc, dsa, hard or soft; or paper:NAME, as in a method's paper (quick)"
    parser.add_argument("--protocol", default="quick", help=words)
    parser.add_argument(
        "--as", dest="reading", default=READINGS[0], help="of paper:NAME, paper or released (paper)"
    )
    parser.add_argument(
        "--net",
        help="convnet-3, resnetap-10 ... or a timm model; several with commas (the protocol's)",
    )
    words = "of soft labels: a folder, torchvision:NAME or timm:NAME, with @FILE or without"
    parser.add_argument("--teacher", help=f"{words} (the one that train-teacher kept)")
    words = "the side of the images that nets see, in pixels (the protocol's, at most 224)"
    parser.add_argument("--size", help=words)
    parser.add_argument("--seeds", help=f"nets to train ({EvaluationPlan.seeds})")
    parser.add_argument("--epochs", help="instead of the protocol's")
    _add_asked(parser)
    add_json(parser)
    add_device(parser)


def _add_asked(parser: argparse.ArgumentParser) -> None:
    """The fields of `Asked`, and which test counts."""

    def flag(name: str, about: str) -> None:
        parser.add_argument(f"--{name}", action="store_true", help=about)

    flag("baseline", "also train on random real images, as many")
    flag("full", "also train on all real images; kept, for it takes long")
    flag("ranking", "also DD-Ranking's scores; trains 2 or 3 times as much")
    parser.add_argument(
        "--report",
        help=f"last, the only test, or best-on-test, the papers' habit ({EvaluationPlan.report})",
    )
    flag("robust", "also attack the first net, and corrupt test images")
    flag("privacy", "also test for copies, and the first net for leaks")


def run(options: argparse.Namespace) -> None:
    """Trains nets on a folder of images and tests them on real ones."""
    from ..evaluation.accuracy import of_classes
    from ..evaluation.classifier import LabelledSet
    from ..evaluation.comparison import Asked, evaluate_set
    from ..evaluation.ongoing import going_on
    from ..evaluation.plan import EvaluationPlan
    from ..evaluation.protocol import protocol_for
    from ..evaluation.teacher import teacher_for
    from ..machine.device import choose_device
    from ..sets.folder import dataset_of, read_set

    name = choice("data set", options.dataset or dataset_of(options.folder), DATASETS)
    found = read_set(options.folder, DATASETS[name].classes)
    if options.protocol.startswith(PREFIX):
        _as_in_paper(options, found.labels)
    protocol = protocol_for(options.protocol, name)
    if options.size is not None:
        protocol = replace(protocol, largest=whole("size", options.size, 8, 1024))
    plan = EvaluationPlan(
        protocol,
        seeds=whole("seeds", options.seeds or EvaluationPlan.seeds, 1, 100),
        epochs=options.epochs and whole("epochs", options.epochs, 1, 100_000),
        report=options.report or EvaluationPlan.report,
        device=str(choose_device(options.device)),
        compiled=None if shutil.which("g++") else False,
    )
    say(found.notes)
    present = sorted(set(found.labels.tolist()))
    nets = _nets(options.net or plan.architecture, DATASETS[name].size, len(present))
    every = load(name)
    teacher = teacher_for(plan.protocol, every, present, plan.device, options.teacher)
    data, plan = of_classes(every, present), replace(plan, teacher=teacher)
    chosen = LabelledSet(found.images, np.searchsorted(present, found.labels), found.weights)
    asked = Asked(**{f.name: getattr(options, f.name) for f in fields(Asked)})
    tables = []
    how = (protocol, nets, plan.seeds, plan.epochs, plan.report, options.teacher, asked)
    with going_on(chosen, *how) as kept:
        for net in nets:
            steps = evaluate_set(chosen, data, replace(plan, net=net, kept=kept), asked)
            tables.append(show(translated(steps, lambda step: step.event)))
    if options.json:
        print(json.dumps(tables[0] if len(tables) == 1 else {"nets": tables}))
    else:
        print("\n".join([*map(report, tables), *([across(tables)] if len(tables) > 1 else [])]))


def _as_in_paper(options: argparse.Namespace, labels: NDArray[np.int64]) -> None:
    """Sets what is not given as the paper does that the protocol names, and says so."""
    ipc = len(labels) / max(len(set(labels.tolist())), 1)
    method = options.protocol.removeprefix(PREFIX)
    for name, (value, source) in evaluation_of(method, options.reading, ipc).items():
        if name == "protocol" or getattr(options, name) is None:
            setattr(options, name, value)
            say([f"--{name} {value} ({source})"])


def _nets(given: str, size: int, classes: int) -> list[str]:
    """The names of nets, with commas between them, each of which can be made.

    Raises:
        Refused: if one cannot, before any is trained.
    """
    from ..evaluation.nets import make_net

    nets = [net.strip() for net in given.split(",") if net.strip()]
    if not nets:
        raise Refused(f"--net needs the name of a net; got {given[:60]!r}.")
    for net in nets:
        make_net(net, size, classes)
    return nets


COMMANDS = (Command("evaluate", run, add_arguments, place=50, resumes=True),)
