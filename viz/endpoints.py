"""Endpoints: what programs may ask of the page, by its address or through Gradio's client.

Their docstrings and types are what `/?view=api` shows.
"""

import io
import json
import zipfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distiller.data.registry import DATASETS, dataset_table
from distiller.errors import Refused
from distiller.evaluation.nets import NETS
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS, protocol_for
from distiller.lab import open_lab
from distiller.limits import choice, whole
from distiller.methods import method_table
from distiller.sets.measured import measure_set
from distiller.sets.request import Request, label_of
from distiller.sets.scoring import score_set

from . import payloads
from .compare.lanes import told
from .compare.lineup import Lineup
from .draw.preview import data_uri, from_data_uri
from .evaluate.accuracy import evaluate_sets
from .evaluate.board import Board
from .evaluate.candidate import Candidate
from .serving.desk import VISITOR, Made, open_desk
from .serving.job import Busy, Job, Place, words_of
from .settings import BUDGET, RUN, SCORED, SEEDS

__all__ = ["compare", "datasets", "distill", "evaluate", "methods", "score"]

LANE = ("method", "cfg_scale", "options")


def datasets() -> dict[str, Any]:
    """The data sets: title, classes, image size."""
    return dataset_table()


def methods() -> dict[str, Any]:
    """The methods and their options: default, range or choices, meaning."""
    return method_table()


async def distill(
    dataset: str,
    method: str = Request.method,
    label: str = "0",
    ipc: float = RUN.ipc,
    steps: float = RUN.steps,
    cfg_scale: float | None = None,
    seed: float = RUN.seed,
    options: dict[str, Any] | None = None,
    sampler: str = RUN.sampler,
    cfg_between: str = "",
    cfg_channels: float | None = None,
) -> AsyncGenerator[dict[str, Any], None]:
    """Distils one class: images as PNG data URIs, metadata of each, scores, and a link.

    Example: distill("digits", "dap+diversity", "3", ipc=4, options={"dap.gamma": 0.5})

    Args:
        dataset: a name of `datasets`.
        method: a name of `methods`, or several with + between them.
        label: the class, by its name or its index; "#7" is always the index 7.
        ipc: how many images.
        steps: how many sampling steps.
        cfg_scale: class guidance; 1 is none, and nothing is the prior's own.
        seed: what the noise follows from.
        options: options of the methods by their full names.
        sampler: "ddim", "ddpm" or "dpm++".
        cfg_between: the times at which class guidance acts, such as "100-800"; nothing is all.
        cfg_channels: how many channels class guidance moves; nothing is the prior's own way.
    """
    raw = {
        "dataset": dataset, "method": method, "classes": [label], "ipc": ipc, "steps": steps,
        "cfg_scale": cfg_scale, "seed": seed, "options": options, "sampler": sampler,
        "cfg_between": cfg_between, "cfg_channels": cfg_channels,
    }  # fmt: skip
    async for shown in _run(Request.parse(raw, BUDGET)):
        yield _result(shown) if isinstance(shown, Made) else shown


async def compare(
    dataset: str,
    label: str,
    lanes: list[dict[str, Any]],
    ipc: float = RUN.ipc,
    steps: float = RUN.steps,
    seed: float = RUN.seed,
    sampler: str = RUN.sampler,
    cfg_between: str = "",
) -> AsyncGenerator[dict[str, Any], None]:
    """Distils one class by two to six methods from the same noise, and says what tells them apart.

    Gives what `distill` gives for each lane, in their order, and sentences by the space of scores.

    Example: compare("digits", "3", [{"method": "random"}, {"method": "dap", "cfg_scale": 3}])

    Args:
        dataset: a name of `datasets`.
        label: the class, by its name or its index; "#7" is always the index 7.
        lanes: of each lane its "method", and "cfg_scale" and "options" where they are not usual.
        ipc: how many images a lane has.
        steps: how many sampling steps.
        seed: what the noise of all lanes follows from.
        sampler: "ddim", "ddpm" or "dpm++", in all lanes.
        cfg_between: the times at which class guidance acts in all lanes, such as "100-800";
            nothing is all.
    """
    raw = {
        "dataset": dataset, "label": label, "ipc": ipc, "steps": steps, "seed": seed,
        "sampler": sampler, "cfg_between": cfg_between,
    }  # fmt: skip
    lineup = Lineup.parse({**raw, "lanes": _lanes(lanes)})
    requests = _requests(lineup)
    made: dict[int, Made] = {}
    for slot, request in requests.items():
        async for shown in _run(request):
            if isinstance(shown, Made):
                made[slot] = shown
            else:
                yield {"lane": slot, **shown}
    if len(made) < len(requests):
        return  # it was stopped
    words = told(lineup.lanes, {slot: one.shown for slot, one in made.items()})
    yield {
        "lanes": [_result(one) for one in made.values()],
        "words": words["words"],
        "link": lineup.query(),
    }


async def score(dataset: str, images: dict[str, list[str]]) -> dict[str, Any]:
    """Scores images, PNG data URIs by class name, beside random real images of equal number.

    Example: score("digits", {"3": ["data:image/png;base64,..."]})

    Args:
        dataset: a name of `datasets`.
        images: lists of PNG data URIs by the names of their classes.
    """
    name = choice("data set", dataset, DATASETS)
    source = DATASETS[name]
    pixels, labels = _decode(images, source.classes, source.size)

    def work() -> dict[str, Any]:
        return score_set(measure_set(pixels, labels, open_lab(name))).table()

    return await open_desk().do(VISITOR.get(), work, ("score", name), 10 + len(labels))


