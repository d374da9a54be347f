"""Teachers: classifiers of real images whose soft labels a protocol trains with.

    DIR/model.safetensors     the weights
    DIR/config.json           net, image size, data set, epochs, accuracy on the real test split

A teacher is trained on the real training split alone. It is also kept in the cache folder, by the
content of that split, so that `evaluate --protocol soft` finds it.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..data.dataset import Dataset
from ..errors import Refused
from ..event import Event
from ..machine.disk import cache_folder, write_whole, written_whole
from ..machine.json_file import read_json
from ..machine.seal import Damaged
from ..machine.weights import packed_tensors, read_tensors
from .accuracy import evaluate
from .classifier import Classifier, LabelledSet
from .nets import make_net
from .plan import EvaluationPlan
from .pretrained import imagenet_indices, is_named, load_named
from .protocol import TEACHER, Protocol, unmirrored

__all__ = [
    "cached_teacher", "load_teacher", "of_labels", "save_teacher", "teacher_for", "train_teacher",
]  # fmt: skip


def train_teacher(
    data: Dataset,
    *,
    net: str = TEACHER.net,
    epochs: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    compiled: bool | None = False,
) -> Generator[Event, None, tuple[Classifier, dict[str, Any]]]:
    """Trains a net on the real training split; returns it with what is to be known of it.

    Raises:
        Refused: if there is no such net.
    """
    everything = LabelledSet(data.train.images, data.train.labels)
    protocol = unmirrored(TEACHER, data.name)
    plan = EvaluationPlan(protocol, net, 1, seed, epochs, device=device, compiled=compiled)
    result = yield from evaluate(everything, data.test, plan)
    teacher = result.nets[0]
    config = {
        "net": net,
        "size": teacher.size,
        "classes": len(data.classes),
        "dataset": data.name,
        "train": data.train.fingerprint(),
        "epochs": result.epochs,
        "seed": seed,
        "accuracy": result.mean,
    }
    return teacher, config


def save_teacher(teacher: Classifier, config: dict[str, Any], folder: Path) -> None:
    """Writes a teacher into a folder, and into the cache if that can be written.

    Raises:
        Refused: if the folder cannot be written; what was trained is then still in the cache.
    """
    kept = _kept(str(config["train"]), str(config["net"]))
    here = ""
    with suppress(OSError):
        with written_whole(kept) as partial:
            _write(teacher, config, partial)
        here = f" The teacher is kept in {kept}; copy it from there."
    try:
        _write(teacher, config, folder)
    except OSError as error:
        raise Refused(
            f"{folder} could not be written ({error.strerror or error}).{here}"
        ) from error


def _write(teacher: Classifier, config: dict[str, Any], folder: Path) -> None:
    write_whole(folder / "model.safetensors", packed_tensors(teacher.net.state_dict()))
    write_whole(folder / "config.json", (json.dumps(config, indent=1) + "\n").encode())


def _kept(train: str, net: str) -> Path:
    return cache_folder() / f"teacher-{net}-{train}"


def load_teacher(folder: Path, data: Dataset, device: str = "cpu") -> Classifier:
    """Reads a teacher, ready to label.

    Raises:
        Refused: if the folder holds none, a damaged one, or one of other images.
    """
    remedy = "`python -m distiller train-teacher --out` writes a teacher."
    config = read_json(folder / "config.json", remedy)
    try:
        net, size, classes = str(config["net"]), int(config["size"]), int(config["classes"])
        state = read_tensors(folder / "model.safetensors")[0]
    except Damaged as damaged:
        raise Refused(f"{damaged}. {remedy}") from damaged
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{folder} holds no teacher. {remedy}") from error
    if config.get("train") != data.train.fingerprint():
        raise Refused(
            f"The teacher in {folder} was trained on other images than {data.name}'s training "
            "split; train one with `python -m distiller train-teacher`."
        )
    module = make_net(net, size, classes, norm=TEACHER.norm)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise Refused(
            f"{folder / 'model.safetensors'} holds weights of another net than {net}. {remedy}"
        ) from error
    teacher = Classifier(module, TEACHER, size)
    return _ready(teacher.to(device).to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def _ready(teacher: Classifier) -> Classifier:
    return teacher.eval().requires_grad_(False)


def cached_teacher(data: Dataset, net: str = TEACHER.net, device: str = "cpu") -> Classifier:
    """The teacher of a data set that was kept.

    Raises:
        Refused: if none was, saying how to train one.
    """
    folder = _kept(data.train.fingerprint(), net)
    if not folder.is_dir():
        raise Refused(
            f"Soft labels need a teacher, and there is none of {data.name} yet. Train one with "
            f"`python -m distiller train-teacher --dataset {data.name} --net {net} --out DIR`."
        )
    return load_teacher(folder, data, device)


class _Some(nn.Module):
    """A net's logits of some classes only."""

    def __init__(self, net: nn.Module, labels: Sequence[int]) -> None:
        super().__init__()
        self.net, self.labels = net, list(labels)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.net(x)
        return logits[:, self.labels]


def of_labels(teacher: Classifier, labels: Sequence[int]) -> Classifier:
    """A teacher of some classes only, for sets that hold no others."""
    some = Classifier(_Some(teacher.net, labels), TEACHER, teacher.size)
    some.mean, some.std = teacher.mean, teacher.std
    return _ready(some.to(teacher.mean.device))


def teacher_for(
    protocol: Protocol,
    data: Dataset,
    labels: Sequence[int],
    device: str = "cpu",
    given: str | Path | None = None,
) -> Classifier | None:
    """The teacher that a protocol needs, of some classes of a data set: the one in a folder, a net
    of torchvision or timm (`pretrained`), or the one that was kept. None where labels are hard.

    Raises:
        Refused: if there is no teacher, or one is given that nothing is needed from.
    """
    if protocol.temperature is None:
        if given is not None:
            raise Refused(f"The protocol {protocol.name} takes no teacher; soft does.")
        return None
    if given is not None and is_named(str(given)):
        indices = imagenet_indices(data)
        named = load_named(str(given), min(data.size, protocol.largest or data.size), device)
        return of_labels(named, [indices[label] for label in labels])
    if given is not None:
        return of_labels(load_teacher(Path(given), data, device), labels)
    return of_labels(cached_teacher(data, device=device), labels)
