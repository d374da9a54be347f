"""Commands that list what there is."""

import argparse
import json

from ..data.registry import DATASETS, dataset_table
from ..methods import method_table
from .command import Command, add_json

__all__ = ["COMMANDS"]


def list_datasets(options: argparse.Namespace) -> None:
    """Lists the data sets."""
    if options.json:
        print(json.dumps(dataset_table()))
        return
    from ..data.models import has_models

    for name, row in dataset_table().items():
        print(f"{name:12} {row['about']}")
        if not row["here"]:
            print(f"{'':12} not on this machine: {_remedy(name)}")
        if not has_models(name):
            print(f"{'':12} no prior here yet: train-prior, train-judge, reference")
        print(f"{'':12} {row['size']} x {row['size']}: {_some(row['classes'])}")


def _remedy(name: str) -> str:
    if DATASETS[name].public:
        return "downloaded when needed, or see DISTILLER_DATA"
    return "name the folder of ImageNet in DISTILLER_IMAGENET"


def _some(names: list[str], most: int = 20) -> str:
    rest = f" and {len(names) - most:,} more (--json names all)" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def list_methods(options: argparse.Namespace) -> None:
    """Lists the methods and their options."""
    if options.json:
        print(json.dumps(method_table()))
        return
    for name, row in method_table().items():
        print(f"{name:12} {row['about']}")
        for option, knob in row["options"].items():
            allowed = ", ".join(knob["choices"]) or f"{knob['low']:g} to {knob['high']:g}"
            if isinstance(knob["default"], bool):
                allowed = "True, False"
            paper = f"; paper: {row['paper'][option]}" if option in row["paper"] else ""
            print(f"{'':14} {option} = {knob['default']}: {knob['about']} ({allowed}{paper})")


COMMANDS = (
    Command("datasets", list_datasets, add_json, place=10),
    Command("methods", list_methods, add_json, place=20),
)
