"""Figures: what the map, the sheet and the score lines show, as plain values for a browser.

Arrays travel as base64 of little-endian bytes, never as nested lists; text is only ever set as
text. `payloads` has their types; the scripts that draw them lie in assets/page/.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distiller.data.dataset import Absent, Dataset, Source
from distiller.data.models import independent_file
from distiller.event import Event
from distiller.recipes.loop import Distilled
from distiller.scores.discrepancy import DISCREPANCIES
from distiller.scores.independent import load_independent
from distiller.scores.judge import Verdict
from distiller.scores.reference import Reference
from distiller.scores.score import (
    SCORES,
    Against,
    Comparison,
    against,
    compare,
    discrepancies,
    reach,
    within_reach,
)
from distiller.sets.measured import Measured

from .. import payloads
from .preview import contact_sheet, data_uri
from .witness import Field, Witness, witness_of

__all__ = ["frame", "late_lines", "made", "map_of", "result", "waiting"]

TICKS = 60  # random real draws shown on a score's line
INDEPENDENT = "independent"  # the space that nobody here trained


def encode(array: NDArray[Any], kind: str) -> str:
    """An array as base64 of the bytes of its values, as "<i2" and the like."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode()


def map_of(source: Source, name: str, reference: Reference, label: int) -> payloads.Places:
    """The real images of a data set as points, one class in front."""
    return {
        "dataset": name,
        "label": label,
        "classes": source.classes,
        "labels": encode(reference.labels, "<u2"),
        "images": encode(reference.rows, "<u4"),
        "modes": None if reference.modes is None else encode(reference.modes, "<u2"),
        "mode_names": source.modes,
        "views": {view: _view(places) for view, places in reference.maps.items()},
        "trust": {view: f"{value:.2f}" for view, value in reference.trust.items()},
    }


def _view(places: NDArray[np.float32]) -> payloads.View:
    """Places (..., 2) on a map as whole numbers, and what to divide those by."""
    scale = 32000 / max(float(np.abs(places).max()), 1e-9)
    return {"xy": encode(np.rint(places * scale), "<i2"), "scale": scale}


def columns_of(n: int) -> int:
    """How many columns a sheet of n images has."""
    return min(n, 4 if n <= 12 else 5 if n <= 20 else 8)


def frame(
    pixels: NDArray[np.uint8], z: Tensor, reference: Reference, label: int, step: int, steps: int
) -> payloads.Step:
    """A step of a run: a fleeting sheet, and where its images would fall on the maps."""
    columns = columns_of(len(pixels))
    return {
        "live": True,
        "label": label,
        "n": len(pixels),
        "columns": columns,
        "sheet": data_uri(contact_sheet(pixels, columns)),
        "points": _points(z, reference, label),
        "stage": None,
        "step": step,
        "steps": steps,
    }


def made(distilled: Distilled, reference: Reference, label: int, steps: int) -> payloads.Step:
    """The finished images of a run, which are not measured yet."""
    z = reference.project(distilled.latents)
    step = frame(distilled.images, z, reference, label, steps, steps)
    sheet = data_uri(contact_sheet(distilled.images, step["columns"]), lossless=True)
    return {**step, "sheet": sheet, "made": True, "words": "made, and not scored yet"}


def waiting(event: Event, n: int, left: float = 0.0) -> payloads.Step:
    """A step of what comes before sampling n images, and the seconds that its stage still needs."""
    step: payloads.Step = {
        "live": True,
        "label": event.label,
        "n": n,
        "columns": columns_of(n),
        "sheet": None,
        "points": None,
        "stage": event.stage,
        "step": event.i + 1,
        "steps": event.n,
    }
    if left >= 1:
        step["words"] = f"{event.stage} {event.i + 1} of {event.n}, about {left:.0f} s left"
    return step


def _points(z: Tensor, reference: Reference, label: int) -> dict[str, list[list[float]]]:
    return {view: _rounded(reference.place(z, view, label), 4) for view in reference.maps}


def _film(steps: Sequence[NDArray[np.uint8]]) -> payloads.Film:
    """A row of frames for each image, from the images (n, h, w, 3) of each step."""
    frames = np.stack(steps, 1)
    strip = contact_sheet(frames.reshape(-1, *frames.shape[2:]), frames.shape[1])
    return {"sheet": data_uri(strip), "frames": frames.shape[1]}


