"""Real images: data sets by name, folders and archives of pictures, where their models lie."""

from .archive import key_of, open_tree
from .class_folders import Pictures, load_pictures, read_pictures, save_pictures
from .dataset import Absent, Dataset, Source, Split
from .models import has_models, judge_folder, prior_folder, reference_file
from .photographs import CIFAR10, CIFAR100, IMAGENETTE, IMAGENETTE64, Photographs, load_photographs
from .picture import decode
from .registry import (
    DATASETS,
    Registry,
    dataset_table,
    discover,
    load,
    load_here,
    own_folder,
    render_solids,
)
from .report import Report
from .tree import Leaf, Tree

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "DATASETS",
    "IMAGENETTE",
    "IMAGENETTE64",
    "Absent",
    "Dataset",
    "Leaf",
    "Photographs",
    "Pictures",
    "Registry",
    "Report",
    "Source",
    "Split",
    "Tree",
    "dataset_table",
    "decode",
    "discover",
    "has_models",
    "judge_folder",
    "key_of",
    "load",
    "load_here",
    "load_photographs",
    "load_pictures",
    "open_tree",
    "own_folder",
    "prior_folder",
    "read_pictures",
    "reference_file",
    "render_solids",
    "save_pictures",
]
