"""Scores of whole sets: means over the classes, and lanes compared class by class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal, cast

import numpy as np

from distiller.scores.pairs import LEVEL, Paired, paired
from distiller.scores.score import SCORES

from .. import payloads
from .lanes import WIDTHS

__all__ = ["Scored", "better_of", "key_of", "means_of", "rank_of", "shared_by", "told_apart"]

Scored = Mapping[int, Sequence[payloads.Score]]
"""The scores of a lane's classes, by label."""
CHANCE = 1.96  # deviations that one of twenty means of random draws lies beyond
Better = Literal["higher", "lower", "typical"]


def key_of(score: payloads.Score) -> str:
    """What a score is called among all of a run."""
    return f"{score['space']}.{score['name']}"


def better_of(score: payloads.Score) -> Better:
    """Which values of a score are better; what a judge says counts how often it is right."""
    better = SCORES[score["name"]].better if score["name"] in SCORES else "higher"
    return cast(Better, better)


def rank_of(score: payloads.Score) -> float | None:
    """The value, turned so that more is better; None where it is not known.

    A score that is best where random real images have it is the better the nearer it is to them.
    """
    value, better = score["value"], better_of(score)
    if value is None or better == "higher":
        return value
    if better == "lower":
        return -value
    return None if score["mean"] is None else -abs(value - score["mean"])


def shared_by(lanes: Mapping[int, Scored]) -> list[int]:
    """The labels of the classes that every lane has, of those lanes that have any."""
    each = [set(scored) for scored in lanes.values() if scored]
    return sorted(set.intersection(*each)) if each else []


def means_of(id: str, lanes: Mapping[int, Scored], classes: Sequence[int]) -> payloads.Means:
    """Every score of every lane as its mean over these classes."""
    have = {slot: scored for slot, scored in lanes.items() if scored}
    first = next(iter(have.values()), {})
    measures: list[payloads.Measure] = []
    for score in first[classes[0]] if classes else ():
        if score["name"] in WIDTHS:
            continue
        key, better = key_of(score), better_of(score)
        each = {slot: _of(scored, key, classes) for slot, scored in have.items()}
        measures.append(
            {
                "key": key,
                "space": score["space"],
                "title": score["title"],
                "about": score["about"],
                "better": better,
                "unit": score.get("unit", ""),
                "lanes": {str(slot): _mean(scores, better) for slot, scores in each.items()},
            }
        )
    return {"id": id, "classes": list(classes), "measures": measures}


def _of(scored: Scored, key: str, classes: Sequence[int]) -> list[payloads.Score]:
    """A score of these classes, of those that have a value."""
    found = (score for label in classes for score in scored[label] if key_of(score) == key)
    return [score for score in found if score["value"] is not None]


def _mean(scores: Sequence[payloads.Score], better: Better) -> payloads.Mean:
    """The mean, beside the means of random real images of the same classes.

    Draws of n classes are independent: the variance of their mean is that of each over n^2, summed.
    """
    values = [score["value"] for score in scores if score["value"] is not None]
    means = [score["mean"] for score in scores if score["mean"] is not None]
    spreads = [score["spread"] for score in scores if score["spread"] is not None]
    n = len(values)
    if not n:
        return {
            "mean": None, "spread": None, "count": 0, "real": None, "chance": None, "grade": "like"
        }  # fmt: skip
    mean = float(np.mean(values))
    known = len(means) == len(spreads) == n
    real = float(np.mean(means)) if known else None
    chance = math.sqrt(sum(spread**2 for spread in spreads)) / n if known else None
    return {
        "mean": mean,
        "spread": float(np.std(values, ddof=1)) if n > 1 else None,
        "count": n,
        "real": real,
        "chance": chance,
        "grade": _grade(mean, real, chance, better),
    }


def _grade(mean: float, real: float | None, chance: float | None, better: Better) -> payloads.Grade:
    """Whether a mean lies beyond most of the means of random real images, and on which side."""
    if real is None or chance is None or abs(mean - real) <= CHANCE * chance:
        return "like"
    return "better" if better != "typical" and (mean > real) == (better == "higher") else "worse"


def told_apart(
    lanes: Mapping[int, Scored], names: Mapping[int, str], classes: Sequence[int], key: str
) -> list[str]:
    """What a score says of every two lanes, class by class, in sentences.

    With k pairs of lanes one of twenty comparisons would find a difference by chance alone k times
    as often. So p is corrected by Holm's method (1979): the smallest is multiplied by k, the next
    by k - 1 and so on, and none falls below one that is smaller.
    """
    found: dict[tuple[int, int], Paired] = {}
    for a, b in combinations([slot for slot, scored in lanes.items() if scored], 2):
        both = [_values(lanes[slot], key, classes) for slot in (a, b)]
        shared = sorted(both[0].keys() & both[1].keys())
        if shared:
            found[a, b] = paired(*([values[label] for label in shared] for values in both))
    if not found:
        return []
    fewest = min(pairs.n for pairs in found.values())
    # The sign-flip test of n pairs gives no p below 2^(1 - n).
    needed = math.ceil(1 - math.log2(LEVEL / len(found)) + 1e-9)
    if fewest < needed:
        some = f"{fewest} class{'es' * (fewest > 1)}"
        return [
            f"Nothing can be told apart on {some}: to compare {len(_slots(found))} lanes "
            f"takes at least {needed}."
        ]
    held = _holm(found)
    order = sorted(held, key=lambda pair: held[pair].p_value)
    return [held[a, b].words(names[a], names[b]) for a, b in order]


def _slots(pairs: Mapping[tuple[int, int], Paired]) -> set[int]:
    """The slots of all lanes in some pairs."""
    return {slot for pair in pairs for slot in pair}


def _values(scored: Scored, key: str, classes: Sequence[int]) -> dict[int, float]:
    """The finite values of a score, by label."""
    found = {}
    for label in classes:
        for score in scored[label]:
            value = score["value"]
            if key_of(score) == key and value is not None and math.isfinite(value):
                found[label] = value
    return found


def _holm(found: Mapping[tuple[int, int], Paired]) -> dict[tuple[int, int], Paired]:
    """The same comparisons with their p-values corrected for how many they are."""
    least, held = 0.0, {}
    for rank, (pair, compared) in enumerate(sorted(found.items(), key=lambda e: e[1].p_value)):
        least = max(least, min((len(found) - rank) * compared.p_value, 1.0))
        held[pair] = replace(compared, p_value=least)
    return held
