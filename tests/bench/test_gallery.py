"""The search for comparisons that are worth a look."""

import re

import pytest

from bench import gallery
from distiller.evaluation.study import Difference
from viz.results.pieces import PIECES, holds, study_of_piece


def test_what_is_beyond_chance_is_clearer_than_one() -> None:
    assert gallery.clearness(None) == 0
    assert gallery.clearness(Difference(2.0, 1.0, 3.0)) == 2
    assert gallery.clearness(Difference(-1.0, -3.0, 1.0)) == -0.5


def test_the_pairs_that_are_found_are_told_apart() -> None:
    study = study_of_piece(PIECES[0])
    found = [words for _, words in gallery.apart(study, "vendi")]
    assert any(re.match(r"random [\d.]+ > dap [\d.]+", words) for words in found)
    assert not any(re.match(r"dap [\d.]+ > random", words) for words in found)
    clear = "d3hr has more coverage and less vendi than random"
    assert clear in [words for _, words in gallery.against(study)]
    for words in found:
        one, _, rest = words.partition(" ")
        assert holds(study, (one, "vendi", ">", rest.split(" > ")[1].split(" ")[0]))


def test_it_prints_every_study(capsys: pytest.CaptureFixture[str]) -> None:
    gallery.main()
    out = capsys.readouterr().out
    assert "solids, 50 images a class, quick" in out
    assert "accuracy" in out
