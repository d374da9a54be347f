"""The loop that every method shares."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, guided
from ..diffusion.outline import check_match
from ..diffusion.prior import Prior
from ..diffusion.sampler import SAMPLERS
from ..errors import Refused, unknown
from ..event import Event, finish
from ..image import to_pixels, to_tensor
from ..machine.malloc import memory_kept
from .cache import keep_latents, load_latents
from .recipe import Method, Recipe, check, combine

__all__ = [
    "Distilled", "Settings", "distill", "draw", "encode_class", "encode_classes", "fit",
    "real_latents", "seeded_noise",
]  # fmt: skip


BATCH = 64  # real images that are encoded together


@dataclass(frozen=True)
class Settings:
    """How to sample, whatever the method."""

    ipc: int = 10  # images per class
    steps: int = 50
    cfg_scale: float | Dial | None = None  # None is the prior's own default
    seed: int = 0
    sampler: str = "ddim"
    cfg_channels: int | None = None  # channels that class guidance moves; None is the prior's own
    cfg_between: tuple[int, int] | None = None
    """The times low < t <= high at which class guidance acts; None is all."""


@dataclass(frozen=True)
class Distilled:
    """A distilled set: a handful of images of one or more classes."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    latents: Tensor  # (n, *latent_shape), on the CPU
    labels: NDArray[np.int64]  # (n,)
    sources: NDArray[np.int64]  # (n,) index of the training image, -1 where it was sampled

    @classmethod
    def join(cls, parts: Sequence["Distilled"]) -> "Distilled":
        """One set from several, in order."""
        return cls(
            np.concatenate([part.images for part in parts]),
            torch.cat([part.latents for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.sources for part in parts]),
        )


def seeded_noise(
    shape: Sequence[int], seed: int, label: int, n: int, step: int | None = None
) -> Tensor:
    """Standard normal noise (n, *shape): row k depends on (seed, label, k, step) alone.

    So a sample does not change with the batch it is drawn in, the device, or the number of
    processes. Without `step` it is the initial latent's noise.
    """
    rows = []
    for k in range(n):
        entropy = [seed, label, k] if step is None else [seed, label, k, 1 + step]
        state = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]) >> 1
        rows.append(torch.randn(*shape, generator=torch.Generator().manual_seed(state)))
    return torch.stack(rows)


def real_latents(prior: Prior, data: Dataset, label: int, n: int) -> Tensor:
    """`encode_class`, run to its end."""
    return finish(encode_class(prior, data, label, n))


def encode_class(prior: Prior, data: Dataset, label: int, n: int) -> Generator[Event, None, Tensor]:
    """Latents of n real training images of a class (all, if there are fewer), (n, *shape).

    They are drawn with a fixed seed, so methods that ask for the same number share them. What is
    encoded is kept on disk, and an event says of each batch that it was; it is encoded in the same
    batches whatever n is, so that it is the same to the last bit.

    Raises:
        Refused: if latents of these images are none of the prior's.
    """
    order = np.random.default_rng([0, label]).permutation(data.train.of(label))
    n = min(n, len(order))
    known = load_latents(prior, data, label)
    done = 0 if known is None else len(known)
    if known is None or done < n:
        images, parts, batches = data.train.images, [], range(done, n, BATCH)
        with memory_kept():  # from batch to batch too
            for i, k in enumerate(batches):
                chunk = np.ascontiguousarray(images[order[k : k + BATCH]])
                parts.append(prior.encode(to_tensor(chunk)))
                if parts[-1].shape[1:] != prior.latent_shape:
                    raise Refused(
                        f"The images of {data.name!r} have latents of shape "
                        f"{tuple(parts[-1].shape[1:])} under the prior {prior.name!r}, whose "
                        f"network takes {prior.latent_shape}; choose a prior of the images' size."
                    )
                yield Event("encode", i, len(batches), label)
        known = torch.cat([*([] if known is None else [known.to(parts[0])]), *parts])
        keep_latents(prior, data, label, known)
        if data.latents is not None:  # what is used is what is read the next time
            known = known.half().float()
    chosen = known[torch.from_numpy(order[:n].argsort())].to(prior.device)
    # A network rounds otherwise for another layout, and one that was read has lost the encoder's.
    return chosen.contiguous(memory_format=torch.channels_last) if chosen.ndim == 4 else chosen


