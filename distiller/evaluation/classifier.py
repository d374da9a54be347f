"""Classifiers: nets that take images as everything here does, and how one is trained.

Training is a generator of losses; what it learns from, and for how long, its caller decides.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import Refused
from ..machine.checkpoint import SECONDS, Checkpoint
from ..machine.compiled import bfloat16_pays, compiled_forward
from ..machine.malloc import memory_kept
from .augmentation import augment, mix
from .protocol import Protocol

__all__ = ["Classifier", "LabelledSet", "predict", "resize", "train"]

F = nn.functional
LARGE = 4_000_000_000  # bytes of a set in float32, beyond which it is held as bytes
Forward = Callable[[nn.Module, Tensor], Tensor]
"""Maps a net and its input to its logits."""


@dataclass(frozen=True)
class LabelledSet:
    """A set to train on."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)
    weights: NDArray[np.float64] | None = None  # (n,), of each image's loss; None: all alike


class Classifier(nn.Module):
    """A net behind what it does to images: average them down to its size, normalise them.

    It takes images (n, 3, h, w) in [-1, 1], as everything here does, and so its gradients with
    respect to images are those of that range.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, protocol: Protocol, size: int) -> None:
        super().__init__()
        self.net, self.size = net, size
        self.register_buffer("mean", torch.tensor(protocol.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(protocol.std)[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        """Maps (n, 3, h, w) in [-1, 1] to logits (n, classes)."""
        logits: Tensor = self.net(self.normalise(resize(images, self.size)))
        return logits

    def normalise(self, images: Tensor) -> Tensor:
        """(x - mean) / std, channel by channel."""
        return (images - self.mean) / self.std


def resize(images: Tensor, size: int) -> Tensor:
    """Averages (n, 3, h, w) over areas down to (n, 3, size, size); smaller images stay."""
    if images.shape[-1] <= size:
        return images
    return F.interpolate(images, size=(size, size), mode="area")


def _last(pixels: NDArray[np.uint8]) -> Tensor:
    """`to_tensor` in the channels-last layout, which is that of the pixels: nothing moves."""
    x = torch.from_numpy(np.array(pixels, np.float32))
    return x.permute(0, 3, 1, 2).div_(127.5).sub_(1)


@torch.no_grad()
def predict(
    net: nn.Module, images: NDArray[np.uint8], batch: int = 100, compiled: bool = False
) -> Tensor:
    """Logits (n, classes), on the CPU, of pixels (n, h, w, 3); leaves the net in eval mode.

    `compiled` compiles the net for batches of one size, and uses bfloat16 where that is faster, as
    `train` does.

    Raises:
        Refused: if it is to be compiled and cannot be.
    """
    net.eval()
    device = next(net.parameters()).device
    forward = compiled_forward() if compiled else lambda net, x: net(x)
    low = compiled and bfloat16_pays(device.type)
    parts = []
    with memory_kept(), torch.autocast(device.type, torch.bfloat16, enabled=low):
        for k in range(0, len(images), batch):
            x = _last(images[k : k + batch]).to(device)
            if compiled:  # for one shape
                x = F.pad(x, (0, 0, 0, 0, 0, 0, 0, batch - len(x)))
            parts.append(forward(net, x)[: len(images) - k].float().cpu())
    return torch.cat(parts)


# ------------------------------------------------------------------------------------ training


def train(
    classifier: Classifier,
    protocol: Protocol,
    chosen: LabelledSet,
    epochs: int,
    seed: int,
    compiled: bool = False,
    teacher: Classifier | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[float, None, None]:
    """Trains a net in place, yielding the loss of every step.

    The order of the images and their augmentation follow from the seed alone. `compiled` compiles
    the net, and the teacher, and uses bfloat16 where that is faster. A protocol of soft labels
    takes them from the teacher, for each batch as it was augmented and mixed; the set's own labels
    do not matter then. A checkpoint is gone on from, and written between two epochs, its steps.

    Raises:
        Refused: if it is to be compiled and cannot be, or there is a teacher and soft labels are
            not asked for, or the other way round.
    """
    _check_teacher(protocol, teacher)
    forward = compiled_forward() if compiled else lambda net, x: net(x)
    device = next(classifier.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    take = _images_on(device, chosen.images, classifier.size)
    y = torch.tensor(chosen.labels, device=device)
    weights = _weights(chosen).to(device)
    optimizer = protocol.make_optimizer(classifier)
    low = compiled and bfloat16_pays(device.type)
    classifier.train()
    batch = protocol.batch_for(len(y) / len(np.unique(chosen.labels)))
    begun = checkpoint or Checkpoint(None, {})
    begun.state |= {"net": classifier, "optimizer": optimizer, "random": _Random(generator)}
    with memory_kept():
        for share, rows in _batches(len(y), batch, epochs, generator, device, begun):
            for group in optimizer.param_groups:
                group["lr"] = protocol.rate_at(share)
            mixed, others, kept = _mixed(classifier, protocol, take(rows), generator)
            with torch.autocast(device.type, torch.bfloat16, enabled=low):
                logits = forward(classifier.net, mixed).float()
                soft = None if teacher is None else _soft(forward, teacher, classifier, mixed)
            if soft is None:
                loss = _loss(logits, y[rows], weights[rows], others, kept)
            else:
                loss = _soft_loss(logits, soft, weights[rows], protocol.temperature or 1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.item()


class _Random:
    """The state of a generator, as a part of a checkpoint."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def state_dict(self) -> dict[str, Tensor]:
        return {"state": self.generator.get_state()}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.generator.set_state(saved["state"])


