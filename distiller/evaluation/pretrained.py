"""Pretrained teachers: nets of torchvision and timm that were trained on ImageNet, by their names.

    torchvision:resnet18                the weights IMAGENET1K_V1, which RDED and SRe2L label with
    timm:resnet18.a1_in1k               the weights of that name on the Hugging Face Hub
    torchvision:resnet18@FILE           the same nets with the weights of a file

A net has a logit for each of the 1,000 classes of ImageNet. Those of a data set are found by their
WordNet IDs, never by their names.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..data.class_list import class_list
from ..data.dataset import Dataset
from ..errors import Refused
from ..machine.torchvision_shim import declare_missing_operators
from .classifier import Classifier
from .protocol import TEACHER, Protocol

__all__ = ["imagenet_indices", "is_named", "load_named"]

NAMED = re.compile(r"(torchvision|timm):([\w.\-]+)(?:@(.+))?")
CLASSES = 1000
WRAPPED = ("state_dict", "model", "model_state_dict")  # under which checkpoints keep the weights


def is_named(teacher: str) -> bool:
    """Whether this names a net of torchvision or timm, and not a folder."""
    return NAMED.fullmatch(teacher) is not None


def imagenet_indices(data: Dataset) -> list[int]:
    """The index of each class of a data set among those of ImageNet-1K, by its WordNet ID.

    Raises:
        Refused: if a class has no WordNet ID, or one that is not of ImageNet-1K.
    """
    known = class_list("imagenet-1k")
    index = dict(zip(known.wnids, known.indices, strict=True))
    missing = [wnid for wnid in data.wnids if wnid not in index]
    if len(data.wnids) != len(data.classes) or missing:
        what = f"{missing[0]} is none of them" if missing else "it has no WordNet IDs"
        raise Refused(
            f"A net of ImageNet knows classes by their WordNet IDs, and of {data.name!r} {what}. "
            "Train a teacher on it: `python -m distiller train-teacher`."
        )
    return [index[wnid] for wnid in data.wnids]


def load_named(name: str, size: int = 224, device: str = "cpu") -> Classifier:
    """A net of torchvision or timm with its 1,000 logits, ready to label images of `size` pixels.

    Raises:
        Refused: if there is no such net, or its weights cannot be fetched, read or do not fit.
    """
    found = NAMED.fullmatch(name)
    assert found is not None
    library, model, file = found.groups()
    declare_missing_operators()
    net, mean, std = (_torchvision if library == "torchvision" else _timm)(model, file)
    classes = _logits(net, size)
    if classes != CLASSES:
        raise Refused(f"{name} has {classes} classes; a teacher of ImageNet has {CLASSES}.")
    teacher = Classifier(net, _normalised(mean, std), size).eval().requires_grad_(False)
    return teacher.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


Found = tuple[nn.Module, Any, Any]
"""A net, and the mean and the deviation that its images, in [0, 1], are normalised by."""


def _torchvision(model: str, file: str | None) -> Found:
    from torchvision import models

    if model not in models.list_models(module=models):
        raise Refused(f"torchvision classifies with no model {model[:60]!r}, such as resnet18.")
    net = models.get_model(model, weights=None)
    if file is None:
        weights = models.get_model_weights(model)["IMAGENET1K_V1"]
        state = _fetched(f"torchvision:{model}", lambda: weights.get_state_dict(progress=False))
    else:
        state = _read(Path(file))
    _fill(net, state, f"torchvision:{model}")
    return net, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _timm(model: str, file: str | None) -> Found:
    import timm

    if not timm.is_model(model):
        raise Refused(f"timm has no model {model[:60]!r}; an example is resnet18.a1_in1k.")
    if file is None:
        name = f"timm:{model}"
        net = _fetched(name, lambda: timm.create_model(model, pretrained=True))
    else:
        net = timm.create_model(model, pretrained=False)
        _fill(net, _read(Path(file)), f"timm:{model}")
    return net, net.pretrained_cfg["mean"], net.pretrained_cfg["std"]


def _fetched(name: str, fetch: Callable[[], Any]) -> Any:
    """What a library downloads, or finds where it downloaded it before.

    Raises:
        Refused: if it cannot.
    """
    try:
        return fetch()
    except Exception as error:  # whatever the network and the library make of it
        first = " ".join(str(error).split())[:200] or type(error).__name__
        raise Refused(
            f"The weights of {name} could not be fetched (is there a network?): {first}. Name a "
            f"file that holds them: --teacher {name}@FILE."
        ) from error


def _read(path: Path) -> Mapping[str, Tensor]:
    """The weights in a file of torch or safetensors, without a wrapper around them.

    Raises:
        Refused: if it holds none that can be read.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            weights: Mapping[str, Tensor] = load_file(path)
            return weights
        saved: Any = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # whatever torch makes of bytes that are not its own
        first = " ".join(str(error).split())[:200]
        raise Refused(f"{path} holds no weights that can be read: {first}") from error
    for name in WRAPPED:
        saved = saved.get(name, saved) if isinstance(saved, Mapping) else saved
    if not isinstance(saved, Mapping):
        raise Refused(f"{path} holds a {type(saved).__name__} and no weights by their names.")
    return {str(key).removeprefix("module."): value for key, value in saved.items()}


def _fill(net: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    try:
        net.load_state_dict(state)
    except (RuntimeError, AttributeError, TypeError) as error:
        first = " ".join(str(error).split())[:200]
        raise Refused(f"The weights are not those of {name}: {first}") from error


def _logits(net: nn.Module, size: int) -> int:
    """How many logits a net has for an image of that size.

    Raises:
        Refused: if it takes none of that size.
    """
    net.eval()
    try:
        with torch.no_grad():
            return int(net(torch.zeros(1, 3, size, size)).shape[1])
    except (AssertionError, RuntimeError) as error:
        raise Refused(f"The teacher takes no images of {size} pixels: {error}") from error


def _normalised(mean: Any, std: Any) -> Protocol:
    """The teacher's protocol with a mean and a deviation of images in [0, 1]."""
    (a, b, c), (d, e, f) = ((float(v) for v in values) for values in (mean, std))
    return replace(TEACHER, mean=(2 * a - 1, 2 * b - 1, 2 * c - 1), std=(2 * d, 2 * e, 2 * f))
