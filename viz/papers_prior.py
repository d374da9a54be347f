"""The papers' prior: a page on a GPU offers DiT-XL/2 by itself, where the network allows.

Imagenette at 256 pixels is prepared for it behind the page, once. Stopped anywhere, the next start
of the page goes on.
"""

from distiller.data.registry import DATASETS, own_folder
from distiller.errors import Refused
from distiller.event import finish
from distiller.machine.device import choose_device
from distiller.training.prepare import plan_preparation, prepare

from . import settings
from .catalogue import forget_models
from .embedding import add_umap
from .tier import tier_of_this

__all__ = ["NAME", "XL", "offer", "offered_here"]

XL = "facebook/DiT-XL-2-256"
NAME = "imagenette-xl"
"""The data set that the page then has."""


def offered_here() -> bool:
    """Whether the page is to prepare it: it has a GPU of its own, and its host does not forbid."""
    return tier_of_this() == "cuda" and settings.may_prepare() and NAME not in DATASETS


def offer(prior: str = XL) -> str:
    """Prepares Imagenette for a prior, and says how it went, for the log of the page."""
    try:
        plan = plan_preparation("imagenette", None, prior)
        finish(prepare(plan, own_folder() / NAME, choose_device(), "auto", add_umap))
    except Refused as refused:
        return f"DiT-XL/2 is not offered: {refused}"
    forget_models()
    return f"DiT-XL/2 is offered: the data set {NAME} is ready."
