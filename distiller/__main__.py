"""The command line: `python -m distiller --help`."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .data.dataset import Dataset
from .data.registry import DATASETS, dataset_table, discover, load
from .errors import Refused
from .evaluation.protocol import Protocol
from .limits import choice, number, whole
from .methods import method_table, paper_options
from .progress import show
from .sets.request import Request

if TYPE_CHECKING:
    from .evaluation.classifier import Classifier, LabelledSet

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
            options.dataset = DATASETS.resolve(options.dataset)
        run(options)
    except Refused as refused:
        print(f"distiller: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumes = "; the same command goes on from here" if run in (_distill, _train_prior) else ""
        print(f"distiller: stopped{resumes}.", file=sys.stderr)
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
    sub.add_argument("--paper", action="store_true", help="the papers' options, for DiT-XL/2")
    sub.add_argument("--prior", help="a DiTPipeline folder or Hub id (the shipped one)")
    sub.add_argument("--device", default="auto")
    sub.add_argument(
        "--dtype",
        default="auto",
        help="float32, bfloat16 or float16, for the network (float32 on a processor, where "
        "bfloat16 is faster if it has instructions for it)",
    )

    sub = command("score", _score)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--dataset", help="where the folder has no manifest; a name or folder")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("--device", default="auto")

    sub = command("evaluate", _evaluate)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--dataset", help="where the folder has no manifest; a name or folder")
    sub.add_argument("--protocol", default="quick", help="quick, dc, dsa, hard or soft (quick)")
    sub.add_argument(
        "--net",
        help="convnet-3, resnetap-10 ... or a timm model; several with commas (the protocol's)",
    )
    sub.add_argument(
        "--teacher", type=Path, help="of soft labels (the one that train-teacher kept)"
    )
    sub.add_argument("--seeds", default="3", help="nets to train (3)")
    sub.add_argument("--epochs", help="instead of the protocol's")
    sub.add_argument(
        "--baseline", action="store_true", help="also train on random real images, as many"
    )
    sub.add_argument(
        "--full", action="store_true", help="also train on all real images; kept, for it takes long"
    )
    sub.add_argument(
        "--ranking",
        action="store_true",
        help="also DD-Ranking's scores; trains 2 or 3 times as much",
    )
    sub.add_argument(
        "--report",
        default="last",
        help="last, the only test, or best-on-test, the papers' habit (last)",
    )
    sub.add_argument(
        "--robust", action="store_true", help="also attack the first net, and corrupt test images"
    )
    sub.add_argument(
        "--privacy", action="store_true", help="also test for copies, and the first net for leaks"
    )
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
    sub.add_argument("--autoencoder-steps", help="0 keeps that of the prior it starts from")
    sub.add_argument(
        "--start", help="a data set whose prior to start from; its own, to train that further"
    )
    sub.add_argument("--lr", help="the transformer's highest learning rate")
    sub.add_argument("--seed")
    sub.add_argument("--device", default="auto")

    sub = command("train-teacher", _train_teacher)
    sub.add_argument("--dataset", required=True, help=DATASET)
    sub.add_argument("--net", default="resnet-18", help="(resnet-18)")
    sub.add_argument("--out", type=Path, required=True, help="the folder to write")
    sub.add_argument("--epochs", help="passes over all real images (20)")
    sub.add_argument("--seed", default="0")
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
    from .data.models import has_models

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
            paper = f"; paper: {row['paper'][option]}" if option in row["paper"] else ""
            print(f"{'':14} {option} = {knob['default']}: {knob['about']} ({allowed}{paper})")


def _distill(options: argparse.Namespace) -> None:
    """Distils classes of a data set into a folder of images; goes on from what is there."""
    pairs = [pair.partition("=") for pair in options.set]
    for name, equals, _ in pairs:
        if not equals:
            raise Refused(f"--set needs NAME=VALUE; got {name[:60]!r}.")
    keys = ("dataset", "method", "ipc", "seed", "classes", "steps", "cfg_scale", "sampler", "prior")
    raw = {key: getattr(options, key) for key in keys}
    options_given = {name: value for name, _, value in pairs}
    if options.paper:
        options_given = paper_options(options.method) | options_given
    request = Request.parse({**raw, "options": options_given})
    from .diffusion.prior import load_prior
    from .scores.judge import load_judge
    from .scores.reference import load_reference
    from .sets.folder import export

    prior = load_prior(request.prior or request.dataset, options.device, options.dtype)
    reference, judge = load_reference(request.dataset), load_judge(request.dataset)
    data = load(request.dataset)
    folder = show(export(request, options.out, data, prior, reference, judge))
    print(f"{len(request.classes) * request.ipc} images in {folder}")


def _score(options: argparse.Namespace) -> None:
    """Scores a folder of images beside random real images of equal number."""
    from .diffusion.prior import load_prior
    from .scores.judge import load_judge
    from .scores.reference import load_reference
    from .sets.folder import dataset_of, read_set, score_set

    name = options.dataset or dataset_of(options.folder)
    choice("data set", name, DATASETS)
    prior, reference, judge = (
        load_prior(name, options.device),
        load_reference(name),
        load_judge(name),
    )
    found = read_set(options.folder, DATASETS[name].classes)
    scored = score_set(found, DATASETS[name].size, prior, reference, judge)
    frame = scored.discrepancies(reference)
    table = {**scored.table(), "discrepancies": frame}
    if options.json:
        print(json.dumps(table))
        return
    for space in ("latents", "features"):
        _print_scores(space, table[space])
        _print_scores(f"{space}, the frame", frame[space])
    print()
    for key, value in table["judged"].items():
        print(f"  {key:26} {value:9.4g}")


def _print_scores(title: str, rows: dict[str, Any]) -> None:
    print(f"\n{title:28} {'set':>9}  {'random real':>19}")
    for key, row in rows.items():
        keys = ("value", "random_real_mean", "random_real_sd")
        value, mean, sd = ("" if row[k] is None else f"{row[k]:.4g}" for k in keys)
        print(f"  {key:26} {value:>9}  {mean:>9} ± {sd:<8} {row['verdict']}")


def _evaluate(options: argparse.Namespace) -> None:
    """Trains nets on a folder of images and tests them on real ones."""
    from .evaluation.accuracy import of_classes
    from .evaluation.classifier import LabelledSet
    from .evaluation.protocol import protocol_for
    from .machine.device import choose_device
    from .sets.folder import dataset_of, read_set

    name = options.dataset or dataset_of(options.folder)
    choice("data set", name, DATASETS)
    protocol = protocol_for(options.protocol, name)
    device = str(choose_device(options.device))
    given = {
        "seeds": whole("seeds", options.seeds, 1, 100),
        "epochs": options.epochs and whole("epochs", options.epochs, 1, 100_000),
        "device": device,
        "compiled": None if shutil.which("g++") else False,
        "report": options.report,
    }
    found = read_set(options.folder, DATASETS[name].classes)
    present = sorted(set(found.labels.tolist()))
    every = load(name)
    if protocol.temperature is not None:
        given["teacher"] = _teacher(options.teacher, every, present, device)
    elif options.teacher is not None:
        raise Refused(f"The protocol {protocol.name} takes no teacher; soft does.")
    data = of_classes(every, present)
    chosen = LabelledSet(found.images, np.searchsorted(present, found.labels), found.weights)
    nets = (options.net or protocol.net).split(",")
    tables = [_measure(options, chosen, data, protocol, {**given, "net": net}) for net in nets]
    if options.json:
        print(json.dumps(tables[0] if len(tables) == 1 else {"nets": tables}))
        return
    print("\n".join(map(_report, tables)))
    if len(tables) > 1:
        print(_across(tables))


def _measure(
    options: argparse.Namespace,
    chosen: "LabelledSet",
    data: Dataset,
    protocol: Protocol,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """All that is asked about one net, as plain values."""
    from .evaluation.accuracy import evaluate, evaluate_random
    from .evaluation.privacy import audit_privacy
    from .evaluation.ranking import rank_set
    from .evaluation.robustness import measure_robustness

    result = show(evaluate(chosen, data.test, protocol, **given))
    baseline = None
    if options.baseline or options.ranking:
        baseline = show(evaluate_random(data, chosen.labels, protocol, **given))
    table = {"dataset": data.name, "classes": data.classes, **result.table(baseline)}
    if options.full or options.ranking:
        table["full"] = _full(data, replace(protocol, temperature=None), given)
    if options.ranking and baseline is not None:
        full = float(np.mean(table["full"]))
        events = rank_set(result, baseline, full, chosen, data, protocol, **given)
        table["rank_set"] = show(events)
    if options.robust:
        table["robustness"] = show(measure_robustness(result.nets[0], data.test))
    if options.privacy:
        table["privacy"] = audit_privacy(result.nets[0], chosen, data)
    return table


def _teacher(
    folder: Path | None, data: Dataset, present: Sequence[int], device: str
) -> "Classifier":
    """The teacher in a folder, or the one that was kept, of some classes."""
    from .evaluation.teacher import cached_teacher, load_teacher, of_labels

    if folder is not None:
        return of_labels(load_teacher(folder, data, device), present)
    return of_labels(cached_teacher(data, device=device), present)


def _across(tables: Sequence[Mapping[str, Any]]) -> str:
    """The nets side by side, in lines."""
    first = tables[0]
    lines = [f"\nacross architectures, protocol {first['protocol']}, {first['labels']} labels"]
    for table in tables:
        std = "" if table["accuracy_std"] is None else f" ± {table['accuracy_std']:.1f}"
        beside = table["baseline"]
        difference = "" if beside is None else f"   {table['difference_mean']:+.1f} to random real"
        lines.append(f"  {table['net']:24} {table['accuracy_mean']:5.1f}{std}{difference}")
    return "\n".join(lines)


def _train_teacher(options: argparse.Namespace) -> None:
    """Trains a teacher on the real images of a data set, for soft labels, and keeps it."""
    from .evaluation.teacher import save_teacher, train_teacher
    from .machine.device import choose_device

    data = load(choice("data set", options.dataset, DATASETS))
    given: dict[str, Any] = {
        "net": options.net,
        "epochs": options.epochs and whole("epochs", options.epochs, 1, 100_000),
        "seed": whole("seed", options.seed, 0, 2**31 - 1),
        "device": str(choose_device(options.device)),
        "compiled": None if shutil.which("g++") else False,
    }
    teacher, config = show(train_teacher(data, **given))
    save_teacher(teacher, config, options.out)
    print(f"A teacher of {config['accuracy']:.1f} % on the real test split in {options.out}")


def _full(data: Dataset, protocol: Protocol, given: Mapping[str, Any]) -> list[float]:
    """The accuracies of nets trained on all real images, those that are known from the cache."""
    from .evaluation.full_data import evaluate_full, full_accuracies

    known = full_accuracies(data, protocol, given["net"])
    for seed in range(given["seeds"]):
        if seed not in known:
            settings = {key: given[key] for key in ("net", "device", "compiled")}
            result = show(evaluate_full(data, protocol, seed=seed, **settings))
            known[seed] = result.accuracies[0]
    return [known[seed] for seed in range(given["seeds"])]


def _report(table: Mapping[str, Any]) -> str:
    """The table of an evaluation in lines."""

    def accuracy(row: Mapping[str, Any]) -> str:
        each = " ".join(f"{a:.1f}" for a in row["accuracies"])
        spread = "" if row["accuracy_std"] is None else f" ± {row['accuracy_std']:.1f}"
        return f"{row['accuracy_mean']:.1f}{spread} %   ({each})"

    best = ", BEST ON TEST of many tests during training" * (table["report"] != "last")
    lines = [
        f"{table['net']}, protocol {table['protocol']}, {table['epochs']} epochs, "
        f"{table['labels']} labels, {len(table['classes'])} classes of {table['dataset']}, "
        f"{table['seconds']:.0f} s{best}",
        f"  test accuracy            {accuracy(table)}",
    ]
    if table["baseline"]:
        low, high = table["difference_interval"]
        sure = "" if low is None else f", 95 % interval {low:+.1f} to {high:+.1f}"
        lines += [
            f"  random real images       {accuracy(table['baseline'])}",
            f"  difference               {table['difference_mean']:+.1f}{sure}",
        ]
    if full := table.get("full"):
        each = " ".join(f"{a:.1f}" for a in full)
        lines.append(f"  all real images          {np.mean(full):.1f} %   ({each})")
    for name, value in zip(table["classes"], table["accuracy_by_class"], strict=True):
        lines.append(f"    {name:22} {value:6.1f} %")
    for name, value in table.get("ranking", {}).items():
        lines.append(f"  {name:33} {value:8.3f}")
    for name, value in table.get("robustness", {}).items():
        lines.append(f"  {name:24} {value:6.1f} %")
    for test, row in table.get("privacy", {}).items():
        shown = ", ".join(f"{key} {_short(value)}" for key, value in row.items())
        lines.append(f"  {test:24} {shown}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " to ".join(f"{v:.3g}" for v in values)


def _train_prior(options: argparse.Namespace) -> None:
    """Trains a prior on a data set, or on pictures of one's own; goes on from its checkpoint."""
    from .machine.device import choose_device
    from .training.prior import train_prior
    from .training.spec import PRESETS, PriorSpec

    most = 10_000_000
    limits = {"steps": (1, most), "autoencoder_steps": (0, most), "seed": (0, 2**31 - 1)}
    given: dict[str, Any] = {
        key: whole(key, value, *limits[key])
        for key in limits
        if (value := getattr(options, key)) is not None
    }
    if options.start is not None:
        given["start"] = options.start
    if options.lr is not None:
        given["lr"] = number("lr", options.lr, 1e-6, 0.1)
    device = choose_device(options.device)
    if options.data is not None:
        _train_own(options, device, given)
        return
    spec = PRESETS.get(options.dataset, PriorSpec())
    data = load(options.dataset)
    folder = show(train_prior(data, options.out, replace(spec, **given), device))
    print(f"A prior of {data.name} in {folder}")


