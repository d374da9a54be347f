"""Every method beside random real images: what its sets cover, how far they are, what they teach.

    python -m bench.methods --dataset solids --ipc 10 --out runs/bench

distils the whole data set by every method and several compositions, three seeds each, every method
in a process of its own (so its peak memory is known), then measures the sets, trains small nets on
them, and prints the table. What is there is not made again, and methods that only select pick from
the same samples. `--methods dit,herding:pool=1` names others, with options after a colon; on
processors with AMX, `--dtype bfloat16` samples faster. The study is written beside the sets;
`--ship` puts its rows into assets/results/ too, from where `python -m bench.tables` and the page
take them.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from distiller import load, load_prior
from distiller.data.dataset import Dataset
from distiller.diffusion.prior import Prior
from distiller.evaluation.accuracy import evaluate
from distiller.evaluation.classifier import LabelledSet
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.privacy import audit_privacy
from distiller.evaluation.protocol import protocol_for
from distiller.evaluation.robustness import measure_robustness
from distiller.evaluation.study import Study, StudyRow, figure_of
from distiller.event import finish
from distiller.image import to_pixels, to_tensor
from distiller.methods import METHODS as KNOWN
from distiller.methods import make_methods, needed_steps
from distiller.recipes.loop import Distilled, Settings, draw, fit
from distiller.recipes.recipe import Recipe
from distiller.scores.discrepancy import DISCREPANCIES
from distiller.scores.judge import Judge, load_judge
from distiller.scores.measures import Measure
from distiller.scores.reference import Reference, load_reference
from distiller.scores.score import Real, compare

from . import tables

METHODS = (
    "random", "herding:pool=1", "k-center:pool=1", "dit", "minimax", "dap", "d3hr", "mgd3", "igd",
    "cao2", "cgs", "lgd", "uag", "s3", "herding", "k-center", "kernel-thinning", "greedy", "mmd",
    "discrepancy", "dp-merf", "diversity", "dap+diversity", "d3hr+mmd", "mgd3+mmd",
    "d3hr+mmd+herding", "minimax+d3hr+mmd", "d3hr+discrepancy", "mgd3+discrepancy",
    "minimax+discrepancy",
)  # fmt: skip
LARGEST_POOL = 4  # of the methods above
UNSPREAD = ("seconds", "memory")  # the machine did other work: their spread says nothing
CONDITIONS = (
    "One net was trained on each set and tested once on all real test images, after the last "
    "epoch.",
    "Numbers are means over classes and sets; ± is the standard deviation between sets. Clean, "
    "FGSM, PGD and corrupted accuracy, copies and membership are of the first seed’s set and net.",
    "Seconds are of a whole set and include fitting where nothing was kept from before; the "
    "machine did other work too. Methods that only select pick from the same samples; their "
    "seconds count all of those.",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", default="solids")
    parser.add_argument("--ipc", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--device", default="cpu", help="such as cuda (cpu)")
    parser.add_argument("--protocol", default="quick")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--make", action="store_true", help="distil, and measure nothing")
    parser.add_argument("--ship", action="store_true", help="put the rows into assets/results/")
    parser.add_argument("--anew", action="store_true", help="ship these rows and no earlier ones")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    folder = given.out / f"{given.dataset}-{given.ipc}"
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [int(seed) for seed in given.seeds.split(",")]
    # What is called float32 is computed in it.
    torch.backends.cudnn.allow_tf32 = False
    if given.child:
        make(given, given.child, seeds, folder)
        return
    names = given.methods.split(",")
    for name in names:
        if not all(path_of(folder, name, seed).exists() for seed in seeds):
            subprocess.run([sys.executable, "-m", "bench.methods", *sys.argv[1:], "--child", name],
                           check=True)  # fmt: skip
    if not given.make:
        study = study_of(given, measure(given, names, seeds, folder))
        tables.keep(study, given.out, ship=given.ship, anew=given.anew)
        print("\n".join([*tables.scores(study), "", *tables.beyond(study)]))


def path_of(folder: Path, name: str, seed: int) -> Path:
    return folder / f"{name.replace(':', '-').replace('=', '')}-{seed}.npz"


def parse(name: str) -> tuple[str, dict[str, str]]:
    """A method and its options, of "herding:pool=1"."""
    method, _, options = name.partition(":")
    pairs = [option.partition("=") for option in options.split(";") if option]
    return method, {key: value for key, _, value in pairs}


# ------------------------------------------------------------------------------------- making


def make(given: argparse.Namespace, name: str, seeds: Sequence[int], folder: Path) -> None:
    prior = load_prior(given.dataset, given.device, given.dtype)
    data = load(given.dataset)
    labels = range(len(data.classes))
    began = time.perf_counter()
    recipe = finish(fit(make_methods(*parse(name)), prior, data, labels))
    fitted = time.perf_counter() - began
    only_selects = recipe == Recipe(select=recipe.select, pool=recipe.pool) and (
        recipe.pool <= LARGEST_POOL
    )
    for seed in seeds:
        began = time.perf_counter()
        steps = needed_steps(parse(name)[0], given.steps)
        settings = Settings(ipc=given.ipc, steps=steps, seed=seed)
        if only_selects and recipe.select is not None:
            pool, price = shared_pool(given, prior, data, seed, folder)
            began = time.perf_counter() - price * recipe.pool
            found = selected(recipe, pool, prior, given.ipc)
        else:
            parts = [finish(draw(recipe, prior, data, label, settings)) for label in labels]
            found = Distilled.join(parts)
        spent = time.perf_counter() - began
        memory = peak_memory(prior.device)
        np.savez(path_of(folder, name, seed), images=found.images, labels=found.labels,
                 fit=fitted, draw=spent, memory=memory)  # fmt: skip
        print(f"{name} seed {seed}: fit {fitted:.0f} s, draw {spent:.0f} s", flush=True)


def peak_memory(device: torch.device) -> float:
    """What this process has had at most of the device's memory, in GB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def shared_pool(
    given: argparse.Namespace, prior: Prior, data: Dataset, seed: int, folder: Path
) -> tuple[Tensor, float]:
    """Plain samples (classes, LARGEST_POOL ipc, ...) of a seed that every rule picks from.

    With the seconds that it takes to draw as many as are kept.
    """
    path = folder / f"pool-{seed}.pt"
    if not path.exists():
        settings = Settings(ipc=LARGEST_POOL * given.ipc, steps=given.steps, seed=seed)
        began = time.perf_counter()
        labels = range(len(data.classes))
        parts = [finish(draw(Recipe(), prior, data, k, settings)).latents for k in labels]
        price = (time.perf_counter() - began) / LARGEST_POOL
        torch.save((torch.stack(parts), price), path)
    pool, price = torch.load(path, weights_only=True)
    return pool, price


