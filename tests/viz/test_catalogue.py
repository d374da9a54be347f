"""What is shown of a data set before a run."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.lab import forget_labs
from distiller.methods import METHODS
from distiller.recipes.recipe import Group
from distiller.training.shipment import CHOICES, shipped_priors
from tests.viz.sent import check
from viz import payloads
from viz.catalogue import (
    chooser_of,
    first_run,
    map_of,
    method_groups,
    ordered_methods,
    real_images,
    thumbnails,
    titles,
)
from viz.settings import THUMBNAILS, VISIT


def test_data_sets_without_models_are_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(DATASETS["digits"], title="Bare")
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "bare": bare})
    assert {"digits", "solids"} <= {name for _, name in titles()}
    assert "bare" not in {name for _, name in titles()}


def test_a_data_set_is_shown_by_its_classes_its_map_and_its_shipped_run() -> None:
    chooser = chooser_of("solids", 3)
    assert (chooser["names"], chooser["label"]) == (DATASETS["solids"].classes, 3)
    assert chooser["sheet"] == thumbnails("solids")
    assert chooser["sheet"].startswith("data:image/png;base64,")
    assert (map_of("solids", 3)["dataset"], map_of("solids", 3)["label"]) == ("solids", 3)
    first = first_run("solids")
    assert first is not None
    assert first["query"]["dataset"] == "solids"
    assert first_run("solids") is first  # a page that opens does not read it again


@pytest.mark.parametrize("name", shipped_priors())
def test_the_shipped_run_is_made_as_a_new_visitor_makes_one(name: str) -> None:
    first = first_run(name)
    assert first is not None
    steps = CHOICES[name].steps or VISIT.steps
    assert (first["query"]["steps"], first["query"]["sampler"]) == (str(steps), VISIT.sampler)
    assert first["query"]["method"] == CHOICES[name].first


@pytest.mark.parametrize("asked", [None, [], "digits", ["cats", [1]], ["digits", [10**9]], [{}, 1]])
def test_images_that_are_not_there_are_refused(asked: Any) -> None:
    with pytest.raises(Refused):
        real_images(asked)


def test_at_most_a_row_of_real_images_is_sent() -> None:
    assert len(real_images(["digits", list(range(100))])) == THUMBNAILS


def test_real_images_are_shown_without_a_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_labs()
    monkeypatch.delattr("distiller.lab.load_prior")
    monkeypatch.delattr("distiller.lab.load_judge")
    shown = real_images(["digits", [0]])
    assert str(shown[0]).startswith("data:image/")


def test_the_methods_stand_in_their_groups_and_say_what_they_exclude() -> None:
    shown = method_groups()
    check(payloads.MethodGroups, shown)
    titles = [words["title"] for group in shown["groups"] for words in group["methods"]]
    assert titles == [METHODS[name].title for name in ordered_methods()]
    assert sorted(ordered_methods()) == sorted(METHODS)
    assert [group["title"] for group in shown["groups"]] == list(get_args(Group))
    by_title = {w["title"]: w for group in shown["groups"] for w in group["methods"]}
    assert by_title["DAP"]["excludes"] == []
    others = ["CaO₂", "Greedy", "K-center", "Kernel thinning", "S³"]
    assert by_title["Herding"]["excludes"] == others
    assert [title for title, words in by_title.items() if words["alone"]] == ["DiT", "Random real"]
    assert all(words["about"].endswith(".") for words in by_title.values())
    acts = {"DAP": "guidance", "D³HR": "init", "Minimax": "prior", "Herding": "select"}
    assert {title: by_title[title]["acts"] for title in acts} == acts
    assert [title for title, words in by_title.items() if words["acts"] is None] == ["DiT"]
