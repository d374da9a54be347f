"""Protocols: how a net is trained on a distilled set. Each is part of what its accuracies mean."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from ..limits import choice

__all__ = ["PROTOCOLS", "TEACHER", "Protocol", "protocol_for", "unmirrored"]

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
    schedule: str  # "steps", "onecycle" or "half-cosine"
    drops: tuple[float, ...] = ()  # where the rate drops, as shares of the steps,
    drop: float = 0.1  # and by which factor
    augment: tuple[str, ...] = ()  # in this order
    augment_normalised: bool = False  # whether it sees normalised images or those in [-1, 1]
    cutmix: bool = False
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of images in [-1, 1]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    batches: Mapping[float, int] = field(default_factory=dict)  # {images per class, at most: batch}
    rates: Mapping[str, float] = field(default_factory=dict)  # {how a net's name begins: lr}
    decay_vectors: bool = True  # whether biases and norms decay too
    norm: str = "instance"  # of the residual nets
    temperature: float | None = None  # of soft labels, which a teacher gives; None: hard labels
    largest: int | None = None  # the side, in pixels, that larger images are averaged down to

    def epochs_for(self, ipc: float) -> int:
        """The number of epochs for so many images a class."""
        return next(n for most, n in self.epochs.items() if ipc <= most)

    def batch_for(self, ipc: float) -> int:
        """The number of images in a batch for so many images a class."""
        return next((n for most, n in self.batches.items() if ipc <= most), self.batch)

    def for_net(self, net: str) -> "Protocol":
        """The same with the learning rate of a net."""
        own = (lr for name, lr in self.rates.items() if net.startswith(name))
        return replace(self, lr=next(own, self.lr))

    @property
    def labels(self) -> str:
        """ "hard" or "soft": accuracies of one and of the other do not compare."""
        return "hard" if self.temperature is None else "soft"

    def rate_at(self, t: float) -> float:
        """The learning rate at the share t of the steps, 0 <= t < 1."""
        if self.schedule == "steps":
            return self.lr * self.drop ** sum(t >= at for at in self.drops)
        if self.schedule == "half-cosine":
            return self.lr * 0.5 * (1 + math.cos(math.pi * t / 2))
        if t < WARM:
            return self.lr * (0.04 + 0.96 * t / WARM)
        return self.lr * 0.5 * (1 + math.cos(math.pi * (t - WARM) / (1 - WARM)))

    def make_optimizer(self, net: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of a net's parameters."""
        decay = self.weight_decay
        vectors = [p for p in net.parameters() if p.ndim < 2]
        others = [p for p in net.parameters() if p.ndim >= 2]
        groups = [
            {"params": others, "weight_decay": decay},
            {"params": vectors, "weight_decay": decay * self.decay_vectors},
        ]
        if self.optimizer == "adamw":
            return torch.optim.AdamW(groups, self.lr, fused=True)
        return torch.optim.SGD(groups, self.lr, MOMENTUM, fused=True)


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

# Zhao et al., "Dataset Condensation with Gradient Matching" (2021), Sec. 4.1 and its code. The
# statistics are those of CIFAR-10, as the code has them, in [-1, 1].
DC = Protocol(
    name="dc",
    about="Dataset Condensation's: ConvNet-3, 300 epochs, no augmentation",
    net="convnet-3",
    epochs={math.inf: 300},
    batch=256,
    optimizer="sgd",
    lr=0.01,
    weight_decay=5e-4,
    schedule="steps",
    drops=(1 / 2,),
    drop=0.1,
    mean=(-0.0172, -0.0356, -0.1070),  # 2 (0.4914, 0.4822, 0.4465) - 1
    std=(0.4046, 0.3988, 0.4020),  # 2 (0.2023, 0.1994, 0.2010)
)

# Zhao & Bilen, "Dataset Condensation with Differentiable Siamese Augmentation" (2021): the code
# trains 1,000 epochs where it augments, and augments after normalising.
DSA = replace(
    DC,
    name="dsa",
    about="Differentiable Siamese Augmentation's: ConvNet-3, 1,000 epochs, augmented",
    epochs={math.inf: 1000},
    augment=("dsa",),
    augment_normalised=True,
)

