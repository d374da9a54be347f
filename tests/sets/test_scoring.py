"""Scores of sets: what cannot be scored, and what real images score."""

import numpy as np
import pytest

from distiller.errors import Refused
from distiller.lab import Lab, open_lab
from distiller.sets.measured import measure_set
from distiller.sets.scoring import score_set


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab("digits", "cpu")


def test_images_of_another_size_are_refused(lab: Lab) -> None:
    with pytest.raises(Refused, match=r"\(16, 16\) pixels"):
        measure_set(np.zeros((2, 16, 16, 3), np.uint8), np.zeros(2, int), lab)


def test_a_score_of_a_random_real_set_is_like_random_real(lab: Lab) -> None:
    data, rng = lab.data, np.random.default_rng(0)  # the images lie in the order of their writers
    rows = np.concatenate([rng.permutation(data.test.of(label))[:10] for label in range(10)])
    table = score_set(measure_set(data.test.images[rows], data.test.labels[rows], lab)).table()
    for name in ("similarity", "mmd2", "coverage"):
        row = table["latents"][name]
        assert abs(row["value"] - row["random_real_mean"]) < 4 * row["random_real_sd"]
    assert table["judged"]["recognised"] > 95
