"""The shipped studies as the page takes them."""

from dataclasses import replace

import pytest

from bench import tables
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation import read_study
from distiller.methods import METHODS
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.compare.lineup import linked
from viz.results.study import (
    AXES,
    BY_RULE,
    EARLIER,
    RESULTS,
    conditions_of,
    joined_studies,
    studies_of,
)
from viz.settings import BUDGET

SHIPPED = ("solids", "digits", "cifar10", "imagenette")


def study(dataset: str, ipc: int, protocol: str) -> payloads.Study:
    words = f"{ipc} image{'s' * (ipc > 1)} a class, {protocol}"
    (found,) = [s for s in studies_of(dataset)["studies"] if s["choice"] == words]
    return found


def values(shown: payloads.Study, axis: str) -> dict[str, payloads.StudyValue]:
    return {r["name"]: r["values"][axis] for r in shown["rows"] if axis in r["values"]}


def test_a_study_of_an_earlier_prior_is_shown_with_these_words() -> None:
    (path,) = RESULTS.glob("digits-10-quick.json")
    made = read_study(path)
    assert EARLIER not in conditions_of(replace(made, prior=""))
    assert conditions_of(replace(made, prior="0" * 64)) == [EARLIER, *made.conditions]


@pytest.mark.parametrize("dataset", SHIPPED)
def test_studies_are_what_the_page_takes(dataset: str) -> None:
    shown = studies_of(dataset)
    check(payloads.Studies, shown)
    assert shown["studies"]


def test_every_figure_that_ships_is_shown_as_it_stands() -> None:
    for path in tables.RESULTS.glob("*.json"):
        kept = read_study(path)
        shown = study(kept.dataset, kept.ipc, kept.protocol)
        for axis in AXES:
            column = sorted((v["mean"], v["spread"] or 0) for v in values(shown, axis).values())
            for row in kept.rows:
                figure = row.figures.get(axis)
                drawn_twice = path.stem.startswith("cifar10") and row.method == "random"
                if figure and not (drawn_twice and path.stem.endswith("-rules")):
                    assert (figure.mean, figure.spread or 0) in column, (path.stem, row.method)


def test_hard_and_soft_labels_and_two_protocols_never_stand_together() -> None:
    for dataset in SHIPPED:
        for shown in studies_of(dataset)["studies"]:
            kept = [read_study(p) for p in tables.RESULTS.glob("*.json")]
            mine = [k for k in kept if k.command in shown["commands"] and k.dataset == dataset]
            assert {(k.protocol, k.net) for k in mine} == {(mine[0].protocol, mine[0].net)}
            assert f"protocol {mine[0].protocol} · {shown['labels']} labels" in shown["caption"]
    names = [s["labels"] for s in studies_of("digits")["studies"]]
    assert names == ["hard", "soft"]


def test_what_is_said_to_be_better_is_beyond_chance() -> None:
    found = values(study("solids", 10, "quick"), "accuracy")
    assert found["Minimax + Discrepancy"]["grade"] == "better"
    assert found["MGD³"]["grade"] == "like"  # 75.4 +- 1.7, random real 68.1 +- 3.6
    fifty = values(study("solids", 50, "quick"), "accuracy")
    better = [name for name, v in fifty.items() if v["grade"] == "better"]
    assert better == ["Herding of real images"]
    assert (fifty["DiT"]["grade"], fifty["D³HR"]["grade"]) == ("like", "worse")
    for shown in studies_of("solids")["studies"]:
        for axis in shown["axes"]:
            for value in values(shown, axis["name"]).values():
                low, high = value["difference_low"], value["difference_high"]
                if value["grade"] is None or low is None or high is None:
                    continue
                apart = not low <= 0 <= high
                assert apart == (value["grade"] != "like")
                up = low > 0
                if apart:
                    assert (value["grade"] == "better") == (up == (axis["better"] == "higher"))


def test_sets_count_where_there_are_several_and_nets_say_nothing_of_sets() -> None:
    found = values(study("cifar10", 10, "dc"), "accuracy")
    assert (found["MMD"]["mean"], found["MMD"]["sets"]) == (35.6, "3 sets")
    herded = found[BY_RULE["herding"]]
    assert (herded["mean"], herded["low"], herded["sets"]) == (34.4, None, "one set, 3 nets")
    fifty = values(study("cifar10", 50, "dc"), "accuracy")
    assert (fifty["DiT"]["mean"], fifty["DiT"]["sets"]) == (44.5, "3 sets")


def test_seconds_are_neither_better_nor_worse() -> None:
    found = values(study("solids", 10, "quick"), "seconds")
    assert {(v["grade"], v["verdict"]) for v in found.values()} == {(None, "")}


def test_every_link_opens_a_run_that_the_page_may_make() -> None:
    kinds: dict[str, set[bool]] = {}
    for dataset in SHIPPED:
        for shown in studies_of(dataset)["studies"]:
            for row in shown["rows"]:
                kinds.setdefault(row["kind"], set()).add(row["link"] is not None)
                if row["link"]:
                    asked = Request.from_query(dict(row["link"]), BUDGET)
                    assert asked.dataset == dataset
                    titles = {METHODS[name].title for name in asked.methods}
                    assert all(title in row["name"] for title in titles)
    assert kinds == {"random": {True}, "made": {True}, "real": {True, False}}
    (line,) = [
        r for r in study("solids", 10, "quick")["rows"] if r["name"] == "Herding of real images"
    ]
    assert line["link"] is not None
    assert line["link"]["herding.pool"] == "1"


def test_names_are_told_apart() -> None:
    for dataset in SHIPPED:
        for shown in studies_of(dataset)["studies"]:
            names = [row["name"] for row in shown["rows"]]
            assert len(set(names)) == len(names)


def test_a_data_set_without_a_study_has_none_and_an_unknown_one_is_refused() -> None:
    other = next(name for name in DATASETS if name not in SHIPPED)
    assert studies_of(other)["studies"] == []
    with pytest.raises(Refused, match="data set"):
        studies_of("nothing")


def test_random_real_images_are_those_that_the_study_of_methods_drew() -> None:
    joined = next(s for s in joined_studies("cifar10") if (s.ipc, s.protocol) == (10, "dc"))
    drawn = read_study(tables.RESULTS / "cifar10-10-dc.json").row("random")
    rules = read_study(tables.RESULTS / "cifar10-10-dc-rules.json")
    assert joined.row("random").figures == drawn.figures
    assert drawn.figures["accuracy"] != rules.row("random").figures["accuracy"]
    assert joined.row("rule:herding").figures == rules.row("herding").figures


@pytest.mark.parametrize("dataset", SHIPPED)
def test_each_run_of_a_study_is_a_lane_beside_random_real_images(dataset: str) -> None:
    for shown in studies_of(dataset)["studies"]:
        for row in shown["rows"]:
            if row["link"] is None:
                assert row["compared"] is None
                continue
            assert row["compared"] is not None, row["name"]
            lineup = linked(row["compared"])
            assert lineup is not None
            run = Request.from_query(row["link"])
            lanes = [lane for lane in lineup.lanes.values() if isinstance(lane, Request)]
            assert len(lanes) == 2  # none is refused
            assert (run.method, run.options) in [(lane.method, lane.options) for lane in lanes]
            assert "random" in {lane.method for lane in lanes}
            numbers = [(lane.classes, lane.ipc, lane.steps, lane.seed) for lane in lanes]
            assert set(numbers) == {(run.classes, run.ipc, run.steps, run.seed)}
