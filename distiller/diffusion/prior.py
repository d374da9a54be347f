"""Priors: a conditional denoiser, its noise schedule, and the autoencoder of its latents."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..data.models import prior_folder
from ..data.registry import DATASETS
from ..errors import Refused
from ..machine.device import choose_device, choose_dtype
from ..machine.hub import fetch, split_id
from ..machine.json_file import read_json
from ..machine.room import Room
from ..machine.torchvision_shim import declare_missing_operators
from .codec import decoder_of, encoder_of
from .compiled_blocks import compile_blocks
from .outline import licence_of, named_label, network_label
from .pipeline import check_files, class_names, hash_weights, load_networks, refuse_checkpoint
from .sampler import Denoiser, Estimate
from .schedule import Schedule

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DiTTransformer2DModel

__all__ = ["DiT", "Prior", "assemble", "default_cfg_scale", "load_prior", "source_of"]


@dataclass(frozen=True)
class Prior:
    """What a method may ask of a generative model of images with classes.

    Latents are float32 tensors (n, *latent_shape); images are (n, 3, h, w) in [-1, 1]. Times
    are those of `Schedule`: 0 is clean.
    """

    name: str
    schedule: Schedule
    latent_shape: tuple[int, ...]
    labels: Mapping[str, int]  # class name to the network's label
    null_label: int
    predict: Callable[[Tensor, int, Tensor], Estimate]  # (x_t, t, labels)
    encode: Callable[[Tensor], Tensor]  # images to latents
    decode: Callable[[Tensor], Tensor]  # latents to images
    hidden: Callable[[Tensor, int, Tensor, int], Tensor] | None = None
    """(x_t, t, labels, block) to the activations after that block, (n, tokens, width)."""
    blocks: int = 0
    cfg_channels: int | None = None  # how many channels CFG moves; None is all of them
    cfg_scale: float = 4.0  # the default, DiT's
    device: torch.device = field(default=torch.device("cpu"))
    dtype: torch.dtype = torch.float32  # what the network computes in
    folder: Path | None = None
    size: int | None = None  # pixels, height and width of an image; None is not known
    coded: tuple[int, int] | None = None  # channels of the autoencoder's images and latents
    licence: str | None = None  # as its card says it; None where it says none
    compiled: bool = False  # whether the network and the decoder compute by compiled code
    weights: str = hashlib.sha256().hexdigest()  # see `fingerprint`

    def label(self, name: str) -> int:
        """The network's label of a class.

        Raises:
            Refused: if the prior was not trained on a class of that name, or names none.
        """
        return named_label(self, name)

    def label_of(self, data: Dataset, label: int) -> int:
        """The network's label of a class of a data set, see `outline.network_label`.

        Raises:
            Refused: if the prior does not know the class.
        """
        return network_label(self, data, label)

    def denoiser(
        self,
        label: int,
        cfg_scale: float | Callable[[], float] = 1.0,
        between: tuple[int, int] | None = None,
    ) -> Denoiser:
        """The denoiser of p(x | label), sharpened by classifier-free guidance.

        `cfg_scale` is DiT's: x_0 = x_null + cfg_scale (x_label - x_null), and 1 is none. It may
        be a dial, read at every step (Ho & Salimans, 2022, arXiv:2207.12598, Eq. 6). `between`
        are the times low < t <= high at which it acts, None is all. Outside, a step is one pass
        through the network in place of two (Kynkäänniemi et al., 2024, arXiv:2404.07724).
        """

        def denoise(x_t: Tensor, t: int) -> Estimate:
            scale = cfg_scale() if callable(cfg_scale) else cfg_scale
            labels = torch.full((len(x_t),), label, device=x_t.device)
            if scale == 1 or not (between is None or between[0] < t <= between[1]):
                return self.predict(x_t, t, labels)
            both = torch.cat([labels, torch.full_like(labels, self.null_label)])
            x0, spread = self.predict(torch.cat([x_t, x_t]), t, both)
            x0, null = x0.chunk(2)
            moved = null + scale * (x0 - null)
            if self.cfg_channels is not None:
                moved = torch.cat([moved[:, : self.cfg_channels], x0[:, self.cfg_channels :]], 1)
            return Estimate(moved, None if spread is None else spread.chunk(2)[0])

        return denoise

    def fingerprint(self) -> str:
        """A hash of the weights as they were loaded: the files may have been replaced since."""
        return self.weights


class DiT:
    """Adapts diffusers' transformer, called with t - 1, to estimates of x_0 at time t."""

    def __init__(
        self, transformer: "DiTTransformer2DModel", schedule: Schedule, predicts: str
    ) -> None:
        self.transformer, self.schedule, self.predicts = transformer, schedule, predicts
        self.channels, self.room = int(transformer.config.in_channels), Room()
        self.learns_variance = transformer.config.out_channels == 2 * self.channels

    def __call__(self, x_t: Tensor, t: int, labels: Tensor) -> Estimate:
        timestep = torch.full((len(x_t),), t - 1, device=x_t.device)
        x = x_t.to(self.transformer.dtype)

        def some(rows: slice) -> Tensor:
            y: Tensor = self.transformer(
                x[rows], timestep=timestep[rows], class_labels=labels[rows]
            ).sample
            return y.float()

        out = self.room.run(some, len(x))
        spread = (out[:, self.channels :] + 1) / 2 if self.learns_variance else None
        return Estimate(self.x0(x_t, t, out[:, : self.channels]), spread)

    def x0(self, x_t: Tensor, t: int | Tensor, out: Tensor) -> Tensor:
        """The estimate of x_0 from the network's output at t, one time or one a row.

        x_t, the output and the estimate are (n, channels, side, side).
        """
        alpha, sigma = self.schedule(t, like=x_t)
        match self.predicts:
            case "epsilon":
                return (x_t - sigma * out) / alpha
            case "v_prediction":
                return alpha * x_t - sigma * out
            case _:
                return out

    def target(self, x0: Tensor, eps: Tensor, t: int | Tensor) -> Tensor:
        """What the network is trained to say of x_t = alpha_t x_0 + sigma_t eps.

        All are (n, channels, side, side); t is one time or one a row.
        """
        alpha, sigma = self.schedule(t, like=x0)
        match self.predicts:
            case "epsilon":
                return eps
            case "v_prediction":
                return alpha * eps - sigma * x0
            case _:
                return x0

    def hidden(self, x_t: Tensor, t: int, labels: Tensor, block: int) -> Tensor:
        """The activations after block `block` (from 0): (n, tokens, width)."""
        timestep = torch.full((len(x_t),), t - 1, device=x_t.device)
        h: Tensor = self.transformer.pos_embed(x_t.to(self.transformer.dtype))
        for layer in self.transformer.transformer_blocks[: block + 1]:
            h = layer(h, timestep=timestep, class_labels=labels)
        return h.float()


