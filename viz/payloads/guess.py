"""What the page is sent of a guess: a part of `payloads`.

A question holds nothing that tells its answer: no name, no link, no seed. The answer is another
value, and is asked for with the guess.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

__all__ = [
    "GuessAnswer", "GuessExamples", "GuessFound", "GuessQuestion", "GuessScore", "GuessSheet",
    "GuessSide", "GuessWait",
]  # fmt: skip


class GuessSheet(TypedDict):
    """Images to look at."""

    sheet: str
    n: int
    columns: int  # of the sheet


class GuessWait(TypedDict):
    """A question whose images are made: how it stands, in words."""

    live: Literal[True]
    game: Literal["pair", "real"]
    words: str
    id: str  # with which a page that is loaded again finds it


class GuessQuestion(TypedDict):
    """A question: two sets side by side, or one sheet of real and distilled images."""

    live: Literal[False]
    game: Literal["pair", "real"]
    token: str  # with which the answer is asked for
    caption: str  # what is shown
    ask: str  # the question
    sheets: Sequence[GuessSheet]  # left and right, or one
    id: NotRequired[str]  # with which a page that is loaded again finds it; an example has none


class GuessSide(TypedDict):
    """A method that was one of two."""

    name: str
    link: Mapping[str, str]  # that opens its images in Explore
    mean: float  # accuracy of a net, in percent
    low: float  # its 95 % interval
    high: float


class GuessScore(TypedDict):
    """A score that differs by more than random draws do."""

    title: str
    about: str
    left: float  # of random real images it is the mean of many draws
    right: float


class GuessAnswer(TypedDict):
    """Which of two sets teaches a net better, as far as the study tells them apart."""

    guess: int  # 0 is left, 1 is right
    better: int | None  # None where the two are not told apart
    verdict: str
    sides: Sequence[GuessSide]
    difference: str  # of the accuracies, with its interval, in words
    measured: Sequence[str]  # what the accuracies are of: sentences
    scores: Sequence[GuessScore]
    look: str  # what to look at
    link: Mapping[str, str]  # that opens both in Compare


class GuessFound(TypedDict):
    """Which images of a sheet are real."""

    real: Sequence[int]
    marked: Sequence[int]  # that were taken for real
    right: int  # how many images were put where they belong
    verdict: str
    look: str
    links: Mapping[str, Mapping[str, str]]  # to Explore, by the words of each


class GuessExamples(TypedDict):
    """What the page shows before any question: one of each game, answered already."""

    pair: GuessQuestion
    answer: GuessAnswer
    real: GuessQuestion
    found: GuessFound
