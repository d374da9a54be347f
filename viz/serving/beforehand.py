"""What a pass of a prior's network costs, beside that of the first data set's.

Until a run of a data set was measured, this says how long one takes, by what others took: among
digits, solids and Imagenette a pass differs sixfold.
"""

import json
from pathlib import Path

from distiller.data.models import prior_folder

__all__ = ["pass_cost"]

UNIT = 419e6  # multiplications for an image of solids: width 256, 8 blocks, 64 tokens
SAVED = 0.7
"""The power of the multiplications that the time follows: small matrices use a processor worse. Two
AMD cores took 0.31 times as long for digits, with 0.195 times the multiplications, and 1.7 times as
long for Imagenette, with 2.2 times."""


def pass_cost(dataset: str) -> float:
    """The time of a pass for one image as a share of that for solids; 1 where nothing is known."""
    folder = prior_folder(dataset)
    if folder is None:
        return 1.0
    try:
        cost: float = (_multiplications(folder / "transformer" / "config.json") / UNIT) ** SAVED
        return cost
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
        return 1.0  # opening the prior says what is wrong with it


def _multiplications(config: Path) -> float:
    """depth T (12 w^2 + 2 T w) for T tokens of width w: matrices of a block, and its attention."""
    found = json.loads(config.read_text(encoding="utf-8"))
    width = int(found["num_attention_heads"]) * int(found["attention_head_dim"])
    tokens = (int(found["sample_size"]) // int(found["patch_size"])) ** 2
    return float(found["num_layers"] * tokens * (12 * width**2 + 2 * tokens * width))
