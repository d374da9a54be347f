"""Trains the autoencoder of a prior, and encodes a data set with it."""

import math
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.models import prior_folder
from ..errors import Refused
from ..event import Event
from ..image import to_tensor
from ..machine.arrays import load_array
from ..machine.checkpoint import Checkpoint, advance, seeded
from ..machine.compiled import low_precision
from ..machine.disk import write_whole
from ..machine.replicas import current
from ..machine.torchvision_shim import declare_missing_operators
from .spec import PriorSpec
from .warm_start import start_from

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

__all__ = ["align", "draw_images", "encode", "pixel_loss", "train_autoencoder"]

F = nn.functional


def train_autoencoder(
    images: NDArray[np.uint8],
    spec: PriorSpec,
    folder: Path,
    device: torch.device,
    *,
    further: bool = False,
) -> Generator[Event, None, "AutoencoderKL"]:
    """Trains an autoencoder on (n, size, size, 3) pixels.

    Its latents have zero mean and the identity as covariance over channels, so that the
    scaling factor is 1, and its posterior has the one standard deviation it was trained with.
    In no steps it stays as it starts, but for the whitening; `further` says that it starts from
    one of the same images, and is white. If it starts from another prior than the transformer,
    its latents are turned towards those that the transformer knows.

    Raises:
        Refused: if it is to start from a prior that is not here, or to stay as one that it cannot.
    """
    vae = _begun(images.shape[1], spec)
    vae.to(device, memory_format=torch.channels_last)
    options: dict[str, Any] = {"betas": (0.9, 0.99), "fused": True}
    optimizer = torch.optim.AdamW(vae.parameters(), spec.autoencoder_lr, **options)
    together, share = current(), current().share(spec.autoencoder_batch)
    low = together.same(low_precision(folder, device.type))

    def step(i: int) -> dict[str, float]:
        x, noise = (part[together.rows(len(part))] for part in draw_images(images, spec, i))
        x = x.to(device, memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = _rate(spec, i)
        y = _reconstructed(vae, x, spec.latent_noise * noise.to(device), low)
        loss = pixel_loss(y, x) * share
        optimizer.zero_grad()
        loss.backward()
        together.sum_gradients(vae.parameters())
        nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        error = together.total(F.mse_loss(y, x) * share)
        return {"loss": together.total(loss), "psnr": 10 * math.log10(4 / error)}

    kept = together.path(folder / "autoencoder.ckpt")
    checkpoint = Checkpoint(kept, {"vae": vae, "optimizer": optimizer})
    yield from advance("autoencoder", spec.autoencoder_steps, checkpoint, step)
    vae.eval()
    if spec.autoencoder_steps or not further:
        _whiten(vae, images[:: max(1, len(images) // 2000)], spec.latent_noise)
    if spec.start and spec.autoencoder_start not in ("", spec.start):
        align(vae, images[:: max(1, len(images) // 250)], spec.start)
    return vae


def _begun(size: int, spec: PriorSpec) -> "AutoencoderKL":
    """An autoencoder for images of (size, size, 3), with the weights that it starts from."""
    vae = _autoencoder(size, spec)
    if start := spec.autoencoder_start or spec.start:
        start_from(vae, start, "vae", other_shape=spec.autoencoder_steps > 0)
    elif not spec.autoencoder_steps:
        raise Refused("Without a prior to start from, the autoencoder needs at least one step.")
    return vae


def _autoencoder(size: int, spec: PriorSpec) -> "AutoencoderKL":
    """A new autoencoder for images of (size, size, 3), drawn by the seed."""
    declare_missing_operators()
    from diffusers import AutoencoderKL

    torch.manual_seed(spec.seed)
    levels = len(spec.channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=spec.channels,
        layers_per_block=1,
        latent_channels=spec.latent_channels,
        norm_num_groups=8,
        sample_size=size,
        scaling_factor=1.0,
    )


def draw_images(images: NDArray[np.uint8], spec: PriorSpec, i: int) -> tuple[Tensor, Tensor]:
    """The images of step i, (n, 3, size, size) in [-1, 1], and the noise for their latents.

    Both lie on the CPU, and depend on (seed, i) alone.
    """
    rng, generator = seeded(spec.seed, i)
    x = to_tensor(images[np.sort(rng.integers(len(images), size=spec.autoencoder_batch))])
    if spec.flip and i % 2:
        x = x.flip(-1)
    side = images.shape[1] // 2 ** (len(spec.channels) - 1)
    return x, torch.randn(len(x), spec.latent_channels, side, side, generator=generator)


def _reconstructed(vae: "AutoencoderKL", x: Tensor, noise: Tensor, low: bool) -> Tensor:
    """Images (n, 3, size, size) through their latents, to which noise is added, and back."""
    with torch.autocast(x.device.type, torch.bfloat16, enabled=low):
        # Not compiled: torch 2.13 then silently drops the encoder's gradient on a CPU.
        z = vae.encode(x).latent_dist.mean
        y: Tensor = vae.decode(z + noise).sample.float()
    return y


def _rate(spec: PriorSpec, i: int) -> float:
    """The learning rate of step i: it warms up, and falls as a cosine to zero."""
    progress = min(i / spec.autoencoder_steps, 1.0)
    falling = 0.5 * (1 + math.cos(math.pi * progress))
    return spec.autoencoder_lr * min(1, (i + 1) / 100) * falling


def pixel_loss(y: Tensor, x: Tensor) -> Tensor:
    """What reconstructions y of images x, (n, 3, h, w), are to have little of."""
    return F.l1_loss(y, x) + 0.5 * _gradient_l1(y, x)


def _gradient_l1(y: Tensor, x: Tensor) -> Tensor:
    """L1 between finite differences, which keeps edges sharp."""
    rows = F.l1_loss(y.diff(dim=-2), x.diff(dim=-2))
    return rows + F.l1_loss(y.diff(dim=-1), x.diff(dim=-1))


@torch.no_grad()
def _whiten(vae: "AutoencoderKL", pixels: NDArray[np.uint8], noise: float) -> None:
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


@torch.no_grad()
def align(vae: "AutoencoderKL", pixels: NDArray[np.uint8], name: str) -> None:
    """Turns the latents of an autoencoder towards those of the prior of a data set.

    White latents may be turned over channels as one likes: they stay white, and images come back
    the same. With latents a of this autoencoder and b of the other, both of the same scenes on
    grids of the same side, the rotation R that makes E |R a - b|^2 least is U V^T, where
    E[b a^T] = U S V^T (Schönemann, 1966). A transformer that knows b then has less to learn anew.

    Raises:
        Refused: if there is no such prior, or its latents have another number of channels.
    """
    from diffusers import AutoencoderKL

    folder = prior_folder(name)
    if folder is None:
        raise Refused(f"There is no prior of {name!r} here to turn latents towards.")
    other = AutoencoderKL.from_pretrained(
        folder, subfolder="vae", torch_dtype=torch.float32, low_cpu_mem_usage=False
    ).to(next(vae.parameters()).device)
    c, theirs = int(vae.config.latent_channels), int(other.config.latent_channels)
    if theirs != c:
        raise Refused(f"The prior of {name!r} has {theirs} latent channels; {c} were needed.")
    finer = 2.0 ** (len(other.config.block_out_channels) - len(vae.config.block_out_channels))
    product = torch.zeros(c, c, dtype=torch.float64, device=other.device)
    for x in _chunks(pixels, vae, 25):
        scaled = x if finer == 1 else F.interpolate(x, scale_factor=finer, mode="bicubic")
        a, b = (net.encode(images).latent_dist.mean for net, images in ((vae, x), (other, scaled)))
        product += torch.einsum("ndhw,nchw->dc", b.double(), a.double())
    u, _, v = torch.linalg.svd(product)
    _turn(vae, u @ v)


@torch.no_grad()
def _turn(vae: "AutoencoderKL", rotation: Tensor) -> None:
    """Folds a rotation of the latents into the 1 x 1 convolutions around them."""
    into, out, c = vae.quant_conv, vae.post_quant_conv, len(rotation)
    into.weight[:c, :, 0, 0] = rotation @ into.weight[:c, :, 0, 0].double()
    into.bias[:c] = rotation @ into.bias[:c].double()
    into.bias[c:] = torch.log(rotation.square() @ into.bias[c:].double().exp())
    out.weight[:, :, 0, 0] = out.weight[:, :, 0, 0].double() @ rotation.T


def _chunks(pixels: NDArray[np.uint8], network: nn.Module, size: int = 100) -> Iterator[Tensor]:
    device = next(network.parameters()).device
    for k in range(0, len(pixels), size):
        chunk = to_tensor(pixels[k : k + size])
        yield chunk.to(device, memory_format=torch.channels_last)


@torch.no_grad()
def encode(
    vae: "AutoencoderKL", pixels: NDArray[np.uint8], spec: PriorSpec, folder: Path
) -> Generator[Event, None, Tensor]:
    """The latents (m, channels, side, side) of all images in half precision; kept on disk.

    With `spec.flip` those of their mirror images follow.
    """
    path, parts = folder / "latents.npy", list[NDArray[np.float16]]()
    latents = load_array(path)
    if latents is None or len(latents) != (1 + spec.flip) * len(pixels):
        n = (1 + spec.flip) * math.ceil(len(pixels) / 100)
        for mirrored in (False, True)[: 1 + spec.flip]:
            for chunk in _chunks(pixels, vae):
                image = chunk.flip(-1) if mirrored else chunk
                where = image.device.type
                with torch.autocast(where, torch.bfloat16, enabled=low_precision(folder, where)):
                    z = vae.encode(image).latent_dist.mean
                parts.append(z.half().cpu().numpy())
                yield Event("encode", len(parts) - 1, n)
        # In the layout that they are read in, so that whoever goes on computes the same.
        latents = np.ascontiguousarray(np.concatenate(parts))
        write_whole(path, lambda file: np.save(file, latents), sealed=True)
    return torch.from_numpy(latents)
