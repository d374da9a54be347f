"""Trains the diffusion transformer of a prior on latents.

It predicts v = alpha_t eps - sigma_t x_0 (Salimans & Ho, 2022, arXiv:2202.00512), which is
unit-scaled at every noise level; the scheduler's config says so.
"""

import copy
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..diffusion.schedule import Schedule
from ..errors import Refused
from ..event import Event
from ..machine.checkpoint import Checkpoint, advance, seeded
from ..machine.compiled import compiled, low_precision
from ..machine.replicas import Replicas, current
from ..machine.torchvision_shim import declare_missing_operators
from .muon import Muon
from .routing import draw_tokens, routed
from .spec import PriorSpec
from .warm_start import start_from

if TYPE_CHECKING:
    from diffusers import DiTTransformer2DModel

__all__ = ["Watch", "snr_weight", "train_transformer"]

F = nn.functional
NULL_LABEL = 1000  # DiTPipeline's; the label table has a row for every label below it
WATCHED = 20  # times in a training
WINDOW, RISE = 100, 1.05  # steps of the mean loss, and its rise above the lowest that is too much

_Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]

Watch = Callable[[int, nn.Module], None]
"""Shown the number of steps done and the averaged network, now and then."""


def train_transformer(
    latents: Tensor,
    labels: Tensor,
    spec: PriorSpec,
    folder: Path,
    device: torch.device,
    watch: Watch | None = None,
    *,
    same_classes: bool = False,
) -> Generator[Event, None, "DiTTransformer2DModel"]:
    """Trains a class-conditional transformer on (n, channels, side, side) latents.

    Returns the moving average of the weights. `same_classes` says that the prior it starts from
    is one of the same classes, whose weights it takes too.

    Raises:
        Refused: if the prior it is to start from is not here or has another shape, or if tokens
            are to be routed past the inner blocks of a network that has none.
    """
    _check_routing(spec)
    network = _transformer(latents.shape, spec)
    if spec.start:
        start_from(network, spec.start, "transformer", classes=same_classes)
    average = copy.deepcopy(network.to(device)).requires_grad_(False)
    together, schedule, brake = current(), Schedule.linear(), _Brake()
    share, low = together.share(spec.batch), together.same(low_precision(folder, device.type))
    optimizers = _optimizers(network, spec, low)
    # In float32 compiling gains nothing: 23 images a second on one core, with and without.
    predict = compiled(_predict) if low and _has_compiler(device) else _predict

    def step(i: int) -> dict[str, float]:
        batch = _own(_batch(latents, labels, spec, schedule.T, i), together)
        loss = share * _loss(partial(predict, network), schedule, spec.snr, batch, device, low)
        loss.backward()
        together.sum_gradients(network.parameters())
        for optimizer in optimizers:
            _set_rate(optimizer, brake.factor * _rate(spec, i), spec.warmup)
            optimizer.step()
            optimizer.zero_grad()
        _average(average, network, _retained(spec, i))
        if watch is not None and (i + 1) % max(1, spec.steps // WATCHED) == 0:
            watch(i + 1, average)
        brake.take(whole := together.total(loss))
        return {"loss": whole}

    state: dict[str, Any] = {"network": network, "average": average, "brake": brake}
    state |= {f"optimizer{k}": optimizer for k, optimizer in enumerate(optimizers)}
    kept = Checkpoint(together.path(folder / "transformer.ckpt"), state)
    yield from advance("transformer", spec.steps, kept, step)
    return average


def _check_routing(spec: PriorSpec) -> None:
    if spec.routed and spec.depth < 3:
        raise Refused(
            f"Tokens are routed past the blocks between the first and the last; a depth of "
            f"{spec.depth} has none. Use a depth of 3 or more, or no routing."
        )


def _batch(latents: Tensor, labels: Tensor, spec: PriorSpec, T: int, i: int) -> _Batch:
    """The batch of step i: latents x_0, labels of which some are the null label, times t, noise,
    and the tokens that the inner blocks see, if not all.

    All lie on the CPU, and depend on (seed, i) alone.
    """
    rng, generator = seeded(spec.seed, i)
    rows = torch.from_numpy(rng.integers(len(latents), size=spec.batch))
    x0 = latents[rows].float()
    t = _times(rng, spec.batch, T)
    y = labels[rows].clone()
    y[torch.from_numpy(rng.random(spec.batch) < spec.label_dropout)] = NULL_LABEL
    eps = torch.randn(x0.shape, generator=generator)
    if not spec.routed:
        return x0, y, t, eps, None
    tokens = (latents.shape[-1] // spec.patch) ** 2
    return x0, y, t, eps, draw_tokens(spec.batch, tokens, spec.routed, generator)


def _own(batch: _Batch, together: Replicas) -> _Batch:
    """The rows of a batch that are this process's."""
    x0, y, t, eps, kept = batch
    rows = together.rows(len(x0))
    return x0[rows], y[rows], t[rows], eps[rows], None if kept is None else kept[rows]


def _predict(
    network: "DiTTransformer2DModel", x: Tensor, timestep: Tensor, y: Tensor, kept: Tensor | None
) -> Tensor:
    """What the network says of x (n, channels, side, side), its inner blocks of `kept` tokens."""
    if kept is not None:
        return routed(network, x, timestep, y, kept)
    v: Tensor = network(x, timestep=timestep, class_labels=y).sample
    return v


def _loss(
    predict: Callable[..., Tensor],
    schedule: Schedule,
    gamma: float,
    batch: _Batch,
    device: torch.device,
    low: bool,
) -> Tensor:
    """The weighted mean squared error of the predicted v."""
    x0, y, t, eps = (part.to(device) for part in batch[:4])
    kept = None if batch[4] is None else batch[4].to(device)
    alpha, sigma = schedule(t, like=x0)
    with torch.autocast(device.type, torch.bfloat16, enabled=low):
        v = predict(alpha * x0 + sigma * eps, t - 1, y, kept)
    error = (v.float() - (alpha * eps - sigma * x0)).square()
    return (snr_weight(alpha, sigma, gamma) * error).mean()


def snr_weight(alpha: Tensor, sigma: Tensor, gamma: float) -> Tensor:
    """The weight of the squared error of v at a signal-to-noise ratio, capped at gamma.

        w = min(SNR, gamma) / (SNR + 1),    SNR = alpha^2 / sigma^2

    The error of v is (SNR + 1) times that of x_0, so that of x_0 is weighted by min(SNR, gamma)
    (Hang et al., 2023, arXiv:2303.09556, section 3.4). With gamma 0 all weights are 1.
    """
    if not gamma:
        return torch.ones_like(alpha)
    snr = (alpha / sigma).square()
    return snr.clamp(max=gamma) / (snr + 1)


def _retained(spec: PriorSpec, i: int) -> float:
    """How much of the average of the weights step i keeps.

    With `ema_power` p the average follows all of training, weighing step j by j^p, however long
    training lasts (Karras et al., 2024, arXiv:2312.02696, section 3.1).
    """
    if spec.ema_power:
        return float((1 - 1 / (i + 1)) ** (spec.ema_power + 1))
    return min(spec.ema, (1 + i) / (10 + i))


def _set_rate(optimizer: torch.optim.Optimizer, factor: float, warmup: int) -> None:
    """Sets each group's learning rate to its peak times the factor."""
    for group in optimizer.param_groups:
        # A finished run that is asked for more steps warms up again: a jump diverges.
        rising = group["lr"] / group["peak"] + 1 / warmup
        group["lr"] = group["peak"] * min(factor, rising)


def _rate(spec: PriorSpec, i: int) -> float:
    """The learning rate's factor at step i: warm up, hold, fall linearly to zero."""
    falling = max(1.0, spec.decay * spec.steps)
    return min(1.0, (i + 1) / spec.warmup, max((spec.steps - i) / falling, 0.0))


@dataclass
class _Brake:
    """Halves the learning rate when the mean loss of the last steps is well above its lowest.

    Then training diverges: seen with photographs, where it took 300 steps to undo 2,000.
    """

    factor: float = 1.0
    mean: float = 0.0  # over about WINDOW steps
    lowest: float = float("inf")
    seen: int = 0

    def take(self, loss: float) -> None:
        """Takes the loss of the next step."""
        self.seen += 1
        self.mean += (loss - self.mean) / min(self.seen, WINDOW)
        if self.seen < WINDOW:
            return
        if self.mean > RISE * self.lowest:
            self.factor /= 2
            self.lowest = self.mean
        self.lowest = min(self.lowest, self.mean)

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes up what a checkpoint kept."""
        for name in asdict(self):
            setattr(self, name, state[name])


def _has_compiler(device: torch.device) -> bool:
    return device.type == "cuda" or shutil.which("g++") is not None


def _times(rng: np.random.Generator, n: int, T: int) -> Tensor:
    """Times from a logit-normal density with its median at 0.4 T (Esser et al., 2024, Eq. 19).

    Close to T the target is almost pure x_0 given almost pure noise: there is little to learn.
    """
    u = 1 / (1 + np.exp(0.4 - rng.standard_normal(n)))
    return torch.from_numpy(np.ceil(T * u).astype(np.int64).clip(1, T))


def _transformer(shape: Sequence[int], spec: PriorSpec) -> "DiTTransformer2DModel":
    declare_missing_operators()
    from diffusers import DiTTransformer2DModel
    from diffusers.models.attention_processor import AttnProcessor

    torch.manual_seed(spec.seed)
    network = DiTTransformer2DModel(
        num_attention_heads=spec.heads,
        attention_head_dim=spec.width // spec.heads,
        in_channels=shape[1],
        out_channels=shape[1],
        num_layers=spec.depth,
        sample_size=shape[2],
        patch_size=spec.patch,
        num_embeds_ada_norm=NULL_LABEL,
    ).eval()  # the batch drops labels, once for all blocks; in train mode each block drops its own
    for block in network.transformer_blocks:
        # With few tokens plain products train a third faster than the fused CPU kernel.
        block.attn1.set_processor(AttnProcessor())
        # adaLN-Zero (Peebles & Xie, 2023): a block begins as the identity.
        nn.init.zeros_(block.norm1.linear.weight)
        nn.init.zeros_(block.norm1.linear.bias)
        nn.init.normal_(block.norm1.emb.class_embedder.embedding_table.weight, std=0.02)
    nn.init.zeros_(network.proj_out_2.weight)
    nn.init.zeros_(network.proj_out_2.bias)
    return network


def _optimizers(network: nn.Module, spec: PriorSpec, low: bool) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al., 2024) for the matrices inside the blocks, AdamW for everything else."""
    matrices: list[Tensor] = []
    rest: list[Tensor] = []
    for name, p in network.named_parameters():
        inside = (".attn1." in name or ".ff." in name) and p.ndim == 2
        (matrices if inside and spec.muon else rest).append(p)
    made: list[torch.optim.Optimizer] = []
    if matrices:
        groups = [{"params": matrices, "peak": spec.lr}]
        dtype = torch.bfloat16 if low else torch.float32
        options = {"weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
        made.append(Muon(groups, spec.lr, dtype=dtype, **options))
    groups = [{"params": rest, "peak": spec.lr}]
    made.append(torch.optim.AdamW(groups, spec.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True))
    return made


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    mine: list[Tensor] = list(average.parameters())
    theirs: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(mine, theirs, 1 - decay)
