"""Questions: what a visitor is asked to guess, drawn by a seed.

Either two methods of the shipped study stand side by side without their names, or real and
distilled images of one class lie on one sheet. The seed draws the class, the methods and who
stands where. It stays here: a browser that knew it could draw the same again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.study import Study
from distiller.machine.assets import ASSETS
from distiller.sets.request import Request

from .. import payloads
from ..compare.lanes import shipped_lanes
from ..compare.lineup import Lineup
from ..results.study import joined_studies, kind_of, link_of, steps_of
from ..settings import RUN

__all__ = [
    "Mix",
    "Pair",
    "draw_mix",
    "draw_pair",
    "methods_of",
    "pair_of",
    "shipped_run",
    "study_of",
]

IPC = 10  # images a class of the studies that questions are asked from
LANE_IMAGES = IPC  # that are made for a question
QUICK = 4.0  # times the seconds of `PLAIN` in the study, at most: a visitor waits for the images
PLAIN = "dit"
SHEET = 12  # images on a sheet of real and distilled ones
FEWEST = 3  # of either on such a sheet


@dataclass(frozen=True)
class Pair:
    """Two methods: which set teaches a net better?"""

    study: Study
    methods: tuple[str, str]  # rows of the study: left and right
    lineup: Lineup  # lane 0 stands left, lane 1 right


@dataclass(frozen=True)
class Mix:
    """Real and distilled images of one class: which are real?"""

    method: str  # a row of the study
    lineup: Lineup  # lane 0 holds real images, lane 1 distilled ones
    places: tuple[tuple[int, int], ...]  # lane and image of each place on the sheet

    @property
    def real(self) -> list[int]:
        """The places of the real images."""
        return [place for place, (lane, _) in enumerate(self.places) if lane == 0]


def draw_pair(dataset: str, seed: str) -> Pair:
    """Draws two methods of the study of a data set, a class, and who stands left.

    Raises:
        Refused: if the study of the data set has no two methods whose images can be made here.
    """
    rng, study = Random(seed), study_of(dataset)
    known = methods_of(study)
    if len(known) < 2:
        raise Refused(
            f"The study of {DATASETS[dataset].title} has no two methods with known intervals "
            "whose images can be made quickly on this machine. Choose another data set."
        )
    label = rng.randrange(len(DATASETS[dataset].classes))
    left, right = rng.sample(known, 2)
    return pair_of(study, (left, right), label)


def pair_of(study: Study, methods: tuple[str, str], label: int) -> Pair:
    """The question about two rows of a study, as they stand left and right."""
    return Pair(study, methods, _lineup(study, methods, label))


def draw_mix(dataset: str, seed: str, label: int | None = None, method: str = "") -> Mix:
    """Draws a method, a class unless one is given, and a sheet of real and distilled images.

    Raises:
        Refused: if the real images of the data set are not on this machine, or no method of a
            study can be made here.
    """
    if not DATASETS[dataset].here():
        raise Refused(
            f"The real images of {DATASETS[dataset].title} are not on this machine, so none can "
            "be found. Choose another data set, or put its images into the folder that "
            "DISTILLER_DATA names."
        )
    rng, study = Random(seed), study_of(dataset)
    made = [name for name in methods_of(study) if name != "random"]
    if not made:
        raise Refused(f"No method of {DATASETS[dataset].title} can be made quickly here.")
    method = method or rng.choice(made)
    drawn = rng.randrange(len(DATASETS[dataset].classes))
    real = rng.randint(FEWEST, SHEET - FEWEST)
    places = [(0, k) for k in rng.sample(range(LANE_IMAGES), real)]
    places += [(1, k) for k in rng.sample(range(LANE_IMAGES), SHEET - real)]
    rng.shuffle(places)
    lineup = _lineup(study, ("random", method), drawn if label is None else label)
    return Mix(method, lineup, tuple(places))


def study_of(dataset: str) -> Study:
    """The study that questions about a data set are asked from: ten images a class, hard labels.

    Raises:
        Refused: if none ships.
    """
    for study in joined_studies(dataset):
        if study.ipc == IPC and PROTOCOLS[study.protocol].labels == "hard":
            return study
    raise Refused(
        f"No study with ten images a class ships with {DATASETS[dataset].title}. "
        "Choose another data set."
    )


def methods_of(study: Study) -> list[str]:
    """The rows of a study that a question may be about.

    Their accuracy is known over several sets, and their images are made quickly, in as many steps
    as those of the others. What draws its noise in private is kept nowhere, so it would be made
    anew for each visitor.
    """
    found = []
    plain = next((r.figures.get("seconds") for r in study.rows if r.method == PLAIN), None)
    for row in study.rows:
        accuracy, seconds = row.figures.get("accuracy"), row.figures.get("seconds")
        known = accuracy is not None and accuracy.between_sets and kind_of(row.method) != "real"
        quick = plain is None or seconds is None or seconds.mean <= QUICK * plain.mean
        here = row.method != "random" or DATASETS[study.dataset].here()
        link = link_of(study, row.method) if known and quick and here else None
        if link is None:
            continue
        request = Request.from_query(link)
        if request.steps == steps_of(study) and not request.private():
            found.append(row.method)
    return found


def _lineup(study: Study, methods: Sequence[str], label: int) -> Lineup:
    """Lanes of rows of a study, made as the sets of its first seed were.

    Raises:
        Refused: if one of them cannot be made here.
    """
    lanes = []
    for slot, method in enumerate(methods):
        link = link_of(study, method)
        if link is None:
            raise Refused(f"The models of {DATASETS[study.dataset].title} are not on this machine.")
        request = Request.from_query(link)
        lane = {"slot": slot, "method": request.method, "options": request.public()["options"]}
        lanes.append(lane)
    numbers = {"ipc": LANE_IMAGES, "steps": steps_of(study), "seed": RUN.seed}
    lineup = Lineup.parse({"dataset": study.dataset, "label": label, **numbers, "lanes": lanes})
    for made in lineup.lanes.values():
        if isinstance(made, Refused):
            raise made
    return lineup


def shipped_run(request: Request) -> payloads.Run | None:
    """The run of a request that ships with the page: as a lane of a comparison, or for a guess."""
    if (shipped := shipped_lanes(request.dataset)) is not None:
        for slot, lane in Lineup.parse(shipped["lineup"]).lanes.items():
            if lane == request:
                return shipped["runs"][str(slot)]
    run = _guess_run(request.dataset)
    return run if run is not None and run["query"] == request.query() else None


@cache
def _guess_run(dataset: str) -> payloads.Run | None:
    path = ASSETS / "guess" / f"{dataset}.json"
    run: payloads.Run | None = json.loads(path.read_text()) if path.is_file() else None
    return run