def selected(recipe: Recipe, pool: Tensor, prior: Prior, ipc: int) -> Distilled:
    """What a rule keeps of the samples it would have drawn: the first of the shared ones."""
    assert recipe.select is not None
    parts = []
    for label, latents in enumerate(pool[:, : recipe.pool * ipc].to(prior.device)):
        kept = latents[list(recipe.select(label, latents, ipc))]
        images = to_pixels(prior.decode(kept.to(prior.device)))
        parts.append(Distilled(images, kept, np.full(ipc, label), np.full(ipc, -1)))
    return Distilled.join(parts)


# ---------------------------------------------------------------------------------- measuring


def measure(
    given: argparse.Namespace, names: Sequence[str], seeds: Sequence[int], folder: Path
) -> dict[str, list[dict[str, float]]]:
    """The row of each set, by method; robustness and privacy of the first seed's alone."""
    data, prior = load(given.dataset), load_prior(given.dataset, given.device, "float32")
    reference, judge = load_reference(data.name), load_judge(data.name)
    rows: dict[str, list[dict[str, float]]] = {}
    for name in names:
        for seed in seeds:
            path = path_of(folder, name, seed)
            record = path.with_suffix(f".{given.protocol}.json")
            if not record.exists():
                with np.load(path) as file:
                    arrays = {key: file[key] for key in file.files}
                row = scores(arrays, prior, data, reference, judge)
                protocol = protocol_for(given.protocol, data.name)
                plan = EvaluationPlan(protocol, seeds=1, seed=seed, device=given.device)
                row |= lessons(arrays, data, plan, beyond=seed == seeds[0])
                record.write_text(json.dumps(row))
                print(f"{name} seed {seed}: {row['accuracy']:.1f} %", file=sys.stderr, flush=True)
            rows.setdefault(name, []).append(json.loads(record.read_text()))
    return rows


