"""The cost of ImageNet-1K: the arithmetic, and that the documents have what it prints."""

from pathlib import Path

import pytest

from bench.imagenet_costs import CLASSES, RATE, SHARE, Cost, one_pass, report, span

ROOT = Path(__file__).parents[2]


def test_the_one_who_has_most_decides_the_time() -> None:
    alike = Cost(once=CLASSES * 3600.0)
    assert alike.hours(1, 1.0) == CLASSES
    assert alike.hours(8, 1.0) == 125
    assert alike.hours(64, 1.0) == 16  # of 1,000 classes some have 16 and some 15
    fits = Cost(once=0.0, fits=3600.0, chunk=20)
    assert fits.hours(1, 1.0) == 50
    assert fits.hours(8, 1.0) == 7  # 125 classes lie in 7 groups of 20
    assert fits.hours(64, 1.0) == 2


def test_times_are_said_in_their_unit() -> None:
    assert (span(2.04), span(0.5)) == ("2.0 h", "30.0 min")


@pytest.mark.slow
def test_the_documents_have_what_is_printed() -> None:
    assert report(RATE, SHARE) in (ROOT / "docs/many-gpus.md").read_text()
    assert one_pass().network == pytest.approx(237.3e9, rel=1e-3)
