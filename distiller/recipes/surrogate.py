"""Surrogates: small classifiers of latents that methods may consult.

A judge scores what was made, so no method may see it. A method that needs a classifier (influence
guidance, selection by confidence) has a surrogate of its own: a small convolutional net on the
prior's latents of real images, with the weights of several moments of its training, kept on disk.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..machine.disk import cache_folder
from .cache import content_key, keep_tensors, load_tensors, shipped_fit
from .loop import encode_classes

__all__ = ["Surrogate", "surrogate_name", "train_surrogate"]

F = nn.functional
STEPS, BATCH = 600, 64  # of training
MOMENTS = (0.05, 0.2, 0.5, 1.0)  # of training, whose weights are kept


class LatentNet(nn.Module):
    """Three convolutions with group norms, halving twice, and a linear head."""

    def __init__(self, channels: int, classes: int, width: int = 48) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), nn.GroupNorm(8, width), nn.GELU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.GELU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.GELU(),
        )  # fmt: skip
        self.head = nn.Linear(width, classes)

    def forward(self, latents: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to logits (n, classes)."""
        logits: Tensor = self.head(self.body(latents).mean((2, 3)))
        return logits


@dataclass(frozen=True)
class Surrogate:
    """A net, the weights it had at several moments of training, and the latents it learned from."""

    net: LatentNet
    moments: Sequence[Mapping[str, Tensor]]

    def log_probabilities(self, latents: Tensor, moment: int = -1) -> Tensor:
        """What the net says of latents (n, ...) at a moment of its training: (n, classes)."""
        weights = dict(self.moments[moment])
        logits: Tensor = torch.func.functional_call(self.net, weights, (latents,))
        return logits.log_softmax(1)

    def to(self, device: torch.device) -> "Surrogate":
        """The same with its weights on a device; the net holds none that are used."""
        moved = [{name: w.to(device) for name, w in m.items()} for m in self.moments]
        return Surrogate(self.net, moved)

    def features(self, latents: Tensor) -> Tensor:
        """What the trained net's head reads of latents (n, ...): (n, width)."""
        weights = {k[5:]: w for k, w in self.moments[-1].items() if k.startswith("body.")}
        maps: Tensor = torch.func.functional_call(self.net.body, weights, (latents,))
        return maps.mean((2, 3))

    def tensors(self) -> dict[str, Tensor]:
        """The weights at every moment, by the number of the moment and their names."""
        return {f"{k}/{name}": w for k, m in enumerate(self.moments) for name, w in m.items()}


def train_surrogate(prior: Prior, data: Dataset, images: int) -> Generator[Event, None, Surrogate]:
    """A surrogate for all classes of a data set; one that ships, or was trained before, is read."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = LatentNet(prior.latent_shape[0], len(data.classes)).requires_grad_(False)
    name = surrogate_name(prior, data, images)
    path = cache_folder() / f"{name}.safetensors"
    if (shipped := shipped_fit(prior, name)) is not None:
        return Surrogate(net, _unpack(shipped))
    if prior.folder is not None and (kept := load_tensors(path)) is not None:
        return Surrogate(net, _unpack(kept[0]))
    encoded = yield from encode_classes(prior, data, range(len(data.classes)), images)
    moments = yield from _train(net, {k: z.cpu() for k, z in encoded.items()})
    made = Surrogate(net, moments)
    if prior.folder is not None:
        keep_tensors(path, made.tensors(), {})
    return made


def surrogate_name(prior: Prior, data: Dataset, images: int) -> str:
    """What a surrogate is called in the cache and among the fits that ship."""
    settings = ["surrogate", images, STEPS, BATCH]
    return f"surrogate-{content_key(prior, data, range(len(data.classes)), settings)}"


def _unpack(named: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    moments: list[dict[str, Tensor]] = [{} for _ in MOMENTS]
    for name, w in named.items():
        k, _, rest = name.partition("/")
        moments[int(k)][rest] = w
    return moments


def _train(
    net: LatentNet, latents: Mapping[int, Tensor]
) -> Generator[Event, None, list[dict[str, Tensor]]]:
    x = torch.cat(list(latents.values()))
    y = torch.cat([torch.full((len(z),), label) for label, z in latents.items()])
    weights = {name: w.clone().requires_grad_() for name, w in net.state_dict().items()}
    optimizer = torch.optim.AdamW(list(weights.values()), lr=2e-3, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=STEPS)
    kept, moments = [max(round(STEPS * m), 1) for m in MOMENTS], []
    for i in range(STEPS):
        rows = torch.from_numpy(np.random.default_rng([0, i]).integers(len(x), size=BATCH))
        with torch.enable_grad():
            logits = torch.func.functional_call(net, weights, (x[rows],))
            loss = F.cross_entropy(logits, y[rows], label_smoothing=0.05)
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        rate.step()
        moments += [{k: w.detach().clone() for k, w in weights.items()}] * kept.count(i + 1)
        yield Event("surrogate", i, STEPS, scalars={"loss": loss.item()})
    return moments
