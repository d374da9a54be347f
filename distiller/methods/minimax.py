"""Minimax diffusion: fine-tuning for what a small set needs (Gu et al., 2024, arXiv:2311.15529).

The prior is fine-tuned by DiffFit on the real latents of the classes, with two terms beside the
diffusion loss. With R_c the latest real latents of class c, P_c the latest predictions of x_0,
and cos between flattened latents,

    representativeness    1 - min_{i, m} cos(x0_i, R_c[m])     toward the least similar real image
    diversity             max_{i, m} cos(x0_i, P_c[m])         away from the most similar prediction

averaged over the classes of the batch. A fit is kilobytes, so it is kept and, for the
priors that come with the project, shipped: the method then answers at once. Its strength is a
dial between the prior and the fit, and beyond.

The paper's values for DiT-XL/2 are in `paper`: a batch of 8 for 12,000 steps, a decay of 0.9999
and a model for every 20 classes (`chunk`), where here one fit serves all. What else is the
paper's way has a field of its own: an average that begins with the prior and keeps 0.30 of it
after 12,000 steps (`warmup`), embedders that all blocks share (`tables`), and every image once
before any comes again (`shuffle`). The variational bound of a learned variance is left out, and
the bias of its head with it. Images are not mirrored, their latents are means and not samples, and
the network computes in bfloat16. The weights are those that harm none of the shipped priors; five
times as large they do more on solids and digits, and spoil photographs (bench/results.md).
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cosine_similarity, mse_loss

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..machine.checkpoint import Checkpoint, advance
from ..machine.compiled import bfloat16_pays
from ..machine.disk import cache_folder
from ..machine.replicas import current
from ..recipes.cache import content_key
from ..recipes.difffit import (
    Fit,
    as_kept,
    fold,
    load_fit,
    network_of,
    nothing,
    save_fit,
    twin_of,
    with_fit,
)  # fmt: skip
from ..recipes.loop import encode_classes
from ..recipes.recipe import Group, Method, Place, Recipe, knob, recorded

__all__ = ["Minimax"]

LABEL_DROPOUT = 0.1


@dataclass(frozen=True)
class Minimax(Method):
    """Fine-tunes the prior to make images that are representative of the class and diverse."""

    title: ClassVar[str] = "Minimax"
    group: ClassVar[Group] = "the four works"
    place: ClassVar[Place | None] = "prior"
    paper: ClassVar[Mapping[str, Any]] = {
        "steps": 12_000, "batch": 8, "representativeness": 0.002, "diversity": 0.008,
        "ema": 0.9999, "chunk": 20, "images": 100_000, "warmup": False, "tables": "shared",
        "shuffle": True,
    }  # fmt: skip

    strength: float | Dial = knob(1.0, "from the prior, 0, to the fit, 1", low=0, high=2, live=True)
    representativeness: float = knob(0.02, "the weight of that term", low=0, high=10)
    diversity: float = knob(0.08, "the weight of that term", low=0, high=10)
    steps: int = knob(600, "steps of fine-tuning", low=1, high=1_000_000)
    batch: int = knob(32, "images in a step", low=1, high=1024)
    lr: float = knob(1e-3, "learning rate (AdamW)", low=0, high=1)
    memory: int = knob(64, "latents of a class that are remembered", low=1, high=10_000)
    ema: float = knob(0.995, "decay of the weights' moving average", low=0, high=0.999999)
    images: int = knob(1000, "real images of each class", low=2, high=100_000)
    chunk: int = knob(0, "classes fitted together; 0 is all", low=0, high=100_000)
    warmup: bool = knob(
        True, "whether the average soon forgets the prior, its decay growing to `ema`", later=True
    )
    tables: str = knob(
        "each", "each block's embedders trained, or those that all share",
        choices=("each", "shared"), later=True,
    )  # fmt: skip
    shuffle: bool = knob(False, "whether every image comes once before any comes again", later=True)

    def decay(self, i: int) -> float:
        """The share of the average that step i, counted from 0, leaves in it."""
        return min(self.ema, (1 + i) / (10 + i)) if self.warmup else self.ema

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Fine-tunes, or reads the fit that was shipped or made before; always on whole chunks.

        Raises:
            Refused: if the prior is not a transformer.
        """
        network_of(prior)
        size = self.chunk or len(data.classes)
        priors: dict[int, Prior] = {}
        for first in sorted({label // size * size for label in labels}):
            chunk = range(first, min(first + size, len(data.classes)))
            fit = yield from self.fit_chunk(prior, data, chunk)
            fitted = with_fit(prior, fit, self.strength)
            priors |= {prior.label_of(data, label): fitted for label in chunk}
        return Recipe(prior=_routed(prior, priors))

    def key(self, prior: Prior, data: Dataset, labels: Sequence[int]) -> str:
        """The key of a fit to some classes, by all that it depends on."""
        settings = {k: v for k, v in recorded(self).items() if k not in ("strength", "chunk")}
        return content_key(prior, data, labels, settings | current().about)

    def fit_chunk(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Fit]:
        """The fit to some classes together; one that ships or was made before is read.

        Raises:
            Refused: if processes fit together, and cannot keep what they made.
        """
        key = self.key(prior, data, labels)
        if prior.folder is None:
            return (yield from self._train(prior, data, labels, None))
        kept = cache_folder() / f"minimax-{key}.safetensors"
        for path in (prior.folder / "minimax.safetensors", kept):
            if (fit := load_fit(path, key)) is not None:
                return fit
        checkpoint = kept.with_suffix(".ckpt")
        fit = yield from self._train(prior, data, labels, current().path(checkpoint))
        save_fit(fit, kept, key)
        if current().about and load_fit(kept, key) is None:
            raise Refused(f"Processes that fit together keep the fit, and {kept} holds none.")
        with suppress(OSError):
            checkpoint.unlink(missing_ok=True)
        return as_kept(fit)

    def _train(
        self, prior: Prior, data: Dataset, labels: Sequence[int], path: Path | None
    ) -> Generator[Event, None, Fit]:
        encoded = yield from encode_classes(prior, data, labels, self.images)
        latents = torch.cat([encoded[label] for label in labels])
        names = torch.tensor([prior.label_of(data, label) for label in labels])
        classes = names.repeat_interleave(torch.tensor([len(encoded[label]) for label in labels]))
        run = _Run(self, prior, latents, classes)
        kept = Checkpoint(path, run.state, optional=True)
        yield from advance("minimax", self.steps, kept, run.step)
        return replace(run.fit, change={name: c.clone() for name, c in run.average.items()})


class _Run:
    """A run of fine-tuning: the change, its average, the optimizer, and the memories."""

    def __init__(self, spec: Minimax, prior: Prior, latents: Tensor, classes: Tensor) -> None:
        self.spec, self.prior, self.latents, self.classes = spec, prior, latents, classes
        from diffusers.models.attention_processor import AttnProcessor

        self.dit = network_of(prior)
        self.base = dict(self.dit.transformer.named_parameters())
        self.network = twin_of(self.dit.transformer)
        if prior.device.type == "cpu":
            # With few tokens plain products train faster than the fused kernel.
            for block in self.network.transformer_blocks:
                block.attn1.set_processor(AttnProcessor())
        rows = [*sorted(set(classes.tolist())), prior.null_label]
        self.fit = nothing(self.dit.transformer, rows, shared=spec.tables == "shared")
        if self.dit.learns_variance:
            self.fit = replace(
                self.fit,
                change={k: c for k, c in self.fit.change.items() if k != "proj_out_2.bias"},
            )
        for c in self.fit.change.values():
            c.requires_grad_()
        self.average = {name: c.detach().clone() for name, c in self.fit.change.items()}
        self.optimizer = torch.optim.AdamW(
            list(self.fit.change.values()), spec.lr, weight_decay=0.0, fused=True
        )
        self.real, self.made = (_Memory(spec.memory, prior.device) for _ in range(2))
        self.precision = _Precision(current().same(bfloat16_pays(prior.device.type)))

    @cached_property
    def state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        tensors = {f"fit.{k}": c.detach() for k, c in self.fit.change.items()}
        tensors |= {f"average.{k}": c for k, c in self.average.items()}
        parts = {"tensors": _Tensors(tensors), "optimizer": self.optimizer}
        return {**parts, "real": self.real, "made": self.made, "precision": self.precision}

    def step(self, i: int) -> dict[str, float]:
        """One step; its batch depends on i alone."""
        rng = np.random.default_rng([0, i])
        x0, t, eps, labels = self._batch(i, rng)
        dropped = torch.from_numpy(rng.random(len(labels)) < LABEL_DROPOUT).to(labels.device)
        shown = labels.masked_fill(dropped, self.prior.null_label)
        n, together, spec = len(labels), current(), self.spec
        own = together.rows(n)
        kind, low = x0.device.type, self.precision.low
        with torch.enable_grad(), torch.autocast(kind, torch.bfloat16, enabled=low):
            out, x_t = self._predict(x0[own], t[own], eps[own], shown[own])
        with torch.enable_grad():
            target = self.dit.target(x0[own], eps[own], t[own])
            diffusion = mse_loss(out, target) * together.share(n)
            predicted = together.whole(self.dit.x0(x_t, t[own], out), n)
            near, apart = self._terms(predicted, labels)
            loss = diffusion + spec.representativeness * near + spec.diversity * apart
            loss.backward()
        together.sum_gradients(self.fit.change.values())
        self.optimizer.step()
        self.optimizer.zero_grad()
        for name, c in self.average.items():
            c.lerp_(self.fit.change[name].detach(), 1 - spec.decay(i))
        self.real.push(x0, labels)
        self.made.push(predicted.detach(), labels)
        return {"loss": together.total(diffusion), "near": near.item(), "apart": apart.item()}

    def _batch(self, i: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        n, size = len(self.latents), self.spec.batch
        rows = torch.from_numpy(
            shuffled(n, size, i) if self.spec.shuffle else rng.integers(n, size=size)
        )
        t = torch.from_numpy(rng.integers(1, self.prior.schedule.T + 1, size=len(rows)))
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        device = self.prior.device
        x0 = self.latents[rows.to(self.latents.device)].to(device, torch.float32)
        eps = torch.randn(x0.shape, generator=generator).to(device)
        return x0, t, eps, self.classes[rows].to(device)

    def _predict(self, x0: Tensor, t: Tensor, eps: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        alpha, sigma = self.dit.schedule(t, like=x0)
        x_t = alpha * x0 + sigma * eps
        inputs = {"timestep": (t - 1).to(x0.device), "class_labels": labels}
        weights = fold(self.base, self.fit)
        x = x_t.to(self.network.dtype)
        out = torch.func.functional_call(self.network, weights, (x,), inputs).sample
        return out[:, : self.dit.channels].float(), x_t

    def _terms(self, predicted: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Representativeness and diversity, averaged over the batch's classes."""
        near = apart = predicted.sum() * 0
        present = labels.unique().tolist()
        for label in present:
            x = predicted[labels == label]
            if label in self.made.rows:
                near = near + representativeness(x, self.real.rows[label]) / len(present)
                apart = apart + similarity_to_nearest(x, self.made.rows[label]) / len(present)
        return near, apart


def shuffled(n: int, size: int, i: int) -> NDArray[np.int64]:
    """The rows of batch i, (size,), where n rows are gone through in a new order each time.

    What is left of a round in the end and fills no batch is left out; a round of fewer rows than
    a batch is one batch.
    """
    each = max(n // size, 1)
    order = np.random.default_rng([1, i // each]).permutation(n)
    return order[i % each * size :][:size]


def representativeness(x0: Tensor, real: Tensor) -> Tensor:
    """1 - the least cosine between predictions (n, ...) and real latents (m, ...)."""
    return 1 - _cosines(x0, real).min()


def similarity_to_nearest(x0: Tensor, made: Tensor) -> Tensor:
    """The greatest cosine between predictions (n, ...) and earlier ones (m, ...)."""
    return _cosines(x0, made).max()


def _cosines(x: Tensor, y: Tensor) -> Tensor:
    return cosine_similarity(x.flatten(1)[:, None], y.flatten(1)[None], dim=2)


class _Memory:
    """The latest latents of each class, first in first out."""

    def __init__(self, size: int, device: torch.device) -> None:
        self.size, self.device = size, device
        self.rows: dict[int, Tensor] = {}

    def push(self, latents: Tensor, labels: Tensor) -> None:
        for label in labels.unique().tolist():
            before = self.rows.get(label, latents[:0])
            self.rows[label] = torch.cat([before, latents[labels == label]])[-self.size :]

    def state_dict(self) -> dict[int, Tensor]:
        return self.rows

    def load_state_dict(self, rows: dict[int, Tensor]) -> None:
        self.rows = {label: x.to(self.device) for label, x in rows.items()}  # read on the CPU


class _Tensors:
    """Tensors that are written in place, so that whoever holds them sees what was loaded."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors

    def state_dict(self) -> dict[str, Tensor]:
        return dict(self.tensors)

    def load_state_dict(self, saved: Mapping[str, Tensor]) -> None:
        for name, tensor in self.tensors.items():
            tensor.copy_(saved[name])


@dataclass
class _Precision:
    """Whether the network computes in bfloat16: as the run began, wherever it goes on."""

    low: bool

    def state_dict(self) -> dict[str, bool]:
        return {"low": self.low}

    def load_state_dict(self, saved: Mapping[str, bool]) -> None:
        self.low = saved["low"]


def _routed(prior: Prior, priors: Mapping[int, Prior]) -> Prior:
    """One prior of several, each for its own labels: a batch is of one class."""
    if len({id(p) for p in priors.values()}) == 1:
        return next(iter(priors.values()))

    def of(labels: Tensor) -> Prior:
        return priors.get(int(labels[0]), prior)

    def hidden(x_t: Tensor, t: int, labels: Tensor, block: int) -> Tensor:
        chosen = of(labels).hidden
        assert chosen is not None
        return chosen(x_t, t, labels, block)

    def predict(x_t: Tensor, t: int, labels: Tensor) -> Any:
        return of(labels).predict(x_t, t, labels)

    return replace(prior, predict=predict, hidden=hidden, folder=None)
