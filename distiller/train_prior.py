"""Trains a prior on a data set: an autoencoder first, then a diffusion transformer on its latents.

Both are trained by generators that yield an `Event` per step and keep a checkpoint, so a run
that is stopped or killed goes on where its last checkpoint was and ends with the same weights
as an uninterrupted one: batch i depends on (seed, i) alone. What comes out is a folder in
diffusers' own layout, which `DiTPipeline.from_pretrained` and `load_prior` both read. Samples of
the averaged weights so far lie in `.training/preview-<step>.png`, a row for each class.

The transformer predicts v = alpha_t eps - sigma_t x_0 (Salimans & Ho, 2022, arXiv:2202.00512),
which is unit-scaled at every noise level; the scheduler's config says so.
"""

import copy
import json
import math
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from .checkpoint import Checkpoint, advance
from .data import Dataset, render_solids
from .errors import Refused
from .event import Event
from .image import contact_sheet, to_pixels, to_tensor
from .prior import DiT, assemble
from .sampler import dpmpp
from .schedule import Schedule
from .shelf import prior_folder
from .torchvision_shim import declare_missing_operators

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DiTTransformer2DModel
    from numpy.typing import NDArray

__all__ = ["PriorSpec", "train_autoencoder", "train_prior", "train_transformer"]

F = nn.functional
NULL_LABEL = 1000  # DiTPipeline's; the label table has a row for every label below it
PREVIEWS = 20  # of a training run
PREVIEW_CLASSES, PREVIEW_COLUMNS, PREVIEW_STEPS = 10, 4, 12

Watch = Callable[[int, nn.Module], None]
"""Shown the number of steps done and the averaged network, now and then."""


@dataclass(frozen=True)
class PriorSpec:
    """The hyperparameters of a prior."""

    channels: tuple[int, ...] = (32, 64, 96)  # of the autoencoder, from full size down
    latent_channels: int = 4
    autoencoder_steps: int = 2500
    autoencoder_batch: int = 32
    autoencoder_lr: float = 1.5e-3
    latent_noise: float = 0.05  # standard deviation of the posterior, before whitening
    width: int = 256
    depth: int = 8
    heads: int = 4
    patch: int = 2
    steps: int = 4000
    batch: int = 128
    lr: float = 3e-3
    muon: bool = True  # for the matrices; it pays where they are large
    warmup: int = 200
    decay: float = 0.3  # the last part of the steps, in which the rate falls to zero
    ema: float = 0.999
    label_dropout: float = 0.1  # the share of labels replaced by the null label, for CFG
    fresh: int = 0  # renders per class to train on instead of the training split (solids)
    flip: bool = True  # whether a mirror image belongs to the same class
    cfg_scale: float = 2.0  # the default for sampling, stored with the prior
    start: str = ""  # the data set whose prior's weights training starts from; none if empty
    seed: int = 0


PRESETS = {
    "solids": PriorSpec(fresh=5000),
    "digits": PriorSpec(
        channels=(16, 32, 64), autoencoder_steps=2000, width=128, depth=6, heads=2, patch=1,
        steps=3000, batch=64, lr=1e-3, muon=False, flip=False, cfg_scale=1.5,
    ),
    # 32 px halved once: a latent of 16 x 16 x 4 keeps a third of the numbers, where a quarter of
    # the side would keep a twelfth. The transformer is that of solids, whose weights it starts
    # from: it sees 125 images a second on one core, one of 384 x 10 half as many.
    "cifar10": PriorSpec(
        channels=(32, 64), autoencoder_steps=4000,
        steps=6400, lr=2e-3, warmup=500, ema=0.9995, cfg_scale=3.0, start="solids",
    ),
    # The autoencoder of solids has the same quarter of the side at any size; with patches of 4
    # there are 64 tokens again, so that a step costs what one of cifar10 costs.
    "imagenette": PriorSpec(
        autoencoder_steps=1200, autoencoder_batch=16, patch=4,
        steps=8000, lr=2e-3, warmup=500, ema=0.9995, cfg_scale=2.5, start="solids",
    ),
}  # fmt: skip
"""The hyperparameters of the shipped priors.

Those of photographs are sized by what two cores train, by what is shipped (half precision, in
files below 10 MB) and by ten images in 20 steps within 8 s on two cores.
"""