def encode_classes(
    prior: Prior, data: Dataset, labels: Sequence[int], n: int
) -> Generator[Event, None, dict[int, Tensor]]:
    """`encode_class` of every class, by label."""
    real = {}
    for label in labels:
        real[label] = yield from encode_class(prior, data, label, n)
    return real


def fit(
    methods: Mapping[str, Method], prior: Prior, data: Dataset, labels: Sequence[int]
) -> Generator[Event, None, Recipe]:
    """Fits methods, each on the prior the ones before it made, and returns their sum.

    Raises:
        Refused: if a hyperparameter is out of range, two methods exclude each other, or prior and
            data do not belong together.
    """
    for name, method in methods.items():
        check(name, method)
    drawn = all(method.place != "subset" for method in methods.values())
    check_match(prior, data, labels if drawn else ())
    recipes: dict[str, Recipe] = {}
    for name, method in methods.items():
        recipes[name] = yield from method.fit(prior, data, labels)
        prior = recipes[name].prior or prior
        combine(recipes)  # refuses before the next, perhaps long, fit
    return combine(recipes)


def draw(
    recipe: Recipe, prior: Prior, data: Dataset, label: int, settings: Settings
) -> Generator[Event, None, Distilled]:
    """Draws the images of one class, yielding an event with the estimates of x_0 per step.

    Raises:
        Refused: if there is no such sampler, more steps are asked for than there are times, or
            class guidance of more channels than latents have.
    """
    prior = _guided_in(settings.cfg_channels, recipe.prior or prior)
    if recipe.subset is not None:
        return _real(recipe.subset(label, settings.ipc, settings.seed), prior, data, label)
    if settings.sampler not in SAMPLERS:
        raise Refused(unknown("sampler", settings.sampler, SAMPLERS))
    n = settings.ipc * recipe.pool
    for prepare in recipe.prepare:
        yield from prepare(label, n)
    if recipe.init is not None:
        x, start = recipe.init(label, n, settings.seed)
    else:
        x = seeded_noise(prior.latent_shape, settings.seed, label, n)
        start = prior.schedule.T
    cfg_scale = prior.cfg_scale if settings.cfg_scale is None else settings.cfg_scale
    denoiser = prior.denoiser(prior.label_of(data, label), cfg_scale, settings.cfg_between)
    denoiser = guided(denoiser, [make(label) for make in recipe.guidance], prior.schedule)

    def noise(i: int) -> Tensor:
        return seeded_noise(prior.latent_shape, settings.seed, label, n, i).to(prior.device)

    sampler = SAMPLERS[settings.sampler]
    times = prior.schedule.times(settings.steps, start)
    for step in sampler(denoiser, x.to(prior.device), times, prior.schedule, noise):
        yield Event("sample", step.i, step.n, label, step.x0)
    kept = step.x[: settings.ipc]
    if recipe.select is not None:
        kept = step.x[list(recipe.select(label, step.x, settings.ipc))]
    if recipe.refine is not None:
        kept = yield from recipe.refine(prior, prior.label_of(data, label), kept)
    return Distilled(
        to_pixels(prior.decode(kept)),
        kept.cpu(),
        np.full(len(kept), label),
        np.full(len(kept), -1),
    )


def _guided_in(channels: int | None, prior: Prior) -> Prior:
    """The prior whose class guidance moves the first so many channels; None is its own way."""
    if channels is None:
        return prior
    if channels > prior.latent_shape[0]:
        raise Refused(
            f"cfg_channels must be at most {prior.latent_shape[0]}, the channels of a latent of "
            f"the prior {prior.name!r}; got {channels}."
        )
    return replace(prior, cfg_channels=channels)


def _real(rows: NDArray[np.int64], prior: Prior, data: Dataset, label: int) -> Distilled:
    images = np.ascontiguousarray(data.train.images[rows])
    latents = prior.encode(to_tensor(images)).cpu()
    return Distilled(images, latents, np.full(len(rows), label), rows)


def distill(
    methods: Mapping[str, Method],
    prior: Prior,
    data: Dataset,
    settings: Settings,
    labels: Sequence[int] | None = None,
) -> Generator[Event, None, Distilled]:
    """Distils some or all classes of a data set.

    The set is the generator's return value: `distilled = yield from distill(...)`.
    """
    labels = range(len(data.classes)) if labels is None else labels
    recipe = yield from fit(methods, prior, data, labels)
    parts = []
    for label in labels:
        parts.append((yield from draw(recipe, prior, data, label, settings)))
    return Distilled.join(parts)
