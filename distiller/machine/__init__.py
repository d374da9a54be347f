"""The machine: devices, files written whole, checkpoints, compilation, memory, downloads."""

from .assets import ASSETS
from .checkpoint import Checkpoint, advance, seeded
from .compiled import bfloat16_pays, compiled_forward, training_work
from .device import DTYPES, choose_device, choose_dtype
from .disk import cache_folder, keep, sweep, write_whole, written_whole
from .malloc import memory_kept
from .torchvision_shim import declare_missing_operators
from .web import download

__all__ = [
    "ASSETS",
    "DTYPES",
    "Checkpoint",
    "advance",
    "bfloat16_pays",
    "cache_folder",
    "choose_device",
    "choose_dtype",
    "compiled_forward",
    "declare_missing_operators",
    "download",
    "keep",
    "memory_kept",
    "seeded",
    "sweep",
    "training_work",
    "write_whole",
    "written_whole",
]