# --------------------------------------------------------------------------------- schedule


def _rate(spec: PriorSpec, i: int) -> float:
    """The learning rate's factor at step i: warm up, hold, fall linearly to zero."""
    falling = max(1.0, spec.decay * spec.steps)
    return min(1.0, (i + 1) / spec.warmup, max((spec.steps - i) / falling, 0.0))


def _has_compiler(device: torch.device) -> bool:
    return device.type == "cuda" or shutil.which("g++") is not None


def _rng(seed: int, i: int) -> tuple[np.random.Generator, torch.Generator]:
    rng = np.random.default_rng([seed, i])
    return rng, torch.Generator().manual_seed(int(rng.integers(2**62)))


# --------------------------------------------------------------------------------- autoencoder


def train_autoencoder(
    images: "NDArray[np.uint8]", spec: PriorSpec, folder: Path, device: torch.device
) -> Generator[Event, None, "AutoencoderKL"]:
    """Trains an autoencoder on (n, size, size, 3) pixels.

    Its latents have zero mean and the identity as covariance over channels, so that the
    scaling factor is 1, and its posterior has the one standard deviation it was trained with.
    """
    declare_missing_operators()
    from diffusers import AutoencoderKL

    torch.manual_seed(spec.seed)
    levels = len(spec.channels)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=spec.channels,
        layers_per_block=1,
        latent_channels=spec.latent_channels,
        norm_num_groups=8,
        sample_size=images.shape[1],
        scaling_factor=1.0,
    )
    if spec.start:
        _start(vae, spec.start, "vae", other_shape=True)
    vae.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(vae.parameters(), spec.autoencoder_lr, betas=(0.9, 0.99))

    def step(i: int) -> dict[str, float]:
        rng, generator = _rng(spec.seed, i)
        x = to_tensor(images[np.sort(rng.integers(len(images), size=spec.autoencoder_batch))])
        if spec.flip and i % 2:
            x = x.flip(-1)
        x = x.to(device, memory_format=torch.channels_last)
        side = images.shape[1] // 2 ** (levels - 1)
        noise = torch.randn(len(x), spec.latent_channels, side, side, generator=generator)
        progress = i / spec.autoencoder_steps
        for group in optimizer.param_groups:
            group["lr"] = spec.autoencoder_lr * min(1, (i + 1) / 100) * _cosine(progress)
        with torch.autocast(device.type, torch.bfloat16):
            # Not compiled: torch 2.13 then silently drops the encoder's gradient on a CPU.
            z = vae.encode(x).latent_dist.mean
            y = vae.decode(z + spec.latent_noise * noise.to(device)).sample.float()
        loss = F.l1_loss(y, x) + 0.5 * _gradient_l1(y, x)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        return {"loss": loss.item(), "psnr": 10 * math.log10(4 / F.mse_loss(y, x).item())}

    checkpoint = Checkpoint(folder / "autoencoder.ckpt", {"vae": vae, "optimizer": optimizer})
    yield from advance("autoencoder", spec.autoencoder_steps, checkpoint, step)
    vae.eval()
    _whiten(vae, images[:: max(1, len(images) // 2000)], spec.latent_noise)
    return vae


def _start(network: nn.Module, name: str, part: str, *, other_shape: bool = False) -> None:
    """Copies the weights of a data set's prior, where name and shape agree; not those of labels.

    Of another shape is a network that shares fewer than half of its weights. If that is allowed,
    it starts anew.

    Raises:
        Refused: if there is no such prior, or it has another shape and must not.
    """
    from safetensors.torch import load_file

    folder = prior_folder(name)
    if folder is None:
        raise Refused(f"There is no prior of {name!r} here to start from.")
    theirs: dict[str, Tensor] = {}
    for path in sorted((folder / part).glob("*.safetensors")):
        theirs |= load_file(path)
    mine = network.state_dict()
    shared = {
        key: value.float()
        for key, value in theirs.items()
        if key in mine and mine[key].shape == value.shape and "class_embedder" not in key
    }
    if sum(value.numel() for value in shared.values()) < sum(v.numel() for v in mine.values()) / 2:
        if other_shape:
            return
        raise Refused(f"The prior of {name!r} has another shape; it cannot be started from.")
    network.load_state_dict(shared, strict=False)


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def _gradient_l1(y: Tensor, x: Tensor) -> Tensor:
    """L1 between finite differences, which keeps edges sharp."""
    rows = F.l1_loss(y.diff(dim=-2), x.diff(dim=-2))
    return rows + F.l1_loss(y.diff(dim=-1), x.diff(dim=-1))


@torch.no_grad()
def _whiten(vae: "AutoencoderKL", pixels: "NDArray[np.uint8]", noise: float) -> None:
    """Folds a linear map into the 1 x 1 convolutions around the latents that whitens them.

    With mean m and covariance L L^T over channels, z becomes L^-1 (z - m), and back.
    """
    z = torch.cat([vae.encode(chunk).latent_dist.mean for chunk in _chunks(pixels, vae)])
    c = z.shape[1]
    flat = z.transpose(0, 1).reshape(c, -1).double()
    lower = torch.linalg.cholesky(torch.cov(flat))
    mean = flat.mean(1)
    into, out = vae.quant_conv, vae.post_quant_conv
    inverse = torch.linalg.inv(lower)
    weight = into.weight[:c, :, 0, 0].double()
    into.weight[:c, :, 0, 0] = inverse @ weight
    into.bias[:c] = inverse @ (into.bias[:c].double() - mean)
    into.weight[c:] = 0
    into.bias[c:] = 2 * torch.log(noise * inverse.diagonal())
    weight = out.weight[:, :, 0, 0].double()
    out.bias += weight @ mean
    out.weight[:, :, 0, 0] = weight @ lower


def _chunks(pixels: "NDArray[np.uint8]", network: nn.Module, size: int = 100) -> Iterator[Tensor]:
    device = next(network.parameters()).device
    for k in range(0, len(pixels), size):
        chunk = to_tensor(pixels[k : k + size])
        yield chunk.to(device, memory_format=torch.channels_last)


@torch.no_grad()
def _encode(
    vae: "AutoencoderKL", pixels: "NDArray[np.uint8]", spec: PriorSpec, folder: Path
) -> Generator[Event, None, Tensor]:
    """The latents of all images in half precision, then of their mirror images; kept on disk."""
    path = folder / "latents.npy"
    if not path.exists():
        parts, n = [], (1 + spec.flip) * math.ceil(len(pixels) / 100)
        for mirrored in (False, True)[: 1 + spec.flip]:
            for chunk in _chunks(pixels, vae):
                image = chunk.flip(-1) if mirrored else chunk
                with torch.autocast(image.device.type, torch.bfloat16):
                    z = vae.encode(image).latent_dist.mean
                parts.append(z.half().cpu().numpy())
                yield Event("encode", len(parts) - 1, n)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.save(file, np.concatenate(parts))
        partial.replace(path)
    return torch.from_numpy(np.load(path, allow_pickle=False))


# --------------------------------------------------------------------------------- transformer


def train_transformer(
    latents: Tensor,
    labels: Tensor,
    spec: PriorSpec,
    folder: Path,
    device: torch.device,
    watch: Watch | None = None,
) -> Generator[Event, None, "DiTTransformer2DModel"]:
    """Trains a class-conditional transformer on (n, channels, side, side) latents.

    Returns the exponential moving average of the weights.
    """
    network = _transformer(latents.shape, spec)
    if spec.start:
        _start(network, spec.start, "transformer")
    network.to(device)
    average = copy.deepcopy(network).requires_grad_(False)
    optimizers = _optimizers(network, spec)
    schedule = Schedule.linear()
    compiled = torch.compile(network) if _has_compiler(device) else network

    def step(i: int) -> dict[str, float]:
        rng, generator = _rng(spec.seed, i)
        rows = torch.from_numpy(rng.integers(len(latents), size=spec.batch))
        x0 = latents[rows].to(device, torch.float32)
        t = _times(rng, spec.batch, schedule.T).to(device)
        y = labels[rows].clone()
        y[torch.from_numpy(rng.random(spec.batch) < spec.label_dropout)] = NULL_LABEL
        eps = torch.randn(x0.shape, generator=generator).to(device)
        alpha, sigma = schedule(t, like=x0)
        with torch.autocast(device.type, torch.bfloat16):
            v = compiled(alpha * x0 + sigma * eps, timestep=t - 1, class_labels=y.to(device)).sample
        loss = F.mse_loss(v.float(), alpha * eps - sigma * x0)
        loss.backward()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                # A finished run that is asked for more steps warms up again: a jump diverges.
                rising = group["lr"] / group["peak"] + 1 / spec.warmup
                group["lr"] = group["peak"] * min(_rate(spec, i), rising)
            optimizer.step()
            optimizer.zero_grad()
        _average(average, network, min(spec.ema, (1 + i) / (10 + i)))
        if watch is not None and (i + 1) % max(1, spec.steps // PREVIEWS) == 0:
            watch(i + 1, average)
        return {"loss": loss.item()}

    state = {"network": network, "average": average}
    state |= {f"optimizer{k}": optimizer for k, optimizer in enumerate(optimizers)}
    yield from advance(
        "transformer", spec.steps, Checkpoint(folder / "transformer.ckpt", state), step
    )
    return average


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


def _optimizers(network: nn.Module, spec: PriorSpec) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al., 2024) for the matrices inside the blocks, AdamW for everything else."""
    matrices: list[Tensor] = []
    rest: list[Tensor] = []
    for name, p in network.named_parameters():
        inside = (".attn1." in name or ".ff." in name) and p.ndim == 2
        (matrices if inside and spec.muon else rest).append(p)
    made: list[torch.optim.Optimizer] = []
    if matrices:
        groups = [{"params": matrices, "peak": spec.lr}]
        made.append(
            torch.optim.Muon(groups, spec.lr, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
        )
    groups = [{"params": rest, "peak": spec.lr}]
    made.append(torch.optim.AdamW(groups, spec.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True))
    return made


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    mine: list[Tensor] = list(average.parameters())
    theirs: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(mine, theirs, 1 - decay)


# --------------------------------------------------------------------------------- the whole


def train_prior(
    data: Dataset, out: Path, spec: PriorSpec, device: torch.device
) -> Generator[Event, None, Path]:
    """Trains a prior on a data set's training split and writes it to `out` as a `DiTPipeline`.

    Checkpoints lie in `out/.training`. What is there is gone on from; to train longer, ask for
    more steps.

    Raises:
        Refused: if `out/.training` belongs to other hyperparameters or another data set.
    """
    folder = out / ".training"
    _claim(folder, data.name, spec)
    images, label_of = training_images(data, spec)
    vae = yield from train_autoencoder(images, spec, folder, device)
    latents = yield from _encode(vae, images, spec, folder)
    labels = torch.from_numpy(np.tile(label_of, len(latents) // len(label_of)))
    watch = _previewer(vae, len(data.classes), spec, folder)
    transformer = yield from train_transformer(latents, labels, spec, folder, device, watch)
    save_prior(out, vae, transformer, data, spec, _seconds(folder))
    return out


def _previewer(vae: "AutoencoderKL", classes: int, spec: PriorSpec, folder: Path) -> Watch:
    """Writes contact sheets of samples, always from the same noise: what changes is the network."""
    from PIL import Image

    labels = range(min(classes, PREVIEW_CLASSES))

    @torch.no_grad()
    def watch(step: int, average: nn.Module) -> None:
        prior = assemble("preview", DiT(average, Schedule.linear(), "v_prediction"), vae)
        times = prior.schedule.times(PREVIEW_STEPS, prior.schedule.T)
        rows = []
        for label in labels:
            generator = torch.Generator().manual_seed(label)
            x = torch.randn(PREVIEW_COLUMNS, *prior.latent_shape, generator=generator)
            x = x.to(next(average.parameters()).device)
            denoiser = prior.denoiser(label, spec.cfg_scale)
            *_, last = dpmpp(denoiser, x, times, prior.schedule)
            rows.append(to_pixels(prior.decode(last.x)))
        sheet = Image.fromarray(contact_sheet(np.concatenate(rows), PREVIEW_COLUMNS))
        partial = folder / "preview.partial"
        sheet.save(partial, format="PNG")
        partial.replace(folder / f"preview-{step:06}.png")

    return watch


def _seconds(folder: Path) -> float:
    """The time spent on a training run's steps so far."""
    return sum(
        float(torch.load(folder / name, weights_only=True).get("seconds", 0))
        for name in ("autoencoder.ckpt", "transformer.ckpt")
    )


def training_images(
    data: Dataset, spec: PriorSpec
) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
    """The training split; with `spec.fresh`, renders drawn for this purpose in its place.

    A prior trained on fresh renders has never seen the images it is asked to distil, so what a
    distilled set gives away of them it has from the method alone.

    Raises:
        Refused: if fresh images are asked of a data set that is not rendered.
    """
    if not spec.fresh:
        return data.train.images, data.train.labels
    if data.name != "solids":
        raise Refused(f"Fresh images can be rendered for solids only, not for {data.name!r}.")
    split = render_solids(spec.fresh, seed=100)
    return split.images, split.labels


def _claim(folder: Path, dataset: str, spec: PriorSpec) -> None:
    """Makes the folder of a training run, or makes sure that it belongs to this one."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "run.json"
    usual, mine = json.loads(
        json.dumps([asdict(PriorSpec()), {"dataset": dataset, **asdict(spec)}])
    )
    length = {"steps", "autoencoder_steps", "cfg_scale"}
    if record.exists():
        theirs = usual | json.loads(record.read_text())  # begun before there was some option
        changed = sorted(key for key in mine if key not in length and mine[key] != theirs.get(key))
        if changed:
            raise Refused(
                f"{folder} holds a run that differs in {', '.join(changed)}; "
                "choose another folder, or delete that one to begin again."
            )
    record.write_text(json.dumps(mine, indent=1))


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'s' * (cores > 1)} ({torch.backends.cpu.get_cpu_capability()})"


def save_prior(
    out: Path,
    vae: "AutoencoderKL",
    transformer: "DiTTransformer2DModel",
    data: Dataset,
    spec: PriorSpec,
    seconds: float,
) -> None:
    """Writes a `DiTPipeline` folder in half precision, in files below 10 MB, and `prior.json`."""
    from diffusers import DDIMScheduler, DiTPipeline

    pipeline = DiTPipeline(
        copy.deepcopy(transformer).half().cpu(),
        copy.deepcopy(vae).half().cpu(),
        DDIMScheduler(beta_schedule="linear", prediction_type="v_prediction", clip_sample=False),
    )
    pipeline.register_to_config(id2label={str(k): name for k, name in enumerate(data.classes)})
    pipeline.save_pretrained(out, max_shard_size="9MB")
    record = {
        "dataset": data.name,
        "spec": asdict(spec),
        "cfg_scale": spec.cfg_scale,
        "seconds": round(seconds),
        "machine": _machine(),
        "torch": torch.__version__,
    }
    (out / "prior.json").write_text(json.dumps(record, indent=1) + "\n")