def _paths(trail: Sequence[Tensor], reference: Reference, label: int) -> dict[str, payloads.View]:
    """Where n images fell on each map step by step, from projected latents (n, k) of each step."""
    z = torch.cat(list(trail))
    return {view: _view(reference.place(z, view, label)) for view in reference.maps}


def _rounded(values: NDArray[np.float32], digits: int) -> Any:
    """Nested lists of numbers as short as they are exact."""
    return values.astype(np.float64).round(digits).tolist()


def result(
    distilled: Distilled,
    measured: Measured,
    film: Sequence[NDArray[np.uint8]],
    trail: Sequence[Tensor],
    *,
    status: Sequence[str],
    query: Mapping[str, str],
    moved: bool,
) -> payloads.Run:
    """A finished run of one class, as it was measured: everything that is shown.

    `film` and `trail` are pixels and projected latents (n, k) of some of its steps.
    """
    data, reference = measured.lab.data, measured.lab.reference
    z, verdict, label = measured.z, measured.verdict, int(measured.labels[0])
    n, columns = len(z), columns_of(len(z))
    mine = against(reference.real(label, "latents"), z)
    run: payloads.Run = {
        "live": False,
        "label": label,
        "class": data.classes[label],
        "n": n,
        "columns": columns,
        "sheet": data_uri(contact_sheet(distilled.images, columns), lossless=True),
        "points": _points(z, reference, label),
        "nearest": _nearest(distilled, z, mine, measured),
        "covers": within_reach(mine).sum(1).tolist(),
        "standing": _standing(mine),
        "witness": _witness(witness_of(reference, label, z)),
        "film": {
            **_film([*film, distilled.images]),
            "places": _paths([*trail, z], reference, label),
        },
        "recognised": [data.classes[c] for c in verdict.classes],
        "modes": [data.modes[m] for m in verdict.modes] if verdict.modes is not None else None,
        "scores": _scores(z, verdict, label, data, reference),
        "kernel": _kernel(mine.xy, mine.real.bandwidth),
        "dataset": measured.lab.name,
        "title": f"{n} images for {reference.total(label):,}",
        "status": status,
        "query": query,
        "moved": moved,
    }
    if independent_file(measured.lab.name) is not None:
        run["independent"] = None
    return run


def _nearest(
    distilled: Distilled, z: Tensor, mine: Against, measured: Measured
) -> payloads.Nearest:
    """The nearest real image of each image, of projected latents z (n, k)."""
    reference, label = measured.lab.reference, int(measured.labels[0])
    near, away = reference.nearest(z, label, 2)
    # An image that is itself a training image has its nearest neighbour in the next one.
    own = reference.rows[near[:, 0]] == distilled.sources
    rows = np.where(own, near[:, 1], near[:, 0])
    distances = np.where(own, away[:, 1], away[:, 0])
    return {
        "rows": rows.tolist(),
        "distances": _rounded(distances, 2),
        "typical": round(float(mine.real.ordered[:, 0].mean()), 2),
        "sheet": _real_sheet(measured.lab.data, reference.rows[rows], columns_of(len(z))),
    }


def _real_sheet(data: Dataset, rows: NDArray[np.int64], columns: int) -> str | None:
    """Real training images side by side; none where they are not on this machine."""
    if isinstance(data.train, Absent):
        return None
    return data_uri(contact_sheet(data.train.images[rows], columns))


def _standing(mine: Against) -> payloads.Standing:
    """What stands for each real image of the class: the nearest of the set, and is it near enough.

    An image is covered if `distance` is at most `reach`: compared in single precision, as it is
    for the score.
    """
    near = mine.xy.sqrt().min(0)
    return {
        "nearest": encode(near.indices.numpy(), "<u2"),
        "distance": encode(near.values.numpy(), "<f4"),
        "reach": encode(reach(mine).numpy(), "<f4"),
    }


