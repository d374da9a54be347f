"""The command that scores a set."""

import argparse
import json
from typing import Any

from .command import Command, add_device, add_json, add_set, say

__all__ = ["COMMANDS"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which set."""
    add_set(parser)
    parser.add_argument(
        "--independent",
        action="store_true",
        help="also in the features of a classifier that nobody here trained, for photographs",
    )
    add_json(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> None:
    """Scores a folder of images beside random real images of equal number."""
    from ..data.registry import load
    from ..lab import open_lab
    from ..sets.folder import dataset_of, read_set
    from ..sets.measured import measure_set
    from ..sets.scoring import score_independently, score_set

    name = options.dataset or dataset_of(options.folder)
    lab = open_lab(name, options.device, images="none")
    found = read_set(options.folder, lab.data.classes)
    say(found.notes)
    scored = score_set(measure_set(found.images, found.labels, lab))
    table = {**scored.table(), "discrepancies": scored.discrepancies()}
    if options.independent:
        table["independent"] = score_independently(found.images, found.labels, load(name))
    print(json.dumps(table) if options.json else report(table))


def report(table: dict[str, Any]) -> str:
    """The scores in lines."""
    lines = []
    for space in ("latents", "features"):
        lines += _rows(space, table[space])
        lines += _rows(f"{space}, the frame", table["discrepancies"][space])
    if "independent" in table:
        lines += _rows("independent", table["independent"])
    lines.append("")
    lines += [f"  {key:26} {value:9.4g}" for key, value in table["judged"].items()]
    return "\n".join(lines)


def _rows(title: str, rows: dict[str, Any]) -> list[str]:
    lines = ["", f"{title:28} {'set':>9}  {'random real':>19}"]
    for key, row in rows.items():
        keys = ("value", "random_real_mean", "random_real_sd")
        value, mean, sd = ("" if row[k] is None else f"{row[k]:.4g}" for k in keys)
        lines.append(f"  {key:26} {value:>9}  {mean:>9} ± {sd:<8} {row['verdict']}")
    return lines


COMMANDS = (Command("score", run, add_arguments, place=40),)
