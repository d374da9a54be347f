"""Commands that train: a prior, a teacher, a judge."""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.registry import DATASETS, load
from ..limits import choice, number, whole
from ..machine.lock import alone
from ..progress import show
from .command import Command, add_dataset, add_device, add_out

__all__ = ["COMMANDS"]

MOST = 10_000_000  # steps


def add_prior(parser: argparse.ArgumentParser) -> None:
    """What to train a prior on, and for how long."""
    which = parser.add_mutually_exclusive_group(required=True)
    add_dataset(which, required=False)
    which.add_argument(
        "--data", type=Path, metavar="PICTURES", help="a folder, zip or tar with class folders"
    )
    parser.add_argument("--size", default="64", help="of the pictures, 32, 64 or 128 pixels (64)")
    parser.add_argument(
        "--class-level",
        default="1",
        help="which level of the folders names the classes; 2 for domain/class (1)",
    )
    add_out(parser)
    parser.add_argument("--steps", help="of the transformer")
    parser.add_argument("--autoencoder-steps", help="0 keeps that of the prior it starts from")
    parser.add_argument(
        "--decoder-steps", help="of its decoder alone; none with --autoencoder-steps 0"
    )
    parser.add_argument(
        "--start", help="a data set whose prior to start from; its own, to train that further"
    )
    parser.add_argument("--lr", help="the transformer's highest learning rate")
    parser.add_argument("--seed")
    add_device(parser)


def run_prior(options: argparse.Namespace) -> None:
    """Trains a prior on a data set, or on pictures of one's own; goes on from its checkpoint."""
    from ..event import finish
    from ..machine.device import choose_device
    from ..machine.replicas import joined
    from ..machine.workers import this_worker
    from ..training.prior import train_prior
    from ..training.spec import PRESETS, PriorSpec

    limits = {"steps": (1, MOST), "autoencoder_steps": (0, MOST), "decoder_steps": (0, MOST)}
    limits["seed"] = (0, 2**31 - 1)
    given: dict[str, Any] = {
        key: whole(key, value, *limits[key])
        for key in limits
        if (value := getattr(options, key)) is not None
    }
    if given.get("autoencoder_steps") == 0:  # it stays as it is, and so does its decoder
        given.setdefault("decoder_steps", 0)
    if options.start is not None:
        given["start"] = options.start
    if options.lr is not None:
        given["lr"] = number("lr", options.lr, 1e-6, 0.1)
    device, worker = choose_device(options.device), this_worker()
    if options.data is not None:
        with joined(worker, device):
            _train_own(options, device, given)
        return
    spec = PRESETS.get(options.dataset, PriorSpec())
    data = load(options.dataset)
    with joined(worker, device):
        steps = train_prior(data, options.out, replace(spec, **given), device)
        if worker.leads:  # one bar, and one line at the end
            print(f"A prior of {data.name} in {show(steps)}")
        else:
            finish(steps)


def _train_own(options: argparse.Namespace, device: Any, given: dict[str, Any]) -> None:
    from ..event import finish
    from ..machine.replicas import current
    from ..training.own import take_in, train_own

    leads = current().leads
    follow = show if leads else finish  # one bar, and what is said is said once
    size = whole("size", options.size, 1, 4096)
    level = whole("class-level", options.class_level, 1, 9)
    pictures = follow(take_in(options.data, options.out, size, level))
    if leads:
        print("\n".join(pictures.report.lines()))
        print(f"Previews while it trains: {options.out / '.training'}/preview-*.png", flush=True)
    name = follow(train_own(options.out, device, **given))
    if leads:
        print(f"A data set {name!r} with its prior in {options.out}: --dataset {options.out}")


def add_teacher(parser: argparse.ArgumentParser) -> None:
    """Which teacher to train, and for how long."""
    add_dataset(parser)
    parser.add_argument("--net", default="resnet-18", help="(resnet-18)")
    add_out(parser)
    parser.add_argument("--epochs", help="passes over all real images (20)")
    parser.add_argument("--seed", default="0")
    add_device(parser)


def run_teacher(options: argparse.Namespace) -> None:
    """Trains a teacher on the real images of a data set, for soft labels, and keeps it."""
    from ..evaluation.teacher import save_teacher, train_teacher
    from ..machine.device import choose_device

    data = load(choice("data set", options.dataset, DATASETS))
    given: dict[str, Any] = {
        "net": options.net,
        "epochs": options.epochs and whole("epochs", options.epochs, 1, 100_000),
        "seed": whole("seed", options.seed, 0, 2**31 - 1),
        "device": str(choose_device(options.device)),
        "compiled": None if shutil.which("g++") else False,
    }
    with alone(options.out):  # which must be a place that can be written
        teacher, config = show(train_teacher(data, **given))
        save_teacher(teacher, config, options.out)
    print(f"A teacher of {config['accuracy']:.1f} % on the real test split in {options.out}")


def add_judge(parser: argparse.ArgumentParser) -> None:
    """Whose judge to train."""
    add_dataset(parser)
    add_out(parser)


def run_judge(options: argparse.Namespace) -> None:
    """Trains the small classifier that judges a data set's images."""
    from ..scores.judge import save_judge, train_judge

    data = load(options.dataset)
    with alone(options.out):
        judge = show(train_judge(data, folder=options.out / ".training"))
        save_judge(judge, options.out)
    print(f"Accuracy on the real test split: {judge.accuracy}")


COMMANDS = (
    Command("train-prior", run_prior, add_prior, place=60, resumes=True),
    Command("train-teacher", run_teacher, add_teacher, place=70),
    Command("train-judge", run_judge, add_judge, place=80, resumes=True),
)
