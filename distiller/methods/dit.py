"""The baseline: class-conditional samples of the prior (Peebles & Xie, 2023, arXiv:2212.09748)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Group, Method, Recipe

__all__ = ["DiT"]


@dataclass(frozen=True)
class DiT(Method):
    """Samples of the prior as it is, with class guidance and nothing else."""

    title: ClassVar[str] = "DiT"
    group: ClassVar[Group] = "baselines"

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Nothing to fit, nothing to change."""
        yield from ()
        return Recipe()