def _train_own(options: argparse.Namespace, device: Any, given: dict[str, Any]) -> None:
    from .training.own import take_in, train_own

    size = whole("size", options.size, 1, 4096)
    pictures = show(take_in(options.data, options.out, size))
    print("\n".join(pictures.report.lines()))
    print(f"Previews while it trains: {options.out / '.training'}/preview-*.png")
    name = show(train_own(options.out, device, **given))
    print(f"A data set {name!r} with its prior in {options.out}: --dataset {options.out}")


def _train_judge(options: argparse.Namespace) -> None:
    """Trains the small classifier that judges a data set's images."""
    from .scores.judge import save_judge, train_judge

    data = load(options.dataset)
    judge = show(train_judge(data, folder=options.out / ".training"))
    save_judge(judge, options.out)
    print(f"Accuracy on the real test split: {judge.accuracy}")


def _reference(options: argparse.Namespace) -> None:
    """Encodes and judges the real images of a data set, for maps and scores."""
    from .diffusion.prior import load_prior
    from .scores.judge import load_judge
    from .scores.reference import build_reference, save_reference

    data = load(options.dataset)
    prior, judge = load_prior(data.name), load_judge(data.name)
    save_reference(show(build_reference(data, prior, judge)), options.out)


def _card(options: argparse.Namespace) -> None:
    """Measures what a prior reaches, and writes its card."""
    from .training.card import write_card
    from .training.quality import measure_prior

    write_card(options.folder, show(measure_prior(options.folder)))
    print((options.folder / "README.md").read_text())


if __name__ == "__main__":
    sys.exit(main())
