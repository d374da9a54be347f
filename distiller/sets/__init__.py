"""Distilled sets: what is asked for, the folder it is written to, and sets that are uploaded."""

from .folder import (
    Scored,
    SetOnDisk,
    archive,
    class_folder,
    export,
    read_set,
    score_set,
    weights_of,
)
from .request import BUDGET, Request
from .upload import LIMITS, Limits, Uploaded, read_upload

__all__ = [
    "BUDGET",
    "LIMITS",
    "Limits",
    "Request",
    "Scored",
    "SetOnDisk",
    "Uploaded",
    "archive",
    "class_folder",
    "export",
    "read_set",
    "read_upload",
    "score_set",
    "weights_of",
]
