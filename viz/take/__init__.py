"""What a visitor takes along: texts that make it again, and files."""

from .embedding_atlas import atlas
from .parcel import comparison, files_of, selection
from .taken import atlas_of_lanes, lane_texts, packed_lanes, packed_run, run_texts

__all__ = [
    "atlas",
    "atlas_of_lanes",
    "comparison",
    "files_of",
    "lane_texts",
    "packed_lanes",
    "packed_run",
    "run_texts",
    "selection",
]