async def evaluate(
    dataset: str,
    images: dict[str, list[str]],
    protocol: str = "quick",
    net: str = "",
    seeds: float = 1,
) -> AsyncGenerator[dict[str, Any], None]:
    """Trains nets on images of two classes or more, and on as many random real images, and tests
    them on real test images: accuracies in percent.

    Example: evaluate("digits", {"3": ["data:image/png;base64,..."], "7": [...]}, seeds=1)

    Args:
        dataset: a name of `datasets`.
        images: lists of PNG data URIs by the names of their classes.
        protocol: how nets are trained, such as "quick" or "dc".
        net: the net; nothing is that of the protocol.
        seeds: how many nets are trained on the images, and how many on random real ones.
    """
    name = choice("data set", dataset, DATASETS)
    pixels, labels = _decode(images, DATASETS[name].classes, DATASETS[name].size)
    recipe = protocol_for(choice("protocol", protocol, PROTOCOLS), name)
    model = choice("net", net or recipe.net, {*NETS, recipe.net})
    plan = EvaluationPlan(recipe, model, whole("seeds", seeds, 1, SEEDS))
    each = {int(k): pixels[labels == k] for k in np.unique(labels)}
    made, board, visitor = Candidate("your images", name, each), Board(), VISITOR.get()

    def work() -> Any:
        yield from evaluate_sets(open_lab(name), [made], board, plan)

    jobs: list[Job] = []
    try:
        async for shown in open_desk().long(visitor, work, 20.0 * 2 * plan.seeds, jobs.append):
            if isinstance(shown, (Place, Busy)):
                yield {"waiting": words_of(shown)}
            elif shown["live"]:
                yield {"now": shown["now"], "progress": shown["progress"]}
            else:
                yield _accuracies(shown)
    finally:  # a call that was cancelled stops its work
        for job in jobs:
            open_desk().line.leave(job, visitor)


async def _run(request: Request) -> AsyncGenerator[Any, None]:
    """A run as a program follows it: how it stands, each step, then what was made."""
    dials = dict(request.options)
    async for shown in open_desk().run(VISITOR.get(), request, dials):
        if isinstance(shown, Made):
            yield shown
        elif isinstance(shown, (Place, Busy)):
            yield {"waiting": words_of(shown)}
        elif not shown.get("made"):
            yield {"step": shown["step"], "steps": shown["steps"]}


def _lanes(given: Any) -> list[dict[str, Any]]:
    """The lanes that a program gives, each with a slot.

    Raises:
        Refused: if they are no list of lanes.
    """
    if not isinstance(given, Sequence) or not all(isinstance(lane, Mapping) for lane in given):
        raise Refused('lanes must be a list such as [{"method": "random"}, {"method": "dap"}].')
    for lane in given:
        for key in lane:
            choice("setting of a lane", key, LANE)
    return [{"slot": slot, **lane} for slot, lane in enumerate(given)]


def _requests(lineup: Lineup) -> dict[int, Request]:
    """The requests of all lanes, by their slots.

    Raises:
        Refused: if one cannot be made.
    """
    made: dict[int, Request] = {}
    for slot, lane in sorted(lineup.lanes.items()):
        if isinstance(lane, Refused):
            raise Refused(f"Lane {slot}: {lane}")
        made[slot] = lane
    return made


def _accuracies(shown: payloads.EvaluationState) -> dict[str, Any]:
    """What a program gets of an evaluation: the rows of its one table."""
    (table,) = shown["tables"]
    full = table["full"]
    keys = ("name", "images", "seeds", "epochs", "mean", "low", "high", "each", "verdict")
    differences = ("difference", "difference_low", "difference_high")
    rows = [
        {key: dict(row)[key] for key in (*keys, *differences * (row["kind"] == "set"))}
        for row in table["rows"]
    ]
    return {
        "about": table["caption"],
        "rows": rows,
        "all_real_images": None if full is None else full["mean"],
    }


def _result(made: Made) -> dict[str, Any]:
    """What a program gets of a run: what lies in the file that the page offers."""
    with zipfile.ZipFile(io.BytesIO(made.packed)) as file:
        lines = file.read("metadata.jsonl").decode().splitlines()
        manifest = json.loads(file.read("manifest.json"))
    return {
        "images": [data_uri(image, lossless=True) for image in made.images],
        "metadata": [json.loads(line) for line in lines],
        "scores": manifest["scores"],
        "link": made.request.query(),
    }


def _decode(
    images: Any, classes: tuple[str, ...], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images from the API, checked: known classes, few and small enough, PNG."""
    if not isinstance(images, dict) or not all(isinstance(v, list) for v in images.values()):
        raise Refused("images must map class names to lists of PNG data URIs.")
    count, most = sum(len(v) for v in images.values()), min(1000, SCORED // size**2)
    if not 1 <= count <= most:
        raise Refused(
            f"Between 1 and {most} images of {size} x {size} can be scored by one call; got "
            f"{count}. `python -m distiller score` takes any number."
        )
    pixels, labels = [], []
    for name, uris in images.items():
        label = label_of(name, classes)
        for k, uri in enumerate(uris):
            pixels.append(from_data_uri(uri, f"{name}/{k}", size))
            labels.append(label)
    return np.stack(pixels), np.array(labels)
