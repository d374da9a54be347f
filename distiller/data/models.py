"""Models: where those of a data set lie, whether they are shipped or one's own.

assets/priors/<name>/   assets/judges/<name>/   assets/references/<name>.npz     shipped
DIR/                    DIR/judge/              DIR/reference.npz                one's own
a folder or the Hub     DIR/judge/              DIR/reference.npz                prepared
"""

from pathlib import Path

from ..machine.assets import ASSETS
from ..machine.hub import found
from .registry import DATASETS

__all__ = ["has_models", "independent_file", "judge_folder", "prior_folder", "reference_file"]


def _own(name: str) -> Path | None:
    return DATASETS[name].folder if name in DATASETS else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be that of a file
        return False


def prior_folder(name: str) -> Path | None:
    """The prior of a data set, if there is one on this machine."""
    if name in DATASETS and (elsewhere := DATASETS[name].prior) is not None:
        return found(elsewhere)
    folder = _own(name) or ASSETS / "priors" / name
    return folder if _is_file(folder / "model_index.json") else None


def judge_folder(name: str) -> Path | None:
    """The judge of a data set, if there is one on this machine."""
    own = _own(name)
    folder = own / "judge" if own else ASSETS / "judges" / name
    return folder if _is_file(folder / "config.json") else None


def reference_file(name: str) -> Path | None:
    """The reference of a data set, if there is one on this machine."""
    own = _own(name)
    path = own / "reference.npz" if own else ASSETS / "references" / f"{name}.npz"
    return path if _is_file(path) else None


def independent_file(name: str) -> Path | None:
    """What ships of a data set's photographs in features that nobody here trained, if it does."""
    path = ASSETS / "references" / f"{name}-independent.npz"
    return path if _own(name) is None and _is_file(path) else None


def has_models(name: str) -> bool:
    """Whether a data set can be distilled and judged: prior, judge and reference are here."""
    return None not in (prior_folder(name), judge_folder(name), reference_file(name))