def _witness(witness: Witness) -> payloads.Witness:
    """The witness at each real image of the class, and as a field on every map.

    A field's whole numbers are in units of a 64th of what chance reaches.
    """
    fields = {name: _field(field) for name, field in witness.fields.items()}
    return {"at": encode(witness.at.numpy(), "<f4"), "fields": fields}


def _field(field: Field) -> payloads.Field:
    whole = (64 * field.values / field.chance).round().clip(-(2**15), 2**15 - 1)
    left, right, bottom, top = (round(edge, 4) for edge in field.box)
    return {
        "values": encode(whole, "<i2"),
        "chance": field.chance,
        "columns": field.values.shape[1],
        "box": (left, right, bottom, top),
    }


def _scores(
    z: Tensor, verdict: Verdict, label: int, data: Dataset, reference: Reference
) -> list[payloads.Score]:
    rows: list[payloads.Score] = []
    for space, points in (("latents", z), ("features", verdict.features)):
        for name, c in compare(reference.real(label, space), points).items():
            rows.append(_line(space, name, SCORES[name].title, SCORES[name].about, c))
    if verdict.modes is not None and data.train.modes is not None:
        rows.append(_modes(verdict.modes, label, data))
    share = 100 * float((verdict.classes == label).mean())
    about = f"as {data.classes[label]}, by a classifier trained on real images"
    real = np.full(2, np.nan)
    shares = Comparison(share, real, "higher")
    line = _line("judge", "recognised", "Recognised", about, shares)
    return [*rows, {**line, "unit": " %"}]


def late_lines(measured: Measured) -> tuple[list[payloads.Score], list[payloads.Score]]:
    """What comes after a run of one class; it takes seconds the first time.

    Every discrepancy in every space, and the scores in the space that nobody here trained, which
    are none where the data set has no such space.
    """
    label, reference = int(measured.labels[0]), measured.lab.reference
    spaces = {s: (reference.real(label, s), points) for s, points in measured.points.items()}
    scores: list[payloads.Score] = []
    if (independent := load_independent(measured.lab.name)) is not None:
        real, x = independent.real(label), independent.project(measured.images)
        spaces[INDEPENDENT] = real, x
        for name, c in compare(real, x).items():
            scores.append(_line(INDEPENDENT, name, SCORES[name].title, SCORES[name].about, c))
    rows: list[payloads.Score] = []
    for space, (real, points) in spaces.items():
        for name, c in discrepancies(real, points).items():
            d = DISCREPANCIES[name]
            line = _line(space, name, d.title, f"{d.about}; {d.source}", c)
            rows.append({**line, "draws": []})
    return rows, scores


def _modes(modes: NDArray[np.int64], label: int, data: Dataset) -> payloads.Score:
    """How many known modes a set holds, beside random real images with their true modes."""
    assert data.train.modes is not None
    real = data.train.modes[data.train.of(label)]
    rng = np.random.default_rng(0)
    draws = [len(set(rng.permutation(real)[: len(modes)])) for _ in range(200)]
    comparison = Comparison(float(len(set(modes))), np.array(draws, float), "higher")
    about = f"of {len(data.modes)} known modes, by a classifier trained on real images"
    line = _line("judge", "modes", "Modes covered", about, comparison)
    return {**line, "of": len(data.modes)}


def _line(space: str, name: str, title: str, about: str, c: Comparison) -> payloads.Score:
    known = not np.isnan(c.draws).any()
    return {
        "space": space,
        "name": name,
        "title": title,
        "about": about,
        "value": None if np.isnan(c.value) else c.value,
        "mean": c.mean if known else None,
        "spread": c.spread if known else None,
        "draws": c.draws[:TICKS].round(6).tolist() if known else [],
        "grade": c.grade if known else "like",
        "verdict": c.verdict() if known else "",
    }


def _kernel(xy: Tensor, bandwidth: float) -> payloads.Kernel:
    """The kernel matrix, synthetic by real, its columns grouped by the image they are most like."""
    k = torch.exp(xy / (-2 * bandwidth**2))
    best = k.max(0)
    order = np.lexsort((-best.values.numpy(), best.indices.numpy()))
    return {
        "rows": k.shape[0],
        "columns": k.shape[1],
        "values": encode(np.rint(255 * k.numpy()[:, order]), "u1"),
        "order": encode(order, "<u2"),
    }
