"""Shipments: what ships with the prior of a data set, what it was made of, and what is stale.

A part of a shipment is a few files that one command makes. `assets/shipped/<name>.json` records for
each part the fingerprints of what it was made of (the prior, the judge, parts before it) and of its
files. A part is stale where one of them is another today: then it shows, or scores by, a prior that
is no longer there. Studies have no fingerprint of their file, as later rows may be added to one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.registry import DATASETS
from ..diffusion.pipeline import hash_weights
from ..evaluation.study import read_study
from ..limits import choice
from ..machine.assets import ASSETS
from ..machine.disk import cache_folder, write_whole
from ..machine.json_file import read_json

__all__ = ["CHOICES", "Choices", "Part", "parts_of", "record", "shipped_priors", "stale"]

Command = tuple[str, ...]
"""What follows `python -m`."""
RULES = "-rules"  # ends the names of studies of real images, which no prior has a part in


@dataclass(frozen=True)
class Part:
    """Files that ship together, as the same commands make them."""

    name: str
    files: tuple[str, ...]  # in assets/
    uses: tuple[str, ...]  # what they are made of: "prior", "autoencoder", "judge", or parts
    commands: tuple[Command, ...]
    sealed: bool = True  # whether the files must be those that were recorded


@dataclass(frozen=True)
class Choices:
    """What is shown of a data set before a visitor makes anything: methods, and a class."""

    label: str = "0"
    first: str = "dit"
    steps: int | None = None  # of what is shown; None is what new runs have
    whole: str = "d3hr+mmd"
    lanes: bool = False  # a comparison, which shows real images
    guess: str = ""
    sweep: bool = False


CHOICES = {
    "digits": Choices("3", lanes=True),
    "solids": Choices("torus", steps=8, lanes=True, guess="minimax+discrepancy", sweep=True),
    "cifar10": Choices("horse", first="dap+diversity", steps=20, whole="mmd"),
    "imagenette": Choices("parachute", first="dap+diversity", steps=20, whole="mmd"),
}


def shipped_priors() -> list[str]:
    """The data sets whose priors ship."""
    return [name for name in DATASETS if (ASSETS / "priors" / name / "transformer").is_dir()]


def parts_of(name: str) -> list[Part]:
    """The parts of a data set's shipment, each after those that it is made of.

    Raises:
        Refused: if no prior of that data set ships.
    """
    choice("data set with a shipped prior", name, shipped_priors())
    prior, folder = f"priors/{name}", str(ASSETS / "priors" / name)
    card = tuple(f"{prior}/{file}" for file in ("prior.json", "README.md", "samples.webp"))
    reference = (f"references/{name}.npz",)
    fits: tuple[str, ...] = (f"{prior}/minimax.safetensors",)
    if DATASETS[name].ships:  # of photographs there are none yet: they take half an hour to make
        fits = (f"{prior}/fits.safetensors", *fits)
    fit = ("distiller", "fits", "--dataset", name, "--out", folder)
    return [
        Part("card", card, ("prior", "judge"), (("distiller", "card", folder),)),
        Part("reference", reference, ("autoencoder", "judge"), (_made(name, "--reference"),)),
        *_independent(name),
        _pictures(name),
        Part("fits", fits, ("prior",), (fit,)),
        *_runs(name),
        *_studies(name),
    ]


def _made(name: str, *options: str) -> Command:
    return ("viz.shipped", "--dataset", name, *options)


def _independent(name: str) -> list[Part]:
    """Photographs in features that nobody here trained: of no prior, so none makes them stale."""
    if DATASETS[name].ships:
        return []
    files = (f"references/{name}-independent.npz",)
    return [Part("independent", files, (), (_made(name, "--independent"),))]


def _pictures(name: str) -> Part:
    """Real images beside samples; where those are not ours to show, samples stand for classes."""
    file = f"readme/{name}.png" if DATASETS[name].ships else f"classes/{name}.png"
    return Part("pictures", (file,), ("prior",), (_made(name, "--pictures"),))


def _runs(name: str) -> list[Part]:
    """What was made with the prior for the page to begin with."""
    chosen, uses = CHOICES.get(name, Choices()), ("prior", "judge", "reference")
    label, late = ("--class", chosen.label), tuple(part.name for part in _independent(name))
    made: dict[str, tuple[str, tuple[str, ...]]] = {}
    steps = () if chosen.steps is None else ("--steps", str(chosen.steps))
    made["first"] = (f"first/{name}.json", ("--method", chosen.first, *label, *steps, "--first"))
    made["set"] = (f"sets/{name}.zip", ("--method", chosen.whole, "--set"))
    if chosen.lanes:
        made["lanes"] = (f"compare/{name}.json", (*label, "--lanes"))
    if chosen.guess:
        options = ("--method", chosen.guess, *label, *steps, "--guess")
        made["guess"] = (f"guess/{name}.json", options)
    if chosen.sweep:
        made["sweep"] = (f"sweep/{name}.json", (*label, "--sweep"))
    return [
        Part(part, (file,), (*uses, *late) if part == "first" else uses, (_made(name, *options),))
        for part, (file, options) in made.items()
    ]


def _studies(name: str) -> list[Part]:
    """The studies of sets that the prior made; their methods are measured again, all of them."""
    parts = []
    for path in sorted((ASSETS / "results").glob(f"{name}-*.json")):
        study = read_study(path)
        if study.dataset != name or study.name.endswith(RULES):
            continue
        # What another prior made lies in another folder, so that nothing of it is taken for new.
        out = cache_folder() / "shipped" / hash_weights(ASSETS / "priors" / name)[:12]
        methods = ",".join(row.method for row in study.rows)
        options = ("--dataset", name, "--ipc", str(study.ipc), "--protocol", study.protocol)
        steps = ("--steps", str(study.steps)) if study.steps else ()
        rest = ("--methods", methods, "--out", str(out), "--ship", "--anew")
        commands = (("bench.methods", *options, *steps, *rest), ("bench.tables",))
        uses, file = ("prior", "judge", "reference"), f"results/{path.name}"
        parts.append(Part(study.name, (file,), uses, commands, sealed=False))
    return parts


# ---------------------------------------------------------------------------------- what is stale


def stale(name: str) -> dict[str, str]:
    """Why parts of a shipment are stale, by their names; those that are not are left out.

    Raises:
        Refused: if no prior of that data set ships, or the record cannot be read.
    """
    found: dict[str, str] = {}
    records, parts = _records(name), parts_of(name)
    prints = _fingerprints(name, parts)
    for part in parts:
        if why := _why(part, records.get(part.name), prints, found):
            found[part.name] = why
    return found


def _why(
    part: Part,
    known: Mapping[str, Any] | None,
    prints: Mapping[str, str],
    before: Mapping[str, str],
) -> str | None:
    """Why a part is stale, in words; None if it is not. `before` are those that were found."""
    missing = [file for file in part.files if not (ASSETS / file).is_file()]
    if missing:
        return f"{missing[0]} is missing"
    if known is None:
        return "nothing records what it was made of"
    for source in part.uses:
        if source in before:
            return f"it is made of the {source}, which is stale"
        was, now = str(known["of"].get(source)), prints[source]
        if was != now:
            return f"it was made of another {source}: {was[:12]}, which is {now[:12]} today"
    if part.sealed and known["is"] != prints[part.name]:
        return f"{' or '.join(part.files)} is not the file that was recorded"
    return None


def record(name: str, part: Part) -> None:
    """Records that a part was made of what is there now.

    Raises:
        Refused: if the record so far cannot be read.
        OSError: if it cannot be written.
    """
    parts = parts_of(name)
    prints = _fingerprints(name, parts)
    about: dict[str, Any] = {"of": {source: prints[source] for source in part.uses}}
    if part.sealed:
        about["is"] = prints[part.name]
    records = {**_records(name), part.name: about}
    kept = {each.name: records[each.name] for each in parts if each.name in records}
    write_whole(_path(name), f"{json.dumps(kept, indent=1)}\n".encode())


def _path(name: str) -> Path:
    return ASSETS / "shipped" / f"{name}.json"


def _records(name: str) -> dict[str, Any]:
    remedy = f"Delete it, and run `python -m distiller ship {name}`."
    return read_json(_path(name), remedy) if _path(name).is_file() else {}


def _fingerprints(name: str, parts: Sequence[Part]) -> dict[str, str]:
    """The fingerprints of the models and of all parts that are there, by their names."""
    folder = ASSETS / "priors" / name
    found = {"prior": hash_weights(folder), "autoencoder": hash_weights(folder, ("vae",))}
    files = {"judge": (f"judges/{name}/model.safetensors",)}
    for part, names in {**files, **{part.name: part.files for part in parts}}.items():
        digest = hashlib.sha256()
        paths = [ASSETS / file for file in names]
        if all(path.is_file() for path in paths):
            for path in paths:
                digest.update(path.read_bytes())
            found[part] = digest.hexdigest()
    return found
