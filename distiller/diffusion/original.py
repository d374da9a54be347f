"""Checkpoints of the original DiT code, turned into the `DiTPipeline` layout of diffusers.

Peebles & Xie (2023, arXiv:2212.09748) release `DiT-XL-2-256x256.pt`; Minimax Diffusion (Gu et al.,
2024) saves the same names with DiffFit's vectors, which scale outputs of linear maps and are folded
into those here, so that the network stays the same function:

    blocks.N.attn.gamma1    of qkv            blocks.N.gamma1    of the attention's branch
    blocks.N.attn.gamma2    of attn.proj      blocks.N.gamma2    of the branch of the MLP

diffusers divides the exponents of its time embedding by one less than the original does. What was
converted says so in `transformer/conversion.json`, and whoever loads it corrects that
(`pipeline.load_networks`).
"""

import argparse
import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..errors import Refused
from ..machine.disk import write_whole, written_whole
from ..machine.json_file import read_json
from ..machine.seal import Damaged
from ..machine.torchvision_shim import declare_missing_operators
from ..machine.weights import read_tensors
from .pipeline import CONVERSION, class_names

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DiTTransformer2DModel

__all__ = ["VAE", "convert_prior", "read_original", "to_diffusers"]

VAE = "stabilityai/sd-vae-ft-ema"  # the autoencoder that DiT and Minimax were trained with
HEADS = {1152: 16, 1024: 16, 768: 12, 384: 6}  # by width: DiT-XL, L, B and S (Table 1)
WRAPPERS = ("module.", "_orig_mod.")  # what a parallel or compiled network puts before its names

OUTSIDE = {
    "x_embedder.proj": "pos_embed.proj",
    "final_layer.adaLN_modulation.1": "proj_out_1",
    "final_layer.linear": "proj_out_2",
}
EMBEDDERS = {
    "t_embedder.mlp.0": "norm1.emb.timestep_embedder.linear_1",
    "t_embedder.mlp.2": "norm1.emb.timestep_embedder.linear_2",
}
INSIDE = {
    "adaLN_modulation.1": "norm1.linear",
    "attn.proj": "attn1.to_out.0",
    "mlp.fc1": "ff.net.0.proj",
    "mlp.fc2": "ff.net.2",
}
TABLE = "y_embedder.embedding_table.weight"
SCALES = {"attn.gamma1": "attn.qkv", "attn.gamma2": "attn.proj", "gamma1": "attn.proj",
          "gamma2": "mlp.fc2"}  # fmt: skip
SCALE = re.compile(r"(blocks\.\d+)\.((?:attn\.)?gamma[12])")


