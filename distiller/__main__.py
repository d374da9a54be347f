"""The command line: `python -m distiller --help`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .data import DATASETS, dataset_table, discover, load, resolve
from .errors import Refused
from .limits import choice, whole
from .methods import method_table
from .progress import show
from .request import Request

__all__ = ["main"]


DATASET = "see `datasets`; or the folder of one's own"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        for wrong in discover():
            print(f"distiller: left out: {wrong}", file=sys.stderr)
        if getattr(options, "dataset", None):
            options.dataset = resolve(options.dataset)
        run(options)
    except Refused as refused:
        print(f"distiller: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("distiller: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m distiller", description="Dataset distillation with diffusion priors."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        about = (run.__doc__ or "").strip()
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        return sub

    for name, run in (("datasets", _datasets), ("methods", _methods)):
        command(name, run).add_argument("--json", action="store_true", help="print JSON")

    sub = command("distill", _distill)
    sub.add_argument("--dataset", required=True, help=DATASET)
    sub.add_argument("--method", default="dit", help="see `methods`; compose with +")
    sub.add_argument("--ipc", default="10", help="images per class (10)")
    sub.add_argument("--out", type=Path, required=True, help="the folder to write")
    sub.add_argument("--seed", default="0")
    sub.add_argument("--classes", help="indices or names, with commas (all)")
    sub.add_argument("--steps", default="50", help="sampling steps (50)")
    sub.add_argument("--cfg-scale", help="class guidance; 1 is none (the prior's default)")
    sub.add_argument("--sampler", default="ddim", help="ddim, ddpm or dpm++ (ddim)")
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a method's option, such as gamma=1.0; may be repeated",
    )
    sub.add_argument("--prior", help="a DiTPipeline folder or Hub id (the shipped one)")
    sub.add_argument("--device", default="auto")

    sub = command("score", _score)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--dataset", help="where the folder has no manifest; a name or folder")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("--device", default="auto")

    sub = command("train-prior", _train_prior)
    which = sub.add_mutually_exclusive_group(required=True)
    which.add_argument("--dataset", help=DATASET)
    which.add_argument(
        "--data", type=Path, metavar="PICTURES", help="a folder or zip with class folders"
    )
    sub.add_argument("--size", default="64", help="of the pictures, 32, 64 or 128 pixels (64)")
    sub.add_argument("--out", type=Path, required=True, help="the folder to write")
    sub.add_argument("--steps", help="of the transformer")
    sub.add_argument("--autoencoder-steps")
    sub.add_argument("--seed")
    sub.add_argument("--device", default="auto")

    sub = command("train-judge", _train_judge)
    sub.add_argument("--dataset", required=True, help=DATASET)
    sub.add_argument("--out", type=Path, required=True, help="the folder to write")

    sub = command("reference", _reference)
    sub.add_argument("--dataset", required=True, help=DATASET)
    sub.add_argument("--out", type=Path, required=True, help="the .npz file to write")

    sub = command("card", _card)
    sub.add_argument("folder", type=Path, metavar="PRIOR", help="a folder that train-prior wrote")
    return parser


def _datasets(options: argparse.Namespace) -> None:
    """Lists the data sets."""
    if options.json:
        print(json.dumps(dataset_table()))
        return
    from .shelf import has_models

    for name, row in dataset_table().items():
        print(f"{name:12} {row['about']}")
        if not row["here"]:
            print(f"{'':12} not on this machine: downloaded when needed, or see DISTILLER_DATA")
        if not has_models(name):
            print(f"{'':12} no prior here yet: train-prior, train-judge, reference")
        print(f"{'':12} {row['size']} x {row['size']}: {', '.join(row['classes'])}")


def _methods(options: argparse.Namespace) -> None:
    """Lists the methods and their options."""
    if options.json:
        print(json.dumps(method_table()))
        return
    for name, row in method_table().items():
        print(f"{name:12} {row['about']}")
        for option, knob in row["options"].items():
            allowed = ", ".join(knob["choices"]) or f"{knob['low']:g} to {knob['high']:g}"
            print(f"{'':14} {option} = {knob['default']}: {knob['about']} ({allowed})")


def _distill(options: argparse.Namespace) -> None:
    """Distils classes of a data set into a folder of images; goes on from what is there."""
    pairs = [pair.partition("=") for pair in options.set]
    for name, equals, _ in pairs:
        if not equals:
            raise Refused(f"--set needs NAME=VALUE; got {name[:60]!r}.")
    keys = ("dataset", "method", "ipc", "seed", "classes", "steps", "cfg_scale", "sampler", "prior")
    raw = {key: getattr(options, key) for key in keys}
    request = Request.parse({**raw, "options": {name: value for name, _, value in pairs}})
    from .io import export
    from .judge import load_judge
    from .prior import load_prior
    from .reference import load_reference

    prior = load_prior(request.prior or request.dataset, options.device)
    reference, judge = load_reference(request.dataset), load_judge(request.dataset)
    data = load(request.dataset)
    folder = show(export(request, options.out, data, prior, reference, judge))
    print(f"{len(request.classes) * request.ipc} images in {folder}")


def _score(options: argparse.Namespace) -> None:
    """Scores a folder of images beside random real images of equal number."""
    from .io import dataset_of, read_set, score_set
    from .judge import load_judge
    from .prior import load_prior
    from .reference import load_reference

    name = options.dataset or dataset_of(options.folder)
    choice("data set", name, DATASETS)
    prior, reference, judge = (
        load_prior(name, options.device),
        load_reference(name),
        load_judge(name),
    )
    found = read_set(options.folder, DATASETS[name].classes)
    table = score_set(found, DATASETS[name].size, prior, reference, judge).table()
    if options.json:
        print(json.dumps(table))
        return
    for space in ("latents", "features"):
        print(f"\n{space:28} {'set':>9}  {'random real':>19}")
        for key, row in table[space].items():
            keys = ("value", "random_real_mean", "random_real_sd")
            value, mean, sd = ("" if row[k] is None else f"{row[k]:.4g}" for k in keys)
            print(f"  {key:26} {value:>9}  {mean:>9} ± {sd:<8} {row['verdict']}")
    print()
    for key, value in table["judged"].items():
        print(f"  {key:26} {value:9.4g}")


def _train_prior(options: argparse.Namespace) -> None:
    """Trains a prior on a data set, or on pictures of one's own; goes on from its checkpoint."""
    from dataclasses import replace

    from .prior import choose_device
    from .train_prior import PRESETS, PriorSpec, train_prior

    most = 10_000_000
    limits = {"steps": (1, most), "autoencoder_steps": (1, most), "seed": (0, 2**31 - 1)}
    given: dict[str, Any] = {
        key: whole(key, value, *limits[key])
        for key in limits
        if (value := getattr(options, key)) is not None
    }
    device = choose_device(options.device)
    if options.data is not None:
        _train_own(options, device, given)
        return
    spec = PRESETS.get(options.dataset, PriorSpec())
    data = load(options.dataset)
    folder = show(train_prior(data, options.out, replace(spec, **given), device))
    print(f"A prior of {data.name} in {folder}")


