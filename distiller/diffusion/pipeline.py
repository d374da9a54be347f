"""Pipelines: networks and class names of a `DiTPipeline` folder or Hub id, as diffusers saves it.

What does not fit is refused: a network with a missing weight computes, and makes black images.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import Refused
from ..machine.json_file import read_json
from ..machine.torchvision_shim import declare_missing_operators

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DiTTransformer2DModel

__all__ = [
    "CONVERSION", "check_files", "class_names", "hash_files", "hash_weights", "labels_of",
    "load_networks", "refuse_checkpoint",
]  # fmt: skip

CONVERSION = "conversion.json"
"""Beside the weights of a network: how they were made of a checkpoint, and which time embedding
they were trained with."""

VARIANT = re.compile(
    r"diffusion_pytorch_model(?:\.(?:safetensors|bin)\.index)?(?:\.(\w+))?(?:-\d+-of-\d+)?"
    r"\.(?:safetensors|bin|json)"
)
CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".tar")
CONVERT = (
    "Convert it: `python -m distiller convert-prior FILE --out DIR` reads the checkpoints of the "
    "original DiT code and of Minimax Diffusion. The published DiT-XL/2 is there already "
    "converted, as facebook/DiT-XL-2-256."
)


def refuse_checkpoint(source: str) -> None:
    """Refuses a file, or a folder that holds a checkpoint and no pipeline.

    Raises:
        Refused: saying how a checkpoint becomes a pipeline.
    """
    path = Path(source)
    if path.is_file():
        what = "a checkpoint" if path.suffix.lower() in CHECKPOINTS else "a file"
        raise Refused(f"{source} is {what}, and a prior is a folder of diffusers. {CONVERT}")
    if path.is_dir() and not (path / "model_index.json").is_file():
        held = sorted(p.name for p in path.iterdir() if p.suffix.lower() in CHECKPOINTS)
        if held:
            raise Refused(
                f"{source} holds the checkpoint {held[0]} and no model_index.json, so it is no "
                f"folder of diffusers. {CONVERT}"
            )


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of network and autoencoder, by its path below a prior's folder."""
    return {
        f"{part}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("transformer", "vae")
        for path in sorted((folder / part).iterdir())
        if path.is_file()
    }


def check_files(folder: Path) -> None:
    """Makes sure that a prior's files are those that `train-prior` recorded, if it made them.

    Raises:
        Refused: naming one that is not.
    """
    record = folder / "prior.json"
    if not record.is_file():
        return
    remedy = "Copy the prior anew, or run the `train-prior` that made it again."
    recorded = read_json(record, remedy).get("sha256", {})  # earlier versions recorded nothing
    found = hash_files(folder) if recorded else {}
    wrong = [name for name in sorted(recorded) if found.get(name) != recorded[name]]
    if wrong:
        what = "is not what was written" if wrong[0] in found else "is missing"
        raise Refused(
            f"{folder / wrong[0]} {what}: its checksum is another than that in prior.json. {remedy}"
        )


def hash_weights(folder: Path | None, parts: Sequence[str] = ("transformer", "vae")) -> str:
    """sha256 over the files of network and autoencoder, or of one of them, or of nothing."""
    digest = hashlib.sha256()
    for part in [] if folder is None else [folder / name for name in parts]:
        for path in sorted(path for path in part.iterdir() if path.is_file()):
            digest.update(path.name.encode())
            with path.open("rb") as file:
                while chunk := file.read(2**20):
                    digest.update(chunk)
    return digest.hexdigest()


# ------------------------------------------------------------------------------------- networks


def load_networks(source: str, dtype: torch.dtype) -> "tuple[DiTTransformer2DModel, AutoencoderKL]":
    """The network in a dtype and the autoencoder in float32, on the CPU.

    Half precision of the autoencoder shows in the pictures.

    Raises:
        Refused: if weights are missing, do not belong to the network, or are not finite.
        OSError: as diffusers does, if files are missing.
    """
    declare_missing_operators()
    from diffusers import AutoencoderKL, DiTTransformer2DModel
    from diffusers.utils import logging

    shows_progress = logging.is_progress_bar_enabled()
    if Path(source).is_dir():
        logging.disable_progress_bar()  # there is nothing to wait for
    try:
        transformer = _load(DiTTransformer2DModel, source, "transformer", dtype)
    finally:
        if shows_progress:
            logging.enable_progress_bar()
    _correct_times(transformer, Path(source) / "transformer" / CONVERSION)
    return transformer, _load(AutoencoderKL, source, "vae", torch.float32)