def convert_prior(
    file: Path,
    out: Path,
    *,
    vae: str = VAE,
    heads: int | None = None,
    labels: Path | None = None,
    average: bool = True,
) -> Path:
    """Writes a checkpoint as a `DiTPipeline` folder, whole or not at all, and returns it.

    `vae` is the folder of an `AutoencoderKL` or of a pipeline with one, or a Hub id. `heads` is
    needed for a width that no published DiT has. `labels` is a JSON file such as
    `{"0": "cat", "1": "dog"}`; without it 1,000 classes are those of ImageNet, and others have no
    names. `average` takes the moving average of the weights where the checkpoint has one.

    Raises:
        Refused: if it is no such checkpoint, the autoencoder does not fit it or is not here, or
            `out` is not empty or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out} is not empty; choose another folder for the converted prior.")
    state, kind = read_original(file, average=average)
    folded = sum(SCALE.fullmatch(name) is not None for name in state)
    transformer = to_diffusers(state, str(file), heads)
    autoencoder = _autoencoder(vae, int(transformer.config.in_channels))
    names = _names(labels, int(transformer.config.num_embeds_ada_norm))
    record = {
        "file": file.name,
        "sha256": _sha256(file),
        "weights": kind,
        "scales_folded": folded,
        "downscale_freq_shift": 0,
    }
    try:
        with written_whole(out) as folder:
            _save(folder, transformer, autoencoder, names)
            write_whole(
                folder / "transformer" / CONVERSION, (json.dumps(record, indent=1) + "\n").encode()
            )
    except OSError as error:
        raise Refused(f"{out} could not be written ({error.strerror or error}).") from error
    return out


def _save(
    folder: Path,
    transformer: "DiTTransformer2DModel",
    vae: "AutoencoderKL",
    names: Mapping[str, str] | None,
) -> None:
    from diffusers import DDIMScheduler, DiTPipeline

    scheduler = DDIMScheduler(
        beta_start=1e-4, beta_end=0.02, beta_schedule="linear", prediction_type="epsilon",
        clip_sample=False,
    )  # fmt: skip
    pipeline = DiTPipeline(transformer, vae, scheduler)
    pipeline.register_to_config(id2label=names)
    pipeline.save_pretrained(folder)


# ---------------------------------------------------------------------------------------- reading


def read_original(file: Path, *, average: bool = True) -> tuple[dict[str, Tensor], str]:
    """The weights in a checkpoint by the original names, and which of them they are.

    Nothing in the file is executed: only tensors, plain values and the options of the training
    (`argparse.Namespace`) are read. Weights are in "ema", in "model" or in the file itself.

    Raises:
        Refused: if the file cannot be read so, or holds no weights of the original DiT.
    """
    loaded = _load(file)
    kinds = ("ema", "model") if average else ("model",)
    inside = [kind for kind in kinds if isinstance(loaded.get(kind), Mapping)]
    kind = inside[0] if inside else "the file itself"
    held = loaded[kind] if inside else loaded
    state = {_bare(str(k)): t for k, t in held.items() if isinstance(t, Tensor)}
    if missing := _missing(state):
        raise Refused(
            f"{file} is no checkpoint of the original DiT or of Minimax Diffusion: of its weights "
            f"{', '.join(missing[:4])}{' and others' * (len(missing) > 4)} "
            f"{'are' if len(missing) > 1 else 'is'} missing"
            + (f"; it has {', '.join(sorted(map(str, held))[:3])} ..." if held else "")
            + ". A folder of diffusers needs no conversion."
        )
    if foreign := sorted(name for name in state if not _is_dits(name)):
        raise Refused(
            f"{file} holds {len(foreign)} weights that neither DiT nor Minimax Diffusion has, such "
            f"as {foreign[0]}; a network that needs them has no place in the layout of diffusers."
        )
    return state, kind


def _load(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise Refused(f"There is no file {file}; convert-prior needs a checkpoint, such as a .pt.")
    try:
        if file.suffix == ".safetensors":
            return dict(read_tensors(file)[0])
        with torch.serialization.safe_globals([argparse.Namespace]):
            loaded = torch.load(
                file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file)
            )
    except Exception as error:  # whatever torch makes of bytes that are not its own
        said = str(error) if isinstance(error, Damaged) else " ".join(str(error).split())[:200]
        raise Refused(
            f"{file} cannot be read as a checkpoint of weights alone ({said}). It may be cut off, "
            "or hold objects that are executed when they are read, which is not done here."
        ) from error
    if not isinstance(loaded, Mapping):
        raise Refused(
            f"{file} holds a {type(loaded).__name__}, and a checkpoint maps names to weights; "
            "save the network's state_dict()."
        )
    return dict(loaded)


def _bare(name: str) -> str:
    for wrapper in WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def _is_dits(name: str) -> bool:
    """Whether a weight of that name is known."""
    if name in (TABLE, "pos_embed"):
        return True
    owner, _, leaf = name.rpartition(".")
    inside = SCALE.fullmatch(name) or re.fullmatch(r"blocks\.\d+\.(.+)\.(weight|bias)", name)
    known = {*INSIDE, "attn.qkv", *SCALES}
    if inside:
        return inside[2] in SCALES or inside[1] in known
    return leaf in ("weight", "bias") and owner in (*OUTSIDE, *EMBEDDERS)


def _depth(state: Mapping[str, Tensor]) -> int:
    found = [int(m[1]) for name in state if (m := re.match(r"blocks\.(\d+)\.", name))]
    return max(found, default=0) + 1


def _missing(state: Mapping[str, Tensor]) -> list[str]:
    """The weights that a DiT has and the state has not."""
    linear = [*OUTSIDE, *EMBEDDERS]
    for k in range(_depth(state)):
        linear += [f"blocks.{k}.{name}" for name in (*INSIDE, "attn.qkv")]
    needed = [TABLE, *(f"{name}.{leaf}" for name in linear for leaf in ("weight", "bias"))]
    return [name for name in needed if name not in state]


# -------------------------------------------------------------------------------------- converting


def to_diffusers(
    state: Mapping[str, Tensor], called: str, heads: int | None = None
) -> "DiTTransformer2DModel":
    """The network of diffusers with the weights of the original names, in float32.

    Its time embedding is that of the original.

    Raises:
        Refused: naming the file by `called`, if shapes are not those of a DiT, or the number of
            heads is not known.
    """
    declare_missing_operators()
    from diffusers import DiTTransformer2DModel

    config = _config(state, called, heads)
    network = DiTTransformer2DModel(**config)
    for block in network.transformer_blocks:
        block.norm1.emb.time_proj.downscale_freq_shift = 0
    weights = _renamed(_folded(state), config["num_layers"])
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise Refused(f"The weights in {called} do not fit together: {first}") from error
    if "pos_embed" in state:
        theirs, ours = state["pos_embed"].float(), network.pos_embed.pos_embed
        if theirs.shape != ours.shape or not torch.allclose(theirs, ours.to(theirs), atol=1e-4):
            raise Refused(
                f"{called} has another position embedding than DiT's sines and cosines, which "
                "diffusers computes by itself; such a network has no place in its layout."
            )
    return network.eval()


def _config(state: Mapping[str, Tensor], called: str, heads: int | None) -> dict[str, Any]:
    """The config of the network, read off the shapes of its weights."""
    patch = state["x_embedder.proj.weight"]
    if patch.ndim != 4 or patch.shape[2] != patch.shape[3]:
        raise Refused(f"x_embedder.proj.weight in {called} is {tuple(patch.shape)}; not a DiT's.")
    width, channels, side = int(patch.shape[0]), int(patch.shape[1]), int(patch.shape[2])
    heads = heads or HEADS.get(width)
    if heads is None or width % heads:
        raise Refused(
            f"The network in {called} is {width} wide, and its weights do not say in how many "
            f"heads; say --heads, which must divide {width}."
        )
    tokens = state["pos_embed"].shape[1] if "pos_embed" in state else 256  # 256 px
    return {
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "in_channels": channels,
        "out_channels": int(state["final_layer.linear.bias"].numel()) // side**2,
        "num_layers": _depth(state),
        "sample_size": round(tokens**0.5) * side,
        "patch_size": side,
        "num_embeds_ada_norm": int(state[TABLE].shape[0]) - 1,  # the last row is for no class
        "norm_eps": 1e-6,
    }


def _folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights in float32, with every scale multiplied into the map whose output it scales."""
    plain = {name: t.float() for name, t in state.items()}
    for match in [match for name in state if (match := SCALE.fullmatch(name))]:
        scale, target = plain.pop(match[0]).flatten(), f"{match[1]}.{SCALES[match[2]]}"
        plain[f"{target}.weight"] = plain[f"{target}.weight"] * scale[:, None]
        plain[f"{target}.bias"] = plain[f"{target}.bias"] * scale
    return plain


