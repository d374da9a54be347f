"""Dataset distillation with diffusion priors.

    from distiller import Settings, distill, load, load_prior, make_methods

    prior, data = load_prior("solids"), load("solids")
    events = distill(make_methods("dap+diversity"), prior, data, Settings(ipc=10))
    for event in events:
        print(event.stage, event.i, event.n)

`events` is a generator that returns the distilled set: `distilled = yield from events`.
"""

from .data.registry import load
from .diffusion.guidance import Guidance, guided
from .diffusion.prior import Prior, load_prior
from .diffusion.sampler import Estimate, Step, ddim, ddpm, dpmpp
from .diffusion.schedule import Schedule
from .errors import Refused
from .evaluation.accuracy import Evaluation, evaluate
from .evaluation.classifier import LabelledSet
from .evaluation.protocol import PROTOCOLS, Protocol, protocol_for
from .event import Event
from .methods import METHODS, make_methods
from .recipes.loop import Distilled, Settings, distill
from .recipes.recipe import Recipe
from .sets.request import Request
from .version import __version__

__all__ = [
    "METHODS",
    "PROTOCOLS",
    "Distilled",
    "Estimate",
    "Evaluation",
    "Event",
    "Guidance",
    "LabelledSet",
    "Prior",
    "Protocol",
    "Recipe",
    "Refused",
    "Request",
    "Schedule",
    "Settings",
    "Step",
    "__version__",
    "ddim",
    "ddpm",
    "distill",
    "dpmpp",
    "evaluate",
    "guided",
    "load",
    "load_prior",
    "make_methods",
    "protocol_for",
]