def _images_on(
    device: torch.device, images: NDArray[np.uint8], size: int
) -> Callable[[Tensor], Tensor]:
    """From rows to their images (n, 3, h, w) in [-1, 1], all of which lie on the device.

    So many that they would not fit lie there as bytes; what is made of them is the same.
    """
    if images.size * 4 > LARGE and images.shape[1] <= size:
        pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device)
        return lambda rows: pixels[rows].permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
    x = resize(_last(images), size).to(device)
    return lambda rows: x[rows]


def _check_teacher(protocol: Protocol, teacher: Classifier | None) -> None:
    if (teacher is None) != (protocol.temperature is None):
        raise Refused(
            f"The protocol {protocol.name} trains with {protocol.labels} labels; "
            + ("it needs a teacher." if teacher is None else "it takes no teacher.")
        )


def _batches(
    n: int,
    batch: int,
    epochs: int,
    generator: torch.Generator,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Iterator[tuple[float, Tensor]]:
    """The share of the training that is done, and the rows of the next batch, at each step.

    Every epoch goes through all n rows in an order of its own; between two, the checkpoint is
    written once a minute.
    """
    checkpoint.restore()
    batches, saved = -(-n // batch), time.monotonic()
    for epoch in range(checkpoint.step, epochs):
        checkpoint.step = epoch
        if time.monotonic() - saved > SECONDS:
            checkpoint.save()
            saved = time.monotonic()
        order = torch.randperm(n, generator=generator).to(device)
        for k, rows in enumerate(order.split(batch)):
            yield (epoch * batches + k) / (epochs * batches), rows


def _weights(chosen: LabelledSet) -> Tensor:
    """The weights of the images' losses, scaled to a mean of 1: (n,)."""
    if chosen.weights is None:
        return torch.ones(len(chosen.labels))
    weights = torch.from_numpy(np.asarray(chosen.weights, np.float32))
    return weights / weights.mean()


def _mixed(
    classifier: Classifier, protocol: Protocol, x: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, float]:
    """A batch augmented, normalised and mixed by CutMix: images, others, share of their own."""
    if protocol.augment_normalised:
        x = augment(classifier.normalise(x), protocol.augment, generator)
    else:
        x = classifier.normalise(augment(x, protocol.augment, generator))
    others, kept = torch.arange(len(x), device=x.device), 1.0
    if protocol.cutmix:
        x, others, kept = mix(x, generator)
    return x.contiguous(memory_format=torch.channels_last), others, kept


@torch.no_grad()
def _soft(forward: Forward, teacher: Classifier, student: Classifier, x: Tensor) -> Tensor:
    """The teacher's logits (n, classes) of a batch that was normalised for the student."""
    x = teacher.normalise(resize(x * student.std + student.mean, teacher.size))
    return forward(teacher.net, x.contiguous(memory_format=torch.channels_last)).float()


def _soft_loss(logits: Tensor, soft: Tensor, w: Tensor, temperature: float) -> Tensor:
    """The weighted KL divergence of the student's from the teacher's softmax at a temperature."""
    mine, its = (F.log_softmax(z / temperature, 1) for z in (logits, soft))
    return (w * F.kl_div(mine, its, reduction="none", log_target=True).sum(1)).mean()


def _loss(logits: Tensor, y: Tensor, w: Tensor, others: Tensor, kept: float) -> Tensor:
    """The weighted cross-entropy, of both labels of an image that was mixed."""
    own = w * F.cross_entropy(logits, y, reduction="none")
    other = w[others] * F.cross_entropy(logits, y[others], reduction="none")
    return (kept * own + (1 - kept) * other).mean()
