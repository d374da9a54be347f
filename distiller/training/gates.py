"""Gates: what a shipped prior should reach, beside what it was measured to reach.

A gate that is missed is not hidden: the card says by how much, and what was tried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["FRECHET_RATIO", "TRIED", "Gate", "gates_of"]

FRECHET_RATIO = {"imagenette": 4.0, "cifar10": 3.0, "solids": 3.0, "digits": 2.5}
"""How many times the Fréchet distance of as many random real images the samples may have."""
RECOGNISED = 90.0  # percent of the samples, at least
WORST_CLASS = 75.0  # percent of the samples of any class, at least
RECONSTRUCTION = 28.0  # dB PSNR of photographs, at least
PHOTOGRAPHS = ("cifar10", "imagenette")

TRIED = {
    "imagenette": "A wider network that saw nine times as many latents, a decoder that was trained "
    "further alone, and cfg_scales from 1 to 4.",
    "cifar10": "A new transformer, which saw 2.85 million latents instead of 0.82 million. After "
    "0.3, 0.7, 1.2 and 2.1 million the Fréchet distance at cfg_scale 3 was 17.5, 9.5, 6.9 and 5.8 "
    "times that of random real images, and was still falling at the end (5.4). Of the cfg_scales "
    "from 1 to 3, 2.5 is the best (4.5).",
    "solids": "A decoder that was trained further alone, a transformer that saw eleven times as "
    "many latents, and cfg_scales from 1 to 3.",
    "digits": "A transformer that saw five times as many latents, and cfg_scales from 1 to 2.",
}
"""What was tried of a prior that misses a gate. `bench/results.md` has the numbers."""


@dataclass(frozen=True)
class Gate:
    """A number that a prior should reach."""

    what: str
    aim: float | None  # None where it depends on what was not measured
    reached: float | None  # None where it was not measured
    least: bool = True  # whether the aim is the least; else it is the most
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the number was reached; None where it was not measured."""
        if self.reached is None or self.aim is None:
            return None
        return self.reached >= self.aim if self.least else self.reached <= self.aim


def gates_of(name: str, measured: Mapping[str, Any]) -> list[Gate]:
    """The gates of a shipped prior, with what was measured of it; others have none.

    `measured` is what `quality.measure_prior` returns.
    """
    return list(_gates(name, measured)) if name in FRECHET_RATIO else []


def _gates(name: str, measured: Mapping[str, Any]) -> Iterator[Gate]:
    distances, shares = measured["frechet"], list(measured["recognised_percent"].values())
    yield Gate(
        "Fréchet distance of the samples over that of as many random real images",
        FRECHET_RATIO[name], distances["samples"] / distances["random_real"], least=False,
    )  # fmt: skip
    yield Gate("samples that are recognised", RECOGNISED, float(np.mean(shares)), unit=" %")
    yield Gate("the same, in the worst class", WORST_CLASS, min(shares), unit=" %")
    if name in PHOTOGRAPHS:
        what = "reconstruction of real test images"
        yield Gate(what, RECONSTRUCTION, measured["psnr_db"], unit=" dB")
    if name == "solids":  # it was trained on fresh renders, none of which is kept
        return
    spaces = measured.get("memorisation", {"latents": None})
    for space, row in spaces.items():
        where = "latents" if space == "latents" else f"the features of {space}"
        what = f"distance to the nearest training image, in {where}"
        aim = None if row is None else row["held_out"] - row["spread"]
        yield Gate(what, aim, None if row is None else row["samples"])