def _load(kind: Any, source: str, part: str, dtype: torch.dtype) -> Any:
    def load(variant: str | None) -> tuple[Any, dict[str, Any]]:
        loaded: tuple[Any, dict[str, Any]] = kind.from_pretrained(
            source, subfolder=part, torch_dtype=dtype, low_cpu_mem_usage=False,
            variant=variant, output_loading_info=True,
        )  # fmt: skip
        return loaded

    folder = Path(source) / part
    if folder.is_dir():
        network, info = load(_variant(folder))
    else:
        try:
            network, info = load(None)
        except OSError as error:
            try:
                network, info = load("fp16")
            except OSError:
                raise error from None  # of the usual files
    _check(f"{source}/{part}", network, info)
    return network


def _correct_times(transformer: "DiTTransformer2DModel", record: Path) -> None:
    """Gives a converted network the time embedding that it was trained with.

    The original divides the exponents of its frequencies by 128, diffusers by 128 less a shift of
    1 that no config can change; the estimates differ by some percent at late times.
    """
    if record.is_file():
        shift = read_json(record, "Convert the checkpoint anew.").get("downscale_freq_shift", 1)
        for block in transformer.transformer_blocks:
            block.norm1.emb.time_proj.downscale_freq_shift = shift


def _variant(folder: Path) -> str | None:
    """The variant of weights that a folder has where it has not the usual ones, such as fp16."""
    found = {m[1] for p in folder.iterdir() if (m := VARIANT.fullmatch(p.name))}
    if not found or None in found:
        return None
    return "fp16" if "fp16" in found else min(filter(None, found))


def _check(called: str, network: torch.nn.Module, info: Mapping[str, Any]) -> None:
    """Refuses weights that the network did not take as they are."""
    own = {name for name, _ in network.named_buffers()}  # which it computes
    wrong = {
        "are missing": sorted(info.get("missing_keys") or ()),
        "belong to another network": sorted(set(info.get("unexpected_keys") or ()) - own),
        "have another shape": [str(row[0]) for row in info.get("mismatched_keys") or ()],
    }
    said = [f"{len(names)} {words}, such as {names[0]}" for words, names in wrong.items() if names]
    if said:
        raise Refused(
            f"The weights in {called} do not fit the network of its config.json: "
            f"{'; '.join(said)}. Save the network itself with save_pretrained, without a wrapper."
        )
    broken = [name for name, p in network.named_parameters() if not torch.isfinite(p).all()]
    if broken:
        raise Refused(
            f"The weights in {called} are not finite, such as {broken[0]}: the training diverged, "
            "or half precision was too small for them. Save weights of an earlier step, or in "
            "float32."
        )


# -------------------------------------------------------------------------------------- classes


def class_names(source: str, index: Mapping[str, Any], classes: int) -> dict[str, int]:
    """Class names to labels: by `id2label` of model_index.json, else by the file id2label.json.

    Raises:
        Refused: if they are not names of the labels of so many classes.
    """
    path = Path(source) / "id2label.json"
    where, id2label = f"id2label of {source}/model_index.json", index.get("id2label")
    if not id2label and path.is_file():
        where = str(path)
        try:
            id2label = json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise Refused(f"{path} cannot be read as JSON.") from error
    if id2label is None:
        return {}
    needed = 'it must be like {"0": "cat", "1": "dog"}'
    if not isinstance(id2label, Mapping):
        raise Refused(f"{where} is a {type(id2label).__name__}; {needed}.")
    for label, name in id2label.items():
        if not isinstance(name, str) or not name.strip():
            raise Refused(f"{where} calls label {label!r} {name!r}, which is no text; {needed}.")
        if not str(label).isdecimal() or int(label) >= classes:
            raise Refused(
                f"{where} has the label {str(label)[:40]!r}; labels are 0 to {classes - 1}, and "
                f"{needed}."
            )
    return labels_of(id2label)


def labels_of(id2label: Mapping[str, str]) -> dict[str, int]:
    """Class names to labels; a label may have several names, separated by commas, as ImageNet's.

    A name that two labels share is that of the first; one that has no other name is called by its
    number too: of ImageNet's cranes the bird is "crane" and the machine "crane (517)".
    """
    labels: dict[str, int] = {}
    for label, names in id2label.items():
        called = [name.strip() for name in names.split(",")]
        for name in called:
            labels.setdefault(name, int(label))
        if all(labels[name] != int(label) for name in called):
            labels[f"{called[0]} ({label})"] = int(label)
    return labels
