"""Measurements: where the images of a set lie in the spaces that it is judged in.

A set is encoded and judged once. Scores, discrepancies, maps and manifests are all made of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import Refused
from ..image import to_tensor
from ..lab import Lab
from ..scores.judge import Verdict

__all__ = ["Measured", "measure_set"]


@dataclass(frozen=True, eq=False)
class Measured:
    """The n images of a set as a lab sees them."""

    lab: Lab
    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)
    z: Tensor  # (n, k) projected latents, of the images encoded anew
    verdict: Verdict  # the judge's

    @property
    def points(self) -> Mapping[str, Tensor]:
        """A row for each image, by the space's name: (n, k) latents and (n, f) features."""
        return {"latents": self.z, "features": self.verdict.features}

    def classes(self) -> dict[int, NDArray[np.int64]]:
        """The rows of each class that the set has, by label."""
        return {int(k): np.flatnonzero(self.labels == k) for k in np.unique(self.labels)}


def measure_set(images: NDArray[np.uint8], labels: NDArray[np.int64], lab: Lab) -> Measured:
    """Encodes and judges images (n, h, w, 3) with labels (n,).

    A set that was just sampled is encoded anew, so that it has the scores of its saved images.

    Raises:
        Refused: if the images do not have the size of the data set's.
    """
    size = (lab.data.size, lab.data.size)
    if images.shape[1:3] != size:
        raise Refused(f"The images are {images.shape[1:3]} pixels; the data set's are {size}.")
    z = lab.reference.project(lab.prior.encode(to_tensor(images)))
    return Measured(lab, images, labels, z, lab.judge.judge(images))
