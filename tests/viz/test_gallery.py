"""The gallery: what it claims is what was measured."""

import re

import pytest

from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.compare.lineup import Lineup, linked
from viz.results.pieces import FIELD, PIECES, Piece, gallery, holds, study_of_piece


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.title)
def test_what_a_piece_claims_is_what_the_study_says(piece: Piece) -> None:
    study = study_of_piece(piece)
    assert piece.claims
    for claim in piece.claims:
        assert holds(study, claim), claim
    for method, axis in FIELD.findall(piece.words):
        assert method in piece.methods
        assert axis in study.row(method).figures


def test_a_claim_that_the_figures_do_not_bear_out_is_found() -> None:
    study = study_of_piece(PIECES[0])
    assert not holds(study, ("dap", "vendi", ">", "dit"))
    assert not holds(study, ("dap", "vendi", "~", "dit"))
    assert not holds(study, ("dap", "accuracy", ">", "dit"))
    assert holds(study, ("dap", "accuracy", "~", "dit"))


def test_every_piece_is_a_link_to_its_comparison() -> None:
    shown = gallery()
    assert 6 <= len(shown) <= 8
    for piece, sent in zip(PIECES, shown, strict=True):
        check(payloads.GalleryPiece, sent)
        assert not set("{}") & set(sent["words"])
        assert re.search(r"\d", sent["words"])
        lineup = linked(sent["query"])
        assert isinstance(lineup, Lineup)
        assert lineup.base.ipc == piece.study[1]
        made = [lane for lane in lineup.lanes.values() if isinstance(lane, Request)]
        assert [lane.method for lane in made] == [m.partition(":")[0] for m in piece.methods]
