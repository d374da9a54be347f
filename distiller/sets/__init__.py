"""Distilled sets: what is asked for, the folder it is written to, and sets that are uploaded."""

from .class_images import class_folder
from .distilled import distill_request, distill_set
from .folder import (
    SetOnDisk,
    dataset_of,
    file_names,
    read_json,
    read_set,
    weights_of,
)
from .measured import Measured, measure_set
from .preset import PRESETS, evaluation_of, settings_of
from .repetition import command_of, python_of
from .request import BUDGET, Request
from .scoring import Scored, score_set
from .upload import LIMITS, Limits, Uploaded, read_upload
from .writer import archive, export

__all__ = [
    "BUDGET",
    "LIMITS",
    "PRESETS",
    "Limits",
    "Measured",
    "Request",
    "Scored",
    "SetOnDisk",
    "Uploaded",
    "archive",
    "class_folder",
    "command_of",
    "dataset_of",
    "distill_request",
    "distill_set",
    "evaluation_of",
    "export",
    "file_names",
    "measure_set",
    "python_of",
    "read_json",
    "read_set",
    "read_upload",
    "score_set",
    "settings_of",
    "weights_of",
]