def scores(
    arrays: dict[str, Any], prior: Prior, data: Dataset, reference: Reference, judge: Judge
) -> dict[str, float]:
    """The means over classes of what a set covers and how far it is from the class."""
    verdict = judge.judge(arrays["images"])
    z = reference.project(prior.encode(to_tensor(arrays["images"])))
    rows: list[dict[str, float]] = []
    for label in range(len(data.classes)):
        mine = np.flatnonzero(arrays["labels"] == label)
        seen = verdict.classes[mine] == label
        row = {"recognised": 100 * float(seen.mean())}
        if verdict.modes is not None:
            row["modes"] = float(len(set(verdict.modes[mine][seen].tolist())))
        for letter, space, x in (("z", "latents", z), ("f", "features", verdict.features)):
            real = reference.real(label, space)
            table = compare(real, x[mine])
            row[f"mmd2_{letter}"] = table["mmd2"].value
            row[f"sinkhorn_{letter}"] = held_against(real, "sinkhorn", x[mine])
            if space == "latents":
                row |= {"coverage": table["coverage"].value, "vendi": table["vendi"].value}
                row["covering"] = held_against(real, "covering", x[mine])
        rows.append(row)
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    seconds = float(arrays["fit"]) + float(arrays["draw"])
    return {**mean, "seconds": seconds, "memory": float(arrays["memory"])}


def held_against(real: Real, name: str, x: torch.Tensor) -> float:
    """A discrepancy from the half of the class that `score` has as reference."""
    return float(prepared(real, name)(x.float()))


@cache
def prepared(real: Real, name: str) -> Measure:
    return DISCREPANCIES[name].to(real.halves[0])


def lessons(
    arrays: dict[str, Any], data: Dataset, plan: EvaluationPlan, *, beyond: bool
) -> dict[str, float]:
    """What a net trained on the set reaches and, beyond, withstands and gives away, in percent."""
    chosen = LabelledSet(arrays["images"], arrays["labels"])
    found = finish(evaluate(chosen, data.test, plan))
    if not beyond:
        return {"accuracy": found.mean}
    withstands = finish(measure_robustness(found.nets[0], data.test))
    gives_away = audit_privacy(found.nets[0], chosen, data)
    copies = gives_away["memorisation"]
    return {
        "accuracy": found.mean,
        **{name: withstands[name] for name in ("clean", "fgsm", "pgd", "corrupted")},
        "copies": 100 * (1 - math.exp(copies["log_ratio"])),
        "copies_p": copies["p_value"],
        "membership": 100 * gives_away["membership_inference"]["advantage"],
    }


def study_of(given: argparse.Namespace, rows: dict[str, list[dict[str, float]]]) -> Study:
    """What was measured of each method as a study: means over sets, and their spread."""
    columns = {**tables.SCORES, **tables.BEYOND}
    found = []
    for name, sets in rows.items():
        figures = {}
        for key, column in columns.items():
            if values := [row[key] for row in sets if key in row]:
                figure = figure_of(values, column.digits)
                figures[key] = replace(figure, spread=None) if key in UNSPREAD else figure
        found.append(StudyRow(name, figures))
    kept = {k: c for k, c in columns.items() if any(k in row.figures for row in found)}
    seeds, net = given.seeds.split(","), protocol_for(given.protocol, given.dataset).net
    command = f"python -m bench.methods --dataset {given.dataset} --ipc {given.ipc}"
    command += f" --steps {given.steps}" * (given.steps != 20)
    command += f" --protocol {given.protocol}" * (given.protocol != "quick")
    command += f" --dtype {given.dtype}" * (given.dtype != "float32")
    command += f" --device {given.device}" * (given.device != "cpu")
    conditions = (
        f"{len(seeds)} sets of {given.ipc} images per class of each method, of the seeds "
        f"{', '.join(seeds)}, made in {in_steps(given.steps)} with the prior’s default class "
        f"guidance, in {given.dtype} on {place(given.device)}.",
        *CONDITIONS,
        *tables.OF_IMAGES.get(given.dataset, ()),
    )
    return Study(
        f"{given.dataset}-{given.ipc}-{given.protocol}", given.dataset, given.ipc, given.protocol,
        net, f"{command} --out runs/bench", conditions, kept, tuple(found),
        load_prior(given.dataset, "cpu").fingerprint(), given.steps,
    )  # fmt: skip


def place(device: str) -> str:
    """Where the sets were made, in words."""
    if device.startswith("cuda"):
        return f"an {torch.cuda.get_device_name(device)}"
    if device != "cpu":
        return device
    count = torch.get_num_threads()  # as in the processes that made the sets
    return "one thread" if count == 1 else f"{count} threads"


def in_steps(steps: int) -> str:
    """So many steps in words, with the methods that need more."""
    needs = {method.title: method.fewest_steps for method in KNOWN.values()}
    more = [f"{title} in {n}, which it needs" for title, n in needs.items() if n > steps]
    return f"{steps} steps" + f" ({'; '.join(more)})" * bool(more)


if __name__ == "__main__":
    main()
