"""What the page is sent of a run, of its scores and tables, and of itself: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from .compare import Done, Lineup, Told, Waiting
from .map import Film, Standing, Witness
from .study import Grade


class TierWords(TypedDict):
    """A kind of machine, and what a visitor has on it."""

    title: str
    offers: str
    here: bool  # whether it is this machine's


class Device(TypedDict):
    """The header."""

    device: str  # in words
    tiers: Sequence[TierWords]


class Notice(TypedDict):
    """A sentence to the visitor about the connection, or a run that is followed again."""

    words: str


class Classes(TypedDict):
    """The class chooser."""

    names: Sequence[str]
    sheet: str | None  # one picture of each class, side by side; None of very many classes
    label: int  # of the chosen class


class Usual(TypedDict):
    """The options of all methods as nobody changed them, but for private ones."""

    options: Mapping[str, float | str | bool]  # by full name


class MethodWords(TypedDict):
    """A method in words."""

    title: str
    about: str  # a sentence
    excludes: Sequence[str]  # titles of methods that cannot be combined with it
    alone: bool  # whether nothing can be added to it
    acts: Literal["prior", "init", "guidance", "select", "subset"] | None  # its place in the loop


class MethodGroup(TypedDict):
    """Methods that belong together."""

    title: str
    methods: Sequence[MethodWords]


class MethodGroups(TypedDict):
    """All methods, as they are offered."""

    groups: Sequence[MethodGroup]


class Step(TypedDict):
    """A run that goes on: n images of a class at one of its steps."""

    live: Literal[True]
    id: NotRequired[str]
    label: int | None  # None where a stage is of no class alone
    n: int
    columns: int  # of the sheet
    sheet: str | None  # None before sampling begins
    points: Mapping[str, Sequence[Sequence[float]]] | None  # (n, 2) in each view of the map
    stage: str | None  # None while it samples
    step: int
    steps: int
    made: NotRequired[bool]  # whether these are the finished images, and only their scores miss
    words: NotRequired[str]  # in place of stage and step: the line, or the seconds that are left
    query: NotRequired[Mapping[str, str]]  # of the link that asks for it, at its beginning


class Nearest(TypedDict):
    """The nearest real image of each of n images."""

    rows: Sequence[int]  # among the points of the map
    distances: Sequence[float]
    typical: float  # distance between real images
    sheet: str | None  # None where the real images are not on this machine


class Score(TypedDict):
    """A score of a set beside random real sets of the same size."""

    space: str  # "latents", "features", "independent" or "judge"
    name: str
    title: str
    about: str
    value: float | None  # None where it is not defined
    mean: float | None  # of the random real sets; None where they are not known
    spread: float | None
    draws: Sequence[float]  # scores of some of the random real sets
    grade: Grade
    verdict: str
    unit: NotRequired[str]
    of: NotRequired[int]  # the highest value there is


class Kernel(TypedDict):
    """The kernel matrix, synthetic by real."""

    rows: int
    columns: int
    values: str  # base64 of (rows, columns) uint8
    order: str  # base64 of (columns,) uint16: which real images the columns are


# "class" is a word of the language, so its field is written in a call.
_OfClass = TypedDict("_OfClass", {"class": str})


class Run(_OfClass):
    """A finished run: n images of one class, and how it came about."""

    live: Literal[False]
    label: int
    n: int
    columns: int  # of the sheet
    sheet: str
    points: Mapping[str, Sequence[Sequence[float]]]  # (n, 2) in each view of the map
    nearest: Nearest
    covers: Sequence[int]  # how many real images each of them covers
    standing: Standing
    witness: Witness
    film: Film
    recognised: Sequence[str]  # the class that each is recognised as
    modes: Sequence[str] | None  # where modes are known
    scores: Sequence[Score]
    kernel: Kernel
    id: NotRequired[str]  # a shipped run has none
    dataset: str
    title: str
    status: Sequence[str]
    query: Mapping[str, str]  # of the link that makes it again
    moved: bool  # whether a dial was moved: then the query alone does not repeat it
    notice: NotRequired[str]  # why it is shown again
    discrepancies: NotRequired[Sequence[Score]]  # of a shipped run; those of others come late
    independent: NotRequired[Sequence[Score] | None]
    """Scores in a space that nobody here trained, where there is one; None: they come late."""


class Discrepancies(TypedDict):
    """Every discrepancy of the run with this id."""

    id: str
    rows: Sequence[Score]
    independent: Sequence[Score]  # scores in a space that nobody here trained, where there is one


class RaceState(TypedDict):
    """How the lanes of a comparison stand."""

    lanes: Mapping[str, Waiting | Step | Done]  # by slot
    told: Told


class Race(RaceState):
    """The same, so that the page can tell one comparison from the next, and follow it again."""

    id: str


class Lanes(TypedDict):
    """A comparison that ships with the page."""

    lineup: Lineup
    runs: Mapping[str, Run]  # by slot
    told: Told


Curve = Sequence[Sequence[float]]
"""Points [epoch, accuracy in percent, mean loss since the last point]."""


class Line(TypedDict):
    """The curves of a set, or of random real images."""

    name: str
    kind: str  # "set" or "random"
    images: str  # of a class, in words
    curves: Sequence[Curve]  # one for each seed
    ends: Sequence[Sequence[float]]  # [epochs, accuracy on all test images] of each seed


class Full(TypedDict):
    """What all real images reach, in percent."""

    mean: float
    each: Sequence[float]  # one for each seed


class Chart(TypedDict):
    """The curves of one contest."""

    title: str
    lines: Sequence[Line]
    full: Full | None


class Row(TypedDict):
    """A line of a table: accuracies in percent, intervals of 95 %; None where unknown."""

    name: str
    kind: str
    images: str
    link: Mapping[str, str] | None  # that makes the set again
    seeds: int
    epochs: int | None
    mean: float | None
    low: float | None
    high: float | None
    each: Sequence[float]
    difference: float | None  # to random real images
    difference_low: float | None
    difference_high: float | None
    verdict: str
    grade: Grade


class Table(TypedDict):
    """The accuracies of one contest."""

    caption: str
    rows: Sequence[Row]
    full: Full | None


class EvaluationState(TypedDict):
    """What an evaluation shows of itself, while it goes on and when it is done."""

    live: bool
    now: str  # what it does, in words
    progress: float  # from 0 to 1
    chart: Chart | None
    tables: Sequence[Table]
    csv: str


class Evaluation(EvaluationState):
    """The same, so that the page can tell one that was stopped from the next."""

    id: str


class TrainingState(TypedDict):
    """What a training shows of itself, while it goes on and when it is done."""

    live: bool
    name: str
    now: str  # what it does, in words
    progress: float  # from 0 to 1
    left: int | None  # seconds, once they can be told
    report: Sequence[str]
    classes: Sequence[str]
    preview: str  # a sheet of samples, or ""
    step: str  # that the samples are of, or ""
    # Of each stage [step, value]; None stands for what is no number.
    curves: Mapping[str, Sequence[tuple[int, float | None]]]
    made: NotRequired[str]  # the data set that it made
    title: NotRequired[str]  # of that data set


class Training(TrainingState):
    """The same, so that the page can tell one that was stopped from the next."""

    id: str


class TrainingExample(TypedDict):
    """What a training comes to, shown where there is none yet."""

    title: str  # of the data set
    classes: Sequence[str]
    preview: str  # a sheet of samples, a row for each class
