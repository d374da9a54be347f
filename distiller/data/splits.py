"""Split names: which folders hold training pictures, and which pictures for testing."""

import re
from collections.abc import Iterable

__all__ = ["split_names"]

WORDS = {
    "train": ("train", "training", "trainset", "trainingset", "traindata", "trn"),
    "test": ("test", "testing", "testset", "testdata", "tst", "eval", "evaluation"),
    "val": ("val", "valid", "validation", "valset", "validset", "validationset", "valdata", "dev"),
    "unlabelled": (
        "pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled", "submission",
    ),
}  # fmt: skip
SPLIT_OF = {word: split for split, words in WORDS.items() for word in words}
FILLERS = {
    "set", "sets", "data", "dataset", "split", "folder", "dir", "image", "images", "img", "imgs",
    "picture", "pictures", "photo", "photos",
}  # fmt: skip


def split_names(folders: Iterable[str]) -> dict[str, str]:
    """The folders that are named after a split, to "train", "test", "val" or "unlabelled".

    Beside the split, a name may have numbers, words such as `set` and `images`, and what all
    folders that name a split have in common: seg_train, Training Set, train2017.
    """
    words = {folder: _words(folder) for folder in folders}
    found = {
        folder: split
        for folder, parts in words.items()
        if (split := next((SPLIT_OF[part] for part in parts if part in SPLIT_OF), ""))
    }
    shared = set.intersection(*(set(words[folder]) for folder in found)) if found else set()
    return {
        folder: split
        for folder, split in found.items()
        if all(
            part in SPLIT_OF or part in FILLERS or part in shared or part.isdecimal()
            for part in words[folder]
        )
    }


def _words(folder: str) -> list[str]:
    """The words and numbers of a name, in small letters: TrainImages has two."""
    return [
        part.lower() for part in re.findall(r"[^\W\d_]?[^\WA-Z\d_]+|[A-Z]+|\d+|[^\W\d_]+", folder)
    ]
