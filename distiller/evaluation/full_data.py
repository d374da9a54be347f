"""The full data: what nets reach that are trained on every real training image.

No set of a few images is expected to reach it; without it, a table does not say how far it is.
It takes long, so each seed's accuracy is kept: in the cache folder, and for what ships with the
project in assets/full. A kept number is found again only for the same images, protocol and net.
"""

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import fields

from ..data.dataset import Dataset
from ..event import Event
from ..machine.assets import ASSETS
from ..machine.disk import cache_folder, keep
from .accuracy import evaluate
from .classifier import LabelledSet
from .plan import EvaluationPlan
from .protocol import Protocol
from .result import Evaluation

__all__ = ["evaluate_full", "full_accuracies"]

FULL = ASSETS / "full"


def _file(data: Dataset, protocol: Protocol, net: str) -> str:
    # What is as usual is left out, so that a new field changes no key.
    own = {f.name: v for f in fields(protocol) if (v := getattr(protocol, f.name)) != f.default}
    own = {k: dict(v) if isinstance(v, Mapping) else v for k, v in own.items() if v != {}}
    own.pop("about")  # words
    about = [data.train.fingerprint(), data.test.fingerprint(), own, net]
    key = hashlib.sha256(repr(about).encode()).hexdigest()[:12]
    return f"{data.name}-{protocol.name}-{net}-{key}.json"


def full_accuracies(data: Dataset, protocol: Protocol, net: str | None = None) -> dict[int, float]:
    """The accuracies on the test split, in percent, that are known, by seed."""
    name, known = _file(data, protocol, net or protocol.net), dict[int, float]()
    for folder in (FULL, cache_folder()):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            record = json.loads((folder / name).read_text(encoding="utf-8"))
            known |= {int(seed): float(a) for seed, a in record["accuracies"].items()}
    return known


def evaluate_full(data: Dataset, plan: EvaluationPlan) -> Generator[Event, None, list[float]]:
    """The accuracies on the test split, in percent, one for each of the plan's seeds.

    Nets are trained on the whole training split, with hard labels, for as long as the protocol
    says, and tested once. What is known is not trained again; what is trained is kept.

    Raises:
        Refused: if the data set has fewer than two classes.
    """
    protocol = plan.with_hard_labels().protocol
    known = full_accuracies(data, protocol, plan.net)
    everything = LabelledSet(data.train.images, data.train.labels)
    for seed in plan.every_seed:
        if seed not in known:
            own = EvaluationPlan(
                protocol, plan.net, 1, seed, device=plan.device, compiled=plan.compiled
            )
            result = yield from evaluate(everything, data.test, own)
            _keep(data, protocol, result, seed)
            known[seed] = result.accuracies[0]
    return [known[seed] for seed in plan.every_seed]


def _keep(data: Dataset, protocol: Protocol, result: Evaluation, seed: int) -> None:
    """Adds an accuracy to the cache; a cache that cannot be written is done without."""
    known = full_accuracies(data, protocol, result.net) | {seed: result.accuracies[0]}
    record = {
        "dataset": data.name,
        "net": result.net,
        "protocol": protocol.name,
        "epochs": result.epochs,
        "images": len(data.train.labels),
        "accuracies": {str(k): known[k] for k in sorted(known)},
    }
    path = cache_folder() / _file(data, protocol, result.net)
    keep(path, (json.dumps(record, indent=1) + "\n").encode())