# ------------------------------------------------------------------------------------- loading


def load_prior(
    name: str | Path, device: str = "auto", dtype: str = "auto", *, compiled: bool = False
) -> Prior:
    """Loads a prior: that of a data set, by its name, a `DiTPipeline` folder, or a Hub id.

    `dtype` is that of the network, one of `device.DTYPES`; for the decoder see `decodes_low`.
    With `compiled` both compute by compiled code, which is made when they are first asked.

    Raises:
        Refused: if there is no such device or dtype, files are missing or broken, there is no
            network, memory runs out, or there is no compiler to compile with.
    """
    where = choose_device(device)
    precision = choose_dtype(where, dtype)
    source = source_of(name)
    if source in DATASETS:
        raise Refused(
            f"There is no prior of {source!r} here; train one with "
            f"`python -m distiller train-prior --dataset {source}`."
        )
    refuse_checkpoint(source)
    folder = fetch(source)
    try:
        elsewhere = str(name) in DATASETS and DATASETS[str(name)].prior is not None
        called = split_id(Path(source if elsewhere else name).name)[0]
        return _load(folder, called, source, where, precision, compiled)
    except Refused:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Refused(
            f"There is not enough memory on {where} for the prior {name!s}; "
            "close other programs, or use a smaller prior."
        ) from error
    except Exception as error:  # whatever diffusers makes of files that are not as they should be
        raise Refused(_why(source, error)) from error


def source_of(name: str | Path) -> str:
    """The folder or Hub id of a prior that is given by a data set, a folder or a Hub id."""
    own = DATASETS[str(name)].prior if str(name) in DATASETS else None
    return str(prior_folder(str(name)) or own or name)


def _why(source: str, error: Exception) -> str:
    first = " ".join(str(error).split())[:300] or type(error).__name__
    return (
        f"{source} is not a DiTPipeline folder that can be read (it needs model_index.json, "
        f"transformer/, vae/ and scheduler/ as diffusers saves them): {first}"
    )


def _load(
    folder: Path, name: str, called: str, device: torch.device, dtype: torch.dtype, compiled: bool
) -> Prior:
    declare_missing_operators()
    from diffusers import DDIMScheduler, DiTPipeline

    check_files(folder)
    source = str(folder)
    index: dict[str, Any] = DiTPipeline.load_config(source)
    config: dict[str, Any] = DDIMScheduler.load_config(source, subfolder="scheduler")
    schedule = Schedule(DDIMScheduler.from_config(config).betas)
    transformer, vae = load_networks(source, dtype)
    for module in (transformer, vae):
        module.to(device).eval().requires_grad_(False)
    predicts = config.get("prediction_type", "epsilon")
    made = assemble(name, DiT(transformer, schedule, predicts), vae, compiled=compiled)
    labels, cfg_scale = class_names(source, index, made.null_label), default_cfg_scale(source)
    return replace(
        made, labels=labels, cfg_scale=cfg_scale, device=device, dtype=dtype, folder=folder,
        weights=hash_weights(folder), licence=licence_of(folder, called),
    )  # fmt: skip


def assemble(name: str, dit: DiT, vae: "AutoencoderKL", *, compiled: bool = False) -> Prior:
    """A prior of a network and an autoencoder, which know no class names.

    With `compiled` the network's blocks and the decoder are compiled when they are first asked.

    Raises:
        Refused: where there is no C++ compiler to compile with.
    """
    if compiled:
        compile_blocks(dit.transformer)
    config = dit.transformer.config
    halvings = len(vae.config.block_out_channels) - 1
    return Prior(
        name=name,
        schedule=dit.schedule,
        latent_shape=(dit.channels, int(config.sample_size), int(config.sample_size)),
        labels={},
        null_label=int(config.num_embeds_ada_norm),
        predict=dit,
        encode=encoder_of(vae),
        decode=decoder_of(vae, dit.transformer.dtype, compiled=compiled),
        hidden=dit.hidden,
        blocks=len(dit.transformer.transformer_blocks),
        size=int(config.sample_size) * 2**halvings,
        coded=(int(vae.config.in_channels), int(vae.config.latent_channels)),
        compiled=compiled,
    )


def default_cfg_scale(name: str | Path) -> float:
    """What `train-prior` recorded of a data set's prior or a folder; else 4, the default of DiT."""
    record = (prior_folder(str(name)) or Path(name)) / "prior.json"
    if not record.is_file():
        return 4.0
    return float(read_json(record, "Train the prior anew, or copy it anew.")["cfg_scale"])
