"""The table of an evaluation, as lines to read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..evaluation.published import sources

__all__ = ["across", "report"]


def report(table: Mapping[str, Any]) -> str:
    """The table of an evaluation in lines."""
    best = ", BEST ON TEST of many tests during training" * (table["report"] != "last")
    lines = [
        f"{table['net']}, protocol {table['protocol']}, {table['epochs']} epochs, "
        f"{table['labels']} labels, {len(table['classes'])} classes of {table['dataset']}, "
        f"{table['seconds']:.0f} s{best}",
        f"  test accuracy            {_accuracies(table)}",
    ]
    lines += _beside(table)
    for name, value in zip(table["classes"], table["accuracy_by_class"], strict=True):
        lines.append(f"    {name:22} {value:6.1f} %")
    return "\n".join([*lines, *_besides(table), *_published(table)])


def _short(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " to ".join(f"{v:.3g}" for v in values)


def _accuracies(row: Mapping[str, Any]) -> str:
    each = " ".join(f"{a:.1f}" for a in row["accuracies"])
    spread = "" if row["accuracy_std"] is None else f" ± {row['accuracy_std']:.1f}"
    return f"{row['accuracy_mean']:.1f}{spread} %   ({each})"


def _beside(table: Mapping[str, Any]) -> list[str]:
    """Random real images and all real images, where they were trained on."""
    lines = []
    if table["baseline"]:
        low, high = table["difference_interval"]
        sure = "" if low is None else f", 95 % interval {low:+.1f} to {high:+.1f}"
        lines += [
            f"  random real images       {_accuracies(table['baseline'])}",
            f"  difference               {table['difference_mean']:+.1f}{sure}",
        ]
    if full := table.get("full"):
        each = " ".join(f"{a:.1f}" for a in full)
        lines.append(f"  all real images          {np.mean(full):.1f} %   ({each})")
    return lines


def _besides(table: Mapping[str, Any]) -> list[str]:
    """What else was asked about the set."""
    lines = []
    for name, value in table.get("ranking", {}).items():
        lines.append(f"  {name:33} {value:8.3f}")
    for name, value in table.get("robustness", {}).items():
        lines.append(f"  {name:24} {value:6.1f} %")
    for test, row in table.get("privacy", {}).items():
        shown = ", ".join(f"{key} {_short(value)}" for key, value in row.items())
        lines.append(f"  {test:24} {shown}")
    return lines


def _published(table: Mapping[str, Any]) -> list[str]:
    """What papers print, apart from what was measured."""
    if not table["published"]:
        return []
    lines = [
        "",
        f"papers print for {table['net']} with {table['labels']} labels, of their own images, at "
        f"224 or 256 pixels (here {table['size']}), most with the best test of a training:",
    ]
    for source, (about, read) in sources().items():
        rows = [row for row in table["published"] if row["source"] == source]
        if rows:
            lines.append(f"  {about}; read {read}")
            lines += [f"    {_whose(row):22} {_printed(row)} %" for row in rows]
    return lines


def _whose(row: Mapping[str, Any]) -> str:
    return "all real images" if row["ipc"] is None else str(row["method"])


def _printed(row: Mapping[str, Any]) -> str:
    spread = row["spread"]
    return f"{row['accuracy']:.1f}" + ("" if spread is None else f" ± {spread:.1f}")


def across(tables: Sequence[Mapping[str, Any]]) -> str:
    """The nets side by side, in lines."""
    first = tables[0]
    lines = [f"\nacross architectures, protocol {first['protocol']}, {first['labels']} labels"]
    for table in tables:
        std = "" if table["accuracy_std"] is None else f" ± {table['accuracy_std']:.1f}"
        beside = table["baseline"]
        difference = "" if beside is None else f"   {table['difference_mean']:+.1f} to random real"
        lines.append(f"  {table['net']:24} {table['accuracy_mean']:5.1f}{std}{difference}")
    return "\n".join(lines)