# The training code of IDC (Kim et al., 2022) as Minimax Diffusion (Gu et al., 2024) and those
# after it use it, for up to 100 classes. Two habits are left out: the papers report the best of
# the evaluations on the test set, and enlarge smaller images to 224 px.
HARD = Protocol(
    name="hard",
    about="IDC's and Minimax Diffusion's: hard labels, CutMix, 300 to 3,000 epochs by set size",
    net="resnetap-10",
    epochs={1: 3000, 10: 2000, 50: 1500, 200: 1000, 500: 500, math.inf: 300},
    batch=64,
    optimizer="sgd",
    lr=0.01,
    weight_decay=5e-4,
    schedule="steps",
    drops=(2 / 3, 5 / 6),
    drop=0.2,
    augment=("resized_crop", "flip", "jitter", "lighting"),
    cutmix=True,
    mean=(-0.03, -0.088, -0.188),  # ImageNet's: 2 (0.485, 0.456, 0.406) - 1
    std=(0.458, 0.448, 0.45),  # 2 (0.229, 0.224, 0.225)
    largest=224,
)

# The validation code of RDED (Sun et al., CVPR 2024), as D3HR (Zhao et al., ICML 2025), CaO2 (Wang
# et al., ICCV 2025) and others took it over. RDED cuts its 2 x 2 collages up before, which is left
# out: sets of other methods have none. The papers report the best of the last tests.
SOFT = Protocol(
    name="soft",
    about="RDED's and D3HR's: soft labels of a teacher at temperature 20, CutMix, 300 epochs",
    net="resnet-18",  # RDED, Tab. 2; with batch norm, as torchvision's
    norm="batch",
    epochs={math.inf: 300},  # RDED, Sec. 4.1; D3HR has 400 for CIFAR
    batch=100,  # from 50 images a class on: RDED's code,
    batches={1: 10, 10: 50},  # where there are at most 100 classes
    optimizer="adamw",  # betas (0.9, 0.999)
    lr=1e-3,  # residual nets and ConvNets; others by name, as RDED's code has them
    rates={
        "mobilenetv2": 2.5e-3,
        "efficientnet": 2e-3,
        "vgg": 5e-4,
        "vit": 1e-4,
        "deit": 1e-4,
        "swin": 1e-4,
    },
    weight_decay=0.01,
    decay_vectors=False,  # weight matrices only: RDED's code
    schedule="half-cosine",  # 0.5 (1 + cos(pi t / 2)), which ends at half the rate: both codes
    augment=("resized_crop_wide", "flip"),  # from 0.08 of the area on: D3HR's code
    cutmix=True,  # alpha 1, whole batches
    temperature=20.0,  # KL divergence alone, without hard labels: both codes
    mean=HARD.mean,
    std=HARD.std,
    largest=224,
)

# Ours: a teacher reaches what its net can reach on the real images, in as few epochs as do.
TEACHER = Protocol(
    name="teacher",
    about="how a teacher is trained on all real images",
    net="resnet-18",
    norm="batch",
    epochs={math.inf: 20},
    batch=64,
    optimizer="adamw",
    lr=2e-3,
    weight_decay=5e-2,
    schedule="onecycle",
    augment=("resized_crop_wide", "flip"),  # as students see images, so must it
    mean=HARD.mean,
    std=HARD.std,
    largest=224,
)

PROTOCOLS: Mapping[str, Protocol] = {p.name: p for p in (QUICK, DC, DSA, HARD, SOFT)}
UNMIRRORED = {"flip": (), "dsa": ("dsa_unmirrored",)}
MIRRORED = ("digits",)  # data sets in which a mirrored image is of another class, or of none


def protocol_for(name: str, dataset: str) -> Protocol:
    """The protocol of a name, without flips where they would change an image's class.

    Raises:
        Refused: if there is no such protocol.
    """
    return unmirrored(PROTOCOLS[choice("protocol", name, PROTOCOLS)], dataset)


def unmirrored(protocol: Protocol, dataset: str) -> Protocol:
    """A protocol without flips, if they change what the images of a data set show."""
    if dataset not in MIRRORED:
        return protocol
    kept = (UNMIRRORED.get(name, (name,)) for name in protocol.augment)
    return replace(protocol, augment=tuple(a for names in kept for a in names))
