"""Dataset distillation with diffusion priors.

One call gives a set:

    from distiller import distill_set

    found = distill_set("digits", "dap+diversity", ipc=10)
    print(found.images.shape, found.labels)

A lab holds what a data set is distilled and judged with:

    from distiller import measure_set, open_lab, score_set

    lab = open_lab("digits")
    print(score_set(measure_set(found.images, found.labels, lab)).table())

Everything slow is a generator of events that returns its result. `finish` runs one to its end;
`translated` follows one:

    from distiller import Request, distill_request, finish

    request = Request.parse({"dataset": "digits", "method": "dap", "ipc": 10})
    for event in distill_request(request, lab):
        print(event.stage, event.i, event.n)
"""

from .data.registry import load
from .diffusion.guidance import Guidance, guided
from .diffusion.prior import Prior, load_prior
from .diffusion.sampler import Estimate, Step, ddim, ddpm, dpmpp
from .diffusion.schedule import Schedule
from .errors import Refused
from .evaluation.accuracy import evaluate
from .evaluation.classifier import LabelledSet
from .evaluation.plan import EvaluationPlan
from .evaluation.protocol import PROTOCOLS, Protocol, protocol_for
from .evaluation.result import Evaluation
from .event import Event, finish, translated
from .lab import Lab, forget_labs, open_lab
from .methods import METHODS, make_methods
from .recipes.loop import Distilled, Settings, distill
from .recipes.recipe import Recipe
from .scores.judge import load_judge
from .scores.reference import load_reference
from .sets.distilled import distill_request, distill_set
from .sets.measured import Measured, measure_set
from .sets.request import Request
from .sets.scoring import score_set
from .version import __version__

__all__ = [
    "METHODS",
    "PROTOCOLS",
    "Distilled",
    "Estimate",
    "Evaluation",
    "EvaluationPlan",
    "Event",
    "Guidance",
    "Lab",
    "LabelledSet",
    "Measured",
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
    "distill_request",
    "distill_set",
    "dpmpp",
    "evaluate",
    "finish",
    "forget_labs",
    "guided",
    "load",
    "load_judge",
    "load_prior",
    "load_reference",
    "make_methods",
    "measure_set",
    "open_lab",
    "protocol_for",
    "score_set",
    "translated",
]
