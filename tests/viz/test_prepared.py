"""A data set that was prepared for another prior, on the page."""

import json
from pathlib import Path

import pytest

from distiller.data.registry import DATASETS, discover
from distiller.event import finish
from distiller.lab import forget_labs, open_lab
from distiller.sets.request import Request
from tests.imagenet import prepared
from tests.viz.sent import check
from viz import payloads
from viz.catalogue import chooser_of, forget_models, map_of, titles
from viz.draw.steps import explore, shown_result


@pytest.mark.slow
def test_the_page_offers_it_and_shows_the_licence_of_its_prior(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(tmp_path)
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    assert discover() == []
    assert ("nette-xl", "nette-xl") in titles()
    assert chooser_of("nette-xl", 0)["names"][0] == "tench"
    json.dumps(map_of("nette-xl", 0))
    asked = {"dataset": "nette-xl", "classes": 0, "ipc": 2, "steps": 2}
    shown = shown_result(finish(explore(open_lab("nette-xl", "cpu"), Request.parse(asked), {}, {})))
    check(payloads.Run, json.loads(json.dumps(shown)))
    assert "the prior dit is under the licence cc-by-nc-4.0" in shown["status"]
    forget_labs()
    forget_models()
