"""The papers' prior: a page on a GPU offers DiT-XL/2 by itself, where the network allows.

Imagenette at 256 pixels is prepared for it behind the page, once. Stopped anywhere, the next start
of the page goes on. What needs the device waits in the line before it, as all else does, and makes
way for runs of visitors after each step; weights and images are fetched before, and the map is
drawn after, without it.
"""

import asyncio
from collections.abc import Generator

from distiller.data.registry import DATASETS, own_folder
from distiller.errors import Refused
from distiller.event import Event, finish
from distiller.machine.device import choose_device
from distiller.training.prepare import MAP, WEIGHTS, plan_preparation, prepare

from . import settings
from .catalogue import forget_models
from .draw.embedding import add_umap
from .serving.desk import open_desk
from .tier import tier_of_this

__all__ = ["NAME", "XL", "offer", "offered_here"]

XL = "facebook/DiT-XL-2-256"
NAME = "imagenette-xl"
"""The data set that the page then has."""
COST = 900.0  # seconds; nobody waits behind it, so nobody is told


def offered_here() -> bool:
    """Whether the page is to prepare it: it has a GPU of its own, and its host does not forbid."""
    return tier_of_this() == "cuda" and settings.may_prepare() and NAME not in DATASETS


def offer(prior: str = XL) -> str:
    """Prepares Imagenette for a prior, and says how it went, for the log of the page."""
    try:
        plan = plan_preparation("imagenette", None, prior)
        steps = prepare(plan, own_folder() / NAME, choose_device(), "auto", add_umap)
        finish(_until(WEIGHTS, steps))
        asyncio.run(_served(_until(MAP, steps)))
        finish(steps)
    except Refused as refused:
        return f"DiT-XL/2 is not offered: {refused}"
    forget_models()
    return f"DiT-XL/2 is offered: the data set {NAME} is ready."


def _until(stage: str, steps: Generator[Event, None, str]) -> Generator[Event, None, None]:
    """The events before the first of a stage; what comes after is left to whoever goes on."""
    for event in steps:
        if event.stage == stage:
            return
        yield event


async def _served(steps: Generator[Event, None, None]) -> None:
    """Has work done for nobody in the line."""
    async for _ in open_desk().long("nobody", lambda: steps, COST):
        pass
