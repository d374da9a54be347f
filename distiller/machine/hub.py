"""The Hugging Face Hub: priors by their id, at a revision that is pinned, found again offline.

A revision stands behind the id, ID@REVISION; else one that is known here is taken, else the newest.
What was fetched once lies in the Hub's own cache, and is read from there.
"""

import os
from pathlib import Path
from typing import Any

from ..errors import Refused

__all__ = ["REVISIONS", "fetch", "found", "split_id"]

REVISIONS = {"facebook/DiT-XL-2-256": "eab87f77abd5aef071a632f08807fbaab0b704d0"}
"""The revision of a prior that is taken unless another is asked for."""

CONFIGS = ("*.json", "*/*.json", "README.md")
WEIGHTS = (*CONFIGS, "transformer/*", "vae/*", "scheduler/*")


def split_id(source: str) -> tuple[str, str | None]:
    """The id of a repository and its revision, from what a user names."""
    name, _, revision = source.partition("@")
    return name, revision or REVISIONS.get(name)


def found(source: str) -> Path | None:
    """Where a prior lies on this machine: a folder, or what was fetched whole; else None."""
    if Path(source).is_dir():
        return Path(source)
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    name, revision = split_id(source)
    try:
        index = try_to_load_from_cache(name, "model_index.json", revision=revision)
    except HFValidationError:  # it is no id
        return None
    folder = Path(index).parent if isinstance(index, str) else None
    parts = ("transformer", "vae", "scheduler")
    whole = folder is not None and all(_has_weights(folder / part) for part in parts)
    return folder if whole else None


def _has_weights(folder: Path) -> bool:
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return folder.name == "scheduler" or any(
        name.endswith((".safetensors", ".bin")) for name in names
    )


def fetch(source: str, *, configs: bool = False) -> Path:
    """A folder with a prior: itself, or fetched from the Hub; with `configs` its small files alone.

    Raises:
        Refused: if it is no folder and cannot be fetched.
    """
    here = found(source)
    if here is not None:
        return here
    from huggingface_hub import snapshot_download

    name, revision = split_id(source)
    patterns: Any = CONFIGS if configs else WEIGHTS
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(patterns)))
    except Exception as error:  # whatever the network, the Hub and its client make of it
        raise Refused(_why(source, error)) from error


def _why(source: str, error: Exception) -> str:
    first = " ".join(str(error).split())[:300] or type(error).__name__
    where = (
        f"There is no prior {source!r} here: it is not shipped, not a folder, and could not be "
        "fetched from the Hugging Face Hub"
    )
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return (
            f"{where}, which HF_HUB_OFFLINE forbids. Unset HF_HUB_OFFLINE, or name a folder that "
            "holds the prior."
        )
    return f"{where} (is there a network?): {first}"
