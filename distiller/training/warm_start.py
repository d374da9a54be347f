"""Warm starts: training that begins with the weights of another data set's prior."""

from pathlib import Path

from torch import Tensor, nn

from ..data.models import prior_folder
from ..diffusion.pipeline import check_files
from ..errors import Refused
from ..machine.seal import Damaged
from ..machine.weights import read_tensors

__all__ = ["start_from"]


def start_from(
    network: nn.Module, name: str, part: str, *, other_shape: bool = False, classes: bool = False
) -> None:
    """Copies the weights of a data set's prior, where name and shape agree.

    Those of classes are copied only if both have the same ones. Of another shape is a network that
    shares fewer than half of its weights. If that is allowed, it starts anew.

    Raises:
        Refused: if there is no such prior, it is damaged, or it has another shape and must not.
    """
    folder = prior_folder(name)
    if folder is None:
        raise Refused(f"There is no prior of {name!r} here to start from.")
    check_files(folder)
    theirs: dict[str, Tensor] = {}
    for path in sorted((folder / part).glob("*.safetensors")):
        theirs |= _read(path)
    mine = network.state_dict()
    shared = {
        key: value.float()
        for key, value in theirs.items()
        if key in mine
        and mine[key].shape == value.shape
        and (classes or "class_embedder" not in key)
    }
    if sum(value.numel() for value in shared.values()) < sum(v.numel() for v in mine.values()) / 2:
        if other_shape:
            return
        raise Refused(f"The prior of {name!r} has another shape; it cannot be started from.")
    network.load_state_dict(shared, strict=False)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return read_tensors(path)[0]
    except Damaged as damaged:
        raise Refused(f"{damaged}, and training is to start from it; copy it anew.") from damaged