def _train_own(options: argparse.Namespace, device: Any, given: dict[str, Any]) -> None:
    from .own import take_in, train_own

    size = whole("size", options.size, 1, 4096)
    pictures = show(take_in(options.data, options.out, size))
    print("\n".join(pictures.report.lines()))
    print(f"Previews while it trains: {options.out / '.training'}/preview-*.png")
    name = show(train_own(options.out, device, **given))
    print(f"A data set {name!r} with its prior in {options.out}: --dataset {options.out}")


def _train_judge(options: argparse.Namespace) -> None:
    """Trains the small classifier that judges a data set's images."""
    from .judge import save_judge, train_judge

    data = load(options.dataset)
    judge = show(train_judge(data, flip=data.name != "digits"))
    save_judge(judge, options.out)
    print(f"Accuracy on the real test split: {judge.accuracy}")


def _reference(options: argparse.Namespace) -> None:
    """Encodes and judges the real images of a data set, for maps and scores."""
    from .judge import load_judge
    from .prior import load_prior
    from .reference import build_reference, save_reference

    data = load(options.dataset)
    prior, judge = load_prior(data.name), load_judge(data.name)
    save_reference(show(build_reference(data, prior, judge)), options.out)


def _card(options: argparse.Namespace) -> None:
    """Measures what a prior reaches, and writes its card."""
    from .card import measure_prior, write_card

    write_card(options.folder, show(measure_prior(options.folder)))
    print((options.folder / "README.md").read_text())


if __name__ == "__main__":
    sys.exit(main())
