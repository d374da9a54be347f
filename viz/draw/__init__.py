"""What is drawn of a run, as plain values for a browser: sheets, maps, scores, the witness."""

from .embedding import add_umap, fit_umap, trust
from .figures import frame, late_lines, made, map_of, result, waiting
from .preview import class_pictures, contact_sheet, data_uri, fit_linear_decoder, from_data_uri, png
from .steps import Explored, Glimpse, explore, glimpse_of, shown_result
from .witness import Field, Plane, Witness, plane_of, witness_of

__all__ = [
    "Explored",
    "Field",
    "Glimpse",
    "Plane",
    "Witness",
    "add_umap",
    "class_pictures",
    "contact_sheet",
    "data_uri",
    "explore",
    "fit_linear_decoder",
    "fit_umap",
    "frame",
    "from_data_uri",
    "glimpse_of",
    "late_lines",
    "made",
    "map_of",
    "plane_of",
    "png",
    "result",
    "shown_result",
    "trust",
    "waiting",
    "witness_of",
]
