"""The machine: devices, files written whole, checkpoints, compilation, memory, downloads."""

from .arrays import keep_array, keep_arrays, load_array, load_arrays
from .assets import ASSETS
from .checkpoint import Checkpoint, advance, seeded
from .compiled import bfloat16_pays, compiled_forward, training_work
from .device import DTYPES, choose_device, choose_dtype
from .disk import cache_folder, keep, sweep, write_whole, written_whole
from .json_file import json_object, read_json
from .lock import alone
from .malloc import memory_kept
from .seal import Damaged, check_seal
from .torchvision_shim import declare_missing_operators
from .web import download
from .weights import packed_tensors, read_tensors

__all__ = [
    "ASSETS",
    "DTYPES",
    "Checkpoint",
    "Damaged",
    "advance",
    "alone",
    "bfloat16_pays",
    "cache_folder",
    "check_seal",
    "choose_device",
    "choose_dtype",
    "compiled_forward",
    "declare_missing_operators",
    "download",
    "json_object",
    "keep",
    "keep_array",
    "keep_arrays",
    "load_array",
    "load_arrays",
    "memory_kept",
    "packed_tensors",
    "read_json",
    "read_tensors",
    "seeded",
    "sweep",
    "training_work",
    "write_whole",
    "written_whole",
]
