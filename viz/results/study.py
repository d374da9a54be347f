"""The shipped studies: what every method of a data set reaches, beside random real images.

Only what was measured alike stands in one study: sets of one size, nets trained by one protocol.
So hard labels never stand beside soft ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.study import Figure, Study, StudyRow, read_study
from distiller.limits import choice
from distiller.machine.assets import ASSETS
from distiller.methods import METHODS, needed_steps
from distiller.sets.request import Request

from .. import payloads
from ..catalogue import first_run
from ..compare.lineup import Lineup
from ..settings import RUN
from .papers import papers_tables

__all__ = [
    "conditions_of", "joined_studies", "kind_of", "link_of", "shown_value", "steps_of",
    "studies_of", "title_of",
]  # fmt: skip

RESULTS = ASSETS / "results"
EARLIER = (
    "The sets were made with an earlier prior of this data set. What the one that is here now "
    "makes has not been measured yet."
)
RULES = "-rules"  # ends the names of studies of real images that simple rules choose


@dataclass(frozen=True)
class _Axis:
    about: str
    better: Literal["higher", "lower", ""] = "higher"
    log: bool = False


AXES = {
    "accuracy": _Axis("of a net that was trained on the set alone, on real test images"),
    "coverage": _Axis("how many real images have one of the set within reach, in latent space"),
    "mmd2_z": _Axis("distance of the set from its class in latent space, without bias", "lower"),
    "mmd2_f": _Axis("the same in the features of a classifier", "lower"),
    "vendi": _Axis("how many different images a class has in effect, in latent space"),
    "recognised": _Axis("how many images the judge takes for their class"),
    "modes": _Axis("how many of a class’s known modes occur in the set"),
    "seconds": _Axis("to make the whole set; the machine did other work too", "", log=True),
}
TITLES = {"vendi": "diversity (Vendi)", "seconds": "seconds to make"}
BY_RULE = {
    "herding": "Herded real images, by a net’s features",
    "nearest": "Real images nearest to the mean, by a net’s features",
    "k-center": "K-center of real images, by a net’s features",
    "k-center-random": "K-center of real images from a random first",
    "k-center-pixels": "K-center of real images, by pixels",
    "k-means": "K-means of real images, by a net’s features",
}
"""What the rules of `bench.published` choose."""


def studies_of(dataset: Any) -> payloads.Studies:
    """The studies of a data set, those of the quickest protocol first.

    Raises:
        Refused: if there is no such data set, or a file is no study.
    """
    return _studies_of(choice("data set", dataset, DATASETS))


@cache
def _studies_of(dataset: str) -> payloads.Studies:
    source = DATASETS[dataset]
    shown = [_shown(_joined(group), group, source.title) for group in _groups(dataset)]
    papers = papers_tables(source)
    return {"dataset": dataset, "title": source.title, "studies": shown, "papers": papers}


def joined_studies(dataset: str) -> list[Study]:
    """The same studies as their figures stand in the files."""
    return [_joined(group) for group in _groups(dataset)]


def conditions_of(study: Study) -> list[str]:
    """How a study was measured, in sentences; first, whether with an earlier prior."""
    return [*[EARLIER] * study.of_earlier_prior, *study.conditions]


def _groups(dataset: str) -> list[list[Study]]:
    """The files of a data set, those together whose sets were measured alike."""
    found = [read_study(path) for path in sorted(RESULTS.glob("*.json"))]
    groups: dict[tuple[int, int, str], list[Study]] = {}
    for study in found:
        if study.dataset == dataset:
            place = list(PROTOCOLS).index(study.protocol)
            groups.setdefault((place, study.ipc, study.net), []).append(study)
    return [groups[key] for key in sorted(groups)]


def _joined(studies: Sequence[Study]) -> Study:
    """Studies that differ in nothing but their methods, as one.

    Of two figures of one method the one counts that is over sets: it says how sets differ. Of two
    over sets it is that of the study of methods, whose random real images have the same seeds.
    """
    rows: dict[str, dict[str, Figure]] = {}
    for study in sorted(studies, key=lambda one: one.name.endswith(RULES)):
        rule = study.name.endswith(RULES)
        for row in study.rows:
            chosen = rule and row.method in BY_RULE
            mine = rows.setdefault(f"rule:{row.method}" if chosen else row.method, {})
            for key, figure in row.figures.items():
                if key not in mine or (figure.between_sets and not mine[key].between_sets):
                    mine[key] = figure
    columns = {key: column for study in studies for key, column in study.columns.items()}
    made = tuple(StudyRow(method, figures) for method, figures in rows.items())
    steps = max(study.steps for study in studies)  # 0 of real images alone
    return replace(studies[0], columns=columns, rows=made, steps=steps)


def _shown(study: Study, parts: Sequence[Study], title: str) -> payloads.Study:
    labels = PROTOCOLS[study.protocol].labels
    size = f"{study.ipc} image{'s' * (study.ipc > 1)} a class"
    used = [k for k in AXES if any(k in row.figures for row in study.rows)]
    axes: list[payloads.StudyAxis] = [
        {
            "name": key,
            "title": TITLES.get(key, study.columns[key].title),
            "about": AXES[key].about,
            "better": AXES[key].better,
            "digits": study.columns[key].digits,
            "log": AXES[key].log,
        }
        for key in used
    ]
    conditions = [text for part in parts for text in conditions_of(part)]
    return {
        "name": study.name,
        "choice": f"{size}, {study.protocol}",
        "caption": f"{title}, {size} · {study.net} · protocol {study.protocol} · {labels} labels",
        "labels": labels,
        "conditions": list(dict.fromkeys(conditions)),
        "commands": [part.command for part in parts],
        "axes": axes,
        "rows": [_line(study, row, used) for row in study.rows],
    }


def _line(study: Study, row: StudyRow, axes: Sequence[str]) -> payloads.StudyLine:
    link = link_of(study, row.method)
    return {
        "name": title_of(row.method),
        "kind": kind_of(row.method),
        "link": link,
        "compared": None if link is None else compared_link(link),
        "values": {key: shown_value(study, row, key) for key in axes if key in row.figures},
    }


def shown_value(study: Study, row: StudyRow, key: str) -> payloads.StudyValue:
    """A figure of a row as the page shows it, beside that of random real images."""
    figure, digits = row.figures[key], study.columns[key].digits
    half = figure.half(digits)
    difference = study.difference(row.method, key) if row.method != "random" else None
    value: payloads.StudyValue = {
        "mean": figure.mean,
        "spread": figure.spread,
        "low": None if half is None else round(figure.mean - half, digits + 1),
        "high": None if half is None else round(figure.mean + half, digits + 1),
        "sets": _of(figure),
        "difference": None, "difference_low": None, "difference_high": None,
        "grade": None, "verdict": "",
    }  # fmt: skip
    if row.method == "random" or not AXES[key].better:
        return value
    if difference is None:
        value["verdict"] = "the spread of random real images is not known"
        return value
    low, high = round(difference.low, digits + 1), round(difference.high, digits + 1)
    value["difference"] = round(difference.mean, digits)
    value["difference_low"], value["difference_high"] = low, high
    value["grade"] = grade = _grade(low, high, AXES[key].better)
    value["verdict"] = f"{VERDICTS[grade]} random real"
    return value


VERDICTS = {"better": "better than", "like": "not told apart from", "worse": "worse than"}


def _grade(low: float, high: float, better: str) -> payloads.Grade:
    """What the 95 % interval of a difference to random real images says."""
    if low <= 0 <= high:
        return "like"
    return "better" if (low > 0) == (better == "higher") else "worse"


def _of(figure: Figure) -> str:
    if figure.over == "nets":
        return f"one set, {figure.n} net{'s' * (figure.n > 1)}"
    return f"{figure.n} sets" if figure.n > 1 else "one set"


def _parts(method: str) -> tuple[str, dict[str, str]]:
    """The methods and the options of "herding:pool=1"."""
    names, _, options = method.partition(":")
    pairs = [option.partition("=") for option in options.split(";") if option]
    return names, {key: value for key, _, value in pairs}


def kind_of(method: str) -> Literal["random", "real", "made"]:
    """Whether a row is of random real images, of real images that a rule chooses, or distilled."""
    if method == "random":
        return "random"
    return "real" if method.startswith("rule:") or _parts(method)[1].get("pool") == "1" else "made"


def title_of(method: str) -> str:
    """The name of a row as the page has it."""
    if method.startswith("rule:"):
        return BY_RULE[method.removeprefix("rule:")]
    names, options = _parts(method)
    title = " + ".join(METHODS[name].title for name in names.split("+"))
    if kind_of(method) == "real":
        return f"{title} of real images"
    words = ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in options.items())
    return f"{title} ({words})" if words else title


def compared_link(link: Mapping[str, str]) -> dict[str, str] | None:
    """A link to a comparison of a run with random real images, and of those with DiT.

    None of a run that cannot be a lane.
    """
    run = Request.from_query(link)
    own: dict[str, Any] = {"method": run.method, "cfg_scale": run.cfg_scale}
    own["options"] = run.public()["options"]
    lanes = [{"method": "random"}, {"method": "dit"} if run.method == "random" else own]
    numbers = {"label": run.classes[0], "ipc": run.ipc, "steps": run.steps, "seed": run.seed}
    lanes = [{"slot": slot, **lane} for slot, lane in enumerate(lanes)]
    lineup = Lineup.parse({"dataset": run.dataset, **numbers, "lanes": lanes})
    refused = any(isinstance(lane, Refused) for lane in lineup.lanes.values())
    return None if refused else lineup.query()


def steps_of(study: Study) -> int:
    """The steps that runs of a study have here: its own, or the usual ones if they are unknown."""
    return study.steps or RUN.steps


def link_of(study: Study, method: str) -> dict[str, str] | None:
    """A link to a run as those of the study: one class, its first seed; None without models."""
    if method.startswith("rule:") or not has_models(study.dataset):
        return None
    names, options = _parts(method)
    first = first_run(study.dataset)
    raw = {
        "dataset": study.dataset, "method": names, "options": options, "ipc": study.ipc,
        "classes": [first["label"] if first else 0],
        "steps": needed_steps(names, steps_of(study)),
    }  # fmt: skip
    return Request.parse(raw).query()
