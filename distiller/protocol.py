"""Protocols: how a net is trained on a distilled set. Each is part of what its accuracies mean."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn

from .limits import choice

__all__ = ["PROTOCOLS", "Protocol", "protocol_for"]

MOMENTUM = 0.9
WARM = 0.3  # the share of the steps in which "onecycle" rises


@dataclass(frozen=True)
class Protocol:
    """How a net is trained."""

    name: str
    about: str
    net: str  # where none is asked for
    epochs: Mapping[float, int]  # {images per class, at most: epochs}
    batch: int
    optimizer: str  # "sgd", with momentum, or "adamw"
    lr: float
    weight_decay: float
    schedule: str  # "steps" or "onecycle"
    drops: tuple[float, ...] = ()  # where the rate drops, as shares of the steps,
    drop: float = 0.1  # and by which factor
    augment: tuple[str, ...] = ()  # in this order
    augment_normalised: bool = False  # whether it sees normalised images or those in [-1, 1]
    cutmix: bool = False
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of images in [-1, 1]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    largest: int | None = None  # the side, in pixels, that larger images are averaged down to

    def epochs_for(self, ipc: float) -> int:
        """The number of epochs for so many images a class."""
        return next(n for most, n in self.epochs.items() if ipc <= most)

    def rate_at(self, t: float) -> float:
        """The learning rate at the share t of the steps, 0 <= t < 1."""
        if self.schedule == "steps":
            return self.lr * self.drop ** sum(t >= at for at in self.drops)
        if t < WARM:
            return self.lr * (0.04 + 0.96 * t / WARM)
        return self.lr * 0.5 * (1 + math.cos(math.pi * (t - WARM) / (1 - WARM)))

    def make_optimizer(self, net: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of a net's parameters."""
        decay = self.weight_decay
        if self.optimizer == "adamw":
            return torch.optim.AdamW(net.parameters(), self.lr, weight_decay=decay)
        return torch.optim.SGD(net.parameters(), self.lr, MOMENTUM, weight_decay=decay)


QUICK = Protocol(
    name="quick",
    about="seconds on one core; compares sets of one size, and compares with nothing published",
    # A net that is small enough for a processor; 32 px, where its cost is a quarter of 64 px.
    net="convnet-3-w32",
    # Chosen on random real images of solids and digits, ten a class: fewer epochs lose accuracy,
    # and a set of more images takes about as many steps.
    epochs={1: 150, 10: 40, 50: 12, math.inf: 5},
    batch=25,
    optimizer="adamw",
    lr=5e-3,
    weight_decay=5e-2,
    schedule="onecycle",
    augment=("flip",),
    largest=32,
)

PROTOCOLS: Mapping[str, Protocol] = {p.name: p for p in (QUICK,)}
MIRRORED = ("digits",)  # data sets in which a mirrored image is of another class, or of none


def protocol_for(name: str, dataset: str) -> Protocol:
    """The protocol of a name, without flips where they would change an image's class.

    Raises:
        Refused: if there is no such protocol.
    """
    protocol = PROTOCOLS[choice("protocol", name, PROTOCOLS)]
    if dataset not in MIRRORED:
        return protocol
    return replace(protocol, augment=tuple(a for a in protocol.augment if a != "flip"))
