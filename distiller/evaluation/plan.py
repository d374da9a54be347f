"""Plans: how nets are trained on a set, and how they are tested."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..data.dataset import Split
from ..errors import Refused
from ..limits import choice
from .classifier import Classifier
from .protocol import Protocol

__all__ = ["REPORTS", "EvaluationPlan"]

REPORTS = ("last", "best-on-test")
"""Which test counts: the one after the last epoch or, as in the code of IDC (Kim et al., 2022) and
those who took it over, the best of about a hundred during training, which is chosen on the very
images it is measured with."""


@dataclass(frozen=True, eq=False)
class EvaluationPlan:
    """All that accuracies depend on, but for the images; of two that differ, none compare.

    Raises:
        Refused: if there is not one seed, or no such report.
    """

    protocol: Protocol
    net: str | None = None  # None: the protocol's
    seeds: int = 3  # one net is trained for each of seed, seed + 1 ...
    seed: int = 0
    epochs: int | None = None  # None: the protocol's, by the size of the set
    report: str = "last"  # or "best-on-test", see `REPORTS`
    teacher: Classifier | None = None  # of a protocol with soft labels
    device: str = "cpu"
    compiled: bool | None = False
    """Whether nets are trained compiled and, where that is faster, in bfloat16. None: where the
    work is worth the time that it takes to compile."""
    watch: Split | None = None  # images that a curve is drawn by; they decide nothing
    kept: Path | None = (
        None  # the folder where trainings are kept, so that they can be gone on with
    )

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise Refused(f"seeds must be at least 1; got {self.seeds}.")
        choice("report", self.report, REPORTS)

    @property
    def architecture(self) -> str:
        """The name of the net."""
        return self.net or self.protocol.net

    @property
    def every_seed(self) -> range:
        """The seeds, one for each net."""
        return range(self.seed, self.seed + self.seeds)

    def of_seed(self, seed: int) -> "EvaluationPlan":
        """The same for one net."""
        return replace(self, seeds=1, seed=seed)

    def with_hard_labels(self) -> "EvaluationPlan":
        """The same, learnt from the labels of the images and not from those of a teacher."""
        return replace(self, protocol=replace(self.protocol, temperature=None), teacher=None)

    def without_augmentation(self) -> "EvaluationPlan":
        """The same without augmentation and without CutMix."""
        return replace(self, protocol=replace(self.protocol, augment=(), cutmix=False))

    def epochs_for(self, images: int, classes: int) -> int:
        """The number of epochs for a set of so many images."""
        return self.epochs or self.protocol.epochs_for(images / classes)
