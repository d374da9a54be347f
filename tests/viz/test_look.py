"""Looks: what a link says of how the page looks is told from what it asks for."""

import pytest

from viz.compare.lineup import Lineup, linked, possible, usual
from viz.visitor.link import opening
from viz.visitor.look import parted


def test_a_look_is_no_part_of_what_is_asked_for() -> None:
    look = {
        "view": "pca", "paint": "distance", "witness": "0", "pick": "1,4", "look": "steps",
        "mark": "2", "present": "1", "hide": "choices,scores", "at": "2", "list": "a|tab=compare",
        "__theme": "dark",
    }  # fmt: skip
    rest, words = parted({"dataset": "digits", **look, "steps": "5"})
    assert words == []
    assert rest == {"dataset": "digits", "steps": "5"}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("view", "tsne", "no view 'tsne'"),
        ("witness", "yes", "no witness 'yes'"),
        ("pick", "0", "pick needs numbers from 1"),
        ("pick", "1;2", "pick needs numbers from 1"),
        ("mark", "99999", "mark needs numbers from 1"),
        ("hide", "everything", "no part to hide 'everything'"),
    ],
)
def test_a_look_that_there_is_not_is_said_and_the_rest_is_followed(
    key: str, value: str, words: str
) -> None:
    opened = opening({"dataset": "digits", "classes": "3", key: value})
    assert words in opened.refusal
    assert opened.linked
    assert opened.request.classes == (3,)


def test_a_link_to_a_tab_of_which_it_says_no_more_shows_it() -> None:
    assert opening({"tab": "evaluate"}).front == "evaluate"
    assert opening({"tab": "compare"}).front == ""
    assert opening({"dataset": "digits"}).front == ""


def test_of_a_comparison_that_is_refused_what_can_be_had_is_set() -> None:
    link = {
        "tab": "compare", "dataset": "digits", "classes": "3", "ipc": "1e9", "steps": "6",
        "seed": "11", "lane1": "random", "lane2": "dam", "lane3": "dap", "lane3.dap.gamma": "0.5",
        "lane3.cfg_scale": "99",
    }  # fmt: skip
    lineup = possible(link)
    assert (lineup.base.dataset, lineup.base.classes) == ("digits", (3,))
    assert (lineup.base.steps, lineup.base.seed, lineup.base.ipc) == (6, 11, usual().base.ipc)
    asked = lineup.query()
    assert (asked["lane1"], asked["lane3"], asked["lane3.dap.gamma"]) == ("random", "dap", "0.5")
    assert "lane2" not in asked
    assert "lane3.cfg_scale" not in asked
    assert linked(asked) == lineup


def test_of_nonsense_the_usual_comparison_is_left() -> None:
    assert possible({"tab": "compare", "dataset": "cats", "lane9": "dit"}) == usual()
    assert isinstance(possible({"lane1": "dit"}), Lineup)
