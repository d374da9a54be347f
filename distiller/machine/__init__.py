"""The machine: files written whole, checkpoints, compilation, memory, downloads."""

from .assets import ASSETS
from .checkpoint import Checkpoint, advance, seeded
from .compiled import bfloat16_pays, compiled_forward, training_work
from .disk import cache_folder, keep
from .malloc import memory_kept
from .torchvision_shim import declare_missing_operators
from .web import download

__all__ = [
    "ASSETS",
    "Checkpoint",
    "advance",
    "bfloat16_pays",
    "cache_folder",
    "compiled_forward",
    "declare_missing_operators",
    "download",
    "keep",
    "memory_kept",
    "seeded",
    "training_work",
]
