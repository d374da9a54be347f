"""The key of a run: it holds all that determines the result, the code among it."""

import hashlib
from functools import cache
from pathlib import Path

import distiller
from distiller.data.models import judge_folder, reference_file
from distiller.lab import Lab
from distiller.sets.request import Request

from .kept import key_of
from .zero_gpu import computed

__all__ = ["run_key"]


def run_key(request: Request, lab: Lab) -> str | None:
    """All that determines a run; None where something in it is private, which is kept nowhere."""
    if request.private():
        return None
    return key_of(
        {
            "request": request.public(),
            "prior": lab.prior.fingerprint(),
            **computed(request, lab),
            "judged by": _models(lab),
            "code": _code(),
        }
    )


@cache
def _models(lab: Lab) -> str:
    """A hash of the reference and the judge that a lab's sets are measured by."""
    digest = hashlib.sha256()
    folder, reference = judge_folder(lab.name), reference_file(lab.name)
    judge = sorted(folder.iterdir()) if folder is not None else []
    for path in (*judge, *([reference] if reference is not None else [])):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _code() -> str:
    """A hash of the project's code: no result outlives a change of what made it."""
    digest = hashlib.sha256()
    for root in (Path(distiller.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
