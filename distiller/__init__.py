"""Dataset distillation with diffusion priors.

    from distiller import Settings, distill, load, load_prior, make_methods

    prior, data = load_prior("solids"), load("solids")
    events = distill(make_methods("dap+diversity"), prior, data, Settings(ipc=10))
    for event in events:
        print(event.stage, event.i, event.n)

`events` is a generator that returns the distilled set: `distilled = yield from events`.
"""

__version__ = "0.1.0"

from .classifier import LabelledSet
from .data import load
from .distill import Distilled, Settings, distill
from .errors import Refused
from .evaluate import Evaluation, evaluate
from .event import Event
from .guidance import Guidance, guided
from .methods import METHODS, make_methods
from .prior import Prior, load_prior
from .protocol import PROTOCOLS, Protocol, protocol_for
from .recipe import Recipe
from .request import Request
from .sampler import Estimate, Step, ddim, ddpm, dpmpp
from .schedule import Schedule

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