def _renamed(state: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The weights by the names of diffusers, which has the embedders once in every block."""
    made = {}

    def put(old: str, new: str, part: int = 0, parts: int = 1) -> None:
        for leaf in ("weight", "bias"):
            made[f"{new}.{leaf}"] = state[f"{old}.{leaf}"].chunk(parts)[part]

    for old, new in OUTSIDE.items():
        put(old, new)
    for k in range(depth):
        block = f"transformer_blocks.{k}"
        made[f"{block}.norm1.emb.class_embedder.embedding_table.weight"] = state[TABLE]
        for old, new in EMBEDDERS.items():
            put(old, f"{block}.{new}")
        for old, new in INSIDE.items():
            put(f"blocks.{k}.{old}", f"{block}.{new}")
        for part, letter in enumerate("qkv"):
            put(f"blocks.{k}.attn.qkv", f"{block}.attn1.to_{letter}", part, 3)
    return made


# ---------------------------------------------------------------------------- what goes with them


def _autoencoder(source: str, channels: int) -> "AutoencoderKL":
    from diffusers import AutoencoderKL

    inside = {"subfolder": "vae"} if (Path(source) / "vae").is_dir() else {}
    try:
        vae: AutoencoderKL = AutoencoderKL.from_pretrained(source, **inside)
    except Exception as error:  # whatever diffusers makes of what is not there or not as it should
        raise Refused(
            f"A checkpoint has no autoencoder, and {source!r} could not be had: it is no folder "
            "of an AutoencoderKL, and could not be fetched from the Hugging Face Hub (is there a "
            "network?). Say --vae with the folder of one, or of a pipeline that has one."
        ) from error
    if int(vae.config.latent_channels) != channels:
        raise Refused(
            f"The network takes latents of {channels} channels, and the autoencoder {source!r} "
            f"makes {vae.config.latent_channels}; say --vae with the one it was trained with."
        )
    return vae


def _names(file: Path | None, classes: int) -> dict[str, str] | None:
    """Class names by label: those of a file, or of ImageNet where there are 1,000."""
    if file is not None:
        found = read_json(file, 'It must be like {"0": "cat", "1": "dog"}.')
        class_names(str(file), {"id2label": found}, classes)
        return found
    if classes != 1000:
        return None
    from timm.data import ImageNetInfo

    return {str(k): name for k, name in enumerate(ImageNetInfo().label_descriptions())}


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
