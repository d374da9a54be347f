"""Scores of sets: what cannot be scored, and what real images score."""

from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from distiller.errors import Refused
from distiller.lab import Lab, open_lab
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.scoring import score_set
from distiller.sets.writer import archive


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


def test_all_that_is_said_of_a_set_is_made_of_one_measurement(lab: Lab) -> None:
    """Once it is measured, nothing is encoded or judged again."""
    images, labels = lab.data.test.images[:20], lab.data.test.labels[:20]
    rows = np.flatnonzero(np.isin(labels, [1, 4]))
    seen: list[int] = []

    def encode(x: Tensor) -> Tensor:
        seen.append(len(x))
        return lab.prior.encode(x)

    watched = replace(lab, prior=replace(lab.prior, encode=encode))
    measured = measure_set(images[rows], labels[rows], watched)
    assert seen == [len(rows)]
    unable = replace(lab, prior=replace(lab.prior, encode=None), judge=None)
    measured = replace(measured, lab=unable)
    scored = score_set(measured)
    assert set(scored.table()) == {"latents", "features", "judged"}
    assert set(scored.discrepancies()) == {"latents", "features"}
    request = Request.parse({"dataset": "digits", "classes": "1,4"})
    assert archive(measured, request)[:2] == b"PK"
    assert seen == [len(rows)]
