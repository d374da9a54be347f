"""Answers: what is said of a question once the guess has come."""

from collections.abc import Collection, Mapping, Sequence
from statistics import NormalDist

from distiller.data.registry import DATASETS
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.study import Difference
from distiller.sets.request import Request

from .. import payloads
from ..compare.lanes import LEVEL, WIDTHS, told
from ..results.study import conditions_of, title_of
from .question import Mix, Pair

__all__ = ["Runs", "answer_mix", "answer_pair"]

CHANCE = (
    "Two methods are told apart where the 95 % interval of their difference (Welch) leaves out "
    "zero. Each pair is compared by itself: of twenty pairs that are no different, about one is "
    "told apart by chance."
)
LOOK = {
    "vendi": "Look at how different the images of one side are from one another.",
    "coverage": "Look at how many kinds of image there are: the real class has more of them.",
    "modes": "Look at how many kinds of image there are: the real class has more of them.",
    "nearest": "Look at single images: some lie further from any real image than others.",
    "similarity": "Look at how typical the images are: close to the middle of the class, or not.",
    "mmd2": "Look at the whole: what is common in the class, and what is rare in it.",
    "recognised": "Look for images that could be of another class.",
}
"""What to look at where a score tells two sets apart, by the score."""
NOTHING = (
    "No score of these images differs by more than random draws of real images do: there may be "
    "nothing to see here."
)

Runs = Mapping[int, payloads.Run]
"""The runs of a question, by lane."""
_Key = tuple[str, str]  # space and name of a score
_Table = Mapping[_Key, payloads.Score]
"""The scores of a run, by space and name."""


def answer_pair(drawn: Pair, runs: Runs, guess: int) -> payloads.GuessAnswer:
    """Which of two methods teaches better, as far as the study tells; 0 is left, 1 is right."""
    left, right = names = [title_of(method) for method in drawn.methods]
    difference = drawn.study.difference(drawn.methods[0], "accuracy", drawn.methods[1])
    assert difference is not None  # a question is about methods whose sets were several
    better = None if difference.low <= 0 <= difference.high else int(difference.mean < 0)
    scores, look = _seen(drawn, runs)
    return {
        "guess": guess,
        "better": better,
        "verdict": _verdict(names, guess, better),
        "sides": [_side(drawn, slot, name) for slot, name in enumerate(names)],
        "difference": _difference(left, right, difference),
        "measured": _measured(drawn),
        "scores": scores,
        "look": look,
        "link": drawn.lineup.query(),
    }


def answer_mix(drawn: Mix, runs: Runs, marked: Collection[int]) -> payloads.GuessFound:
    """Which images of a sheet are real; `marked` are the places that were taken for real."""
    n, real = len(drawn.places), drawn.real
    right = sum((place in marked) == (place in real) for place in range(n))
    name = title_of(drawn.method)
    links = {}
    for slot, words in enumerate(("the real images", f"{name}'s images")):
        request = drawn.lineup.lanes[slot]
        assert isinstance(request, Request)
        links[words] = request.query()
    return {
        "real": real,
        "marked": sorted(marked),
        "right": right,
        "verdict": f"{right} of {n} images are where they belong. A coin would put {n // 2} of "
        f"them there on average. The other images are by {name}.",
        "look": _seen(drawn, runs)[1],
        "links": links,
    }


def _verdict(names: Sequence[str], guess: int, better: int | None) -> str:
    if better is None:
        return "The study does not tell these two apart, so neither guess is wrong."
    if guess == better:
        return f"The study found the same: nets learn more from {names[better]}."
    return (
        f"The study found that nets learn more from {names[better]}. It measured whole sets, of "
        "which you see ten images."
    )


def _difference(left: str, right: str, difference: Difference) -> str:
    """The difference of the higher mean to the lower, in words."""
    ahead, behind, low, high = left, right, difference.low, difference.high
    if difference.mean < 0:
        ahead, behind, low, high = right, left, -difference.high, -difference.low
    return (
        f"The mean of {ahead} is {abs(difference.mean):.1f} points above that of {behind}. The "
        f"95 % interval of the difference goes from {low:.1f} to {high:.1f}."
    )


def _side(drawn: Pair, slot: int, name: str) -> payloads.GuessSide:
    figure = drawn.study.row(drawn.methods[slot]).figures["accuracy"]
    half = figure.half(drawn.study.columns["accuracy"].digits)
    request = drawn.lineup.lanes[slot]
    assert half is not None
    assert isinstance(request, Request)
    return {
        "name": name, "link": request.query(), "mean": figure.mean,
        "low": round(figure.mean - half, 2), "high": round(figure.mean + half, 2),
    }  # fmt: skip


def _measured(drawn: Pair) -> list[str]:
    """What the accuracies are of."""
    study, source = drawn.study, DATASETS[drawn.study.dataset]
    return [
        f"The accuracies are of nets that were trained on whole sets of all {len(source.classes)} "
        f"classes of {source.title}, {study.ipc} images of each. They are not of the images above.",
        f"The net is {study.net}, the protocol is {study.protocol}, with "
        f"{PROTOCOLS[study.protocol].labels} labels. Lines are 95 % intervals of the mean over "
        "sets (Student).",
        CHANCE,
        *conditions_of(study),
    ]


def _seen(drawn: Pair | Mix, runs: Runs) -> tuple[list[payloads.GuessScore], str]:
    """The scores in which two lanes differ by more than random draws do, and what to look at.

    Two methods are told apart as on Compare. One beside random real images is held against the mean
    of many draws of those, m, with their deviation s: it differs by a score if it lies more than
    z s from m, where z is such that all scores together find a difference in one of twenty draws
    (Bonferroni).
    """
    lanes = drawn.lineup.lanes
    tables = [_table(runs[slot]) for slot in (0, 1)]
    methods = [lane.method for _, lane in sorted(lanes.items()) if isinstance(lane, Request)]
    if "random" in methods:
        found = _beside_random(tables, methods.index("random"))
    else:
        apart = [(pair["space"], pair["score"]) for pair in told(lanes, runs)["apart"]]
        found = {key: _row(tables[0][key], *(t[key]["value"] for t in tables)) for key in apart}
    looks = [LOOK[name] for _, name in found if name in LOOK]
    return list(found.values()), looks[0] if looks else NOTHING


def _beside_random(tables: Sequence[_Table], real: int) -> dict[_Key, payloads.GuessScore]:
    """The scores by which one lane differs from random real images, which are the other."""
    made = {key: s for key, s in tables[1 - real].items() if s["spread"] is not None}
    z = NormalDist().inv_cdf(1 - LEVEL / (2 * max(len(made), 1)))
    found = {}
    for key, score in made.items():
        value, mean, spread = score["value"], score["mean"], score["spread"]
        if value is None or mean is None or spread is None:
            continue
        if abs(value - mean) > z * max(spread, 1e-12):
            found[key] = _row(score, *((mean, value) if real == 0 else (value, mean)))
    return found


def _table(run: payloads.Run) -> _Table:
    """The scores of a run; the same score at other bandwidths would say the same again."""
    return {(s["space"], s["name"]): s for s in run["scores"] if s["name"] not in WIDTHS}


def _row(score: payloads.Score, left: float | None, right: float | None) -> payloads.GuessScore:
    assert left is not None  # a score that tells two lanes apart is known of both
    assert right is not None
    space = "" if score["space"] == "judge" else f", {score['space']}"
    title = f"{score['title']}{space}"
    return {"title": title, "about": score["about"], "left": left, "right": right}
