"""Recipes: what a method changes in sampling, and the loop that samples by one."""

from .cache import (
    SHIPPED_FITS,
    content_key,
    keep_latents,
    keep_tensors,
    load_latents,
    load_tensors,
    shipped_fit,
)
from .difffit import Fit, fold, network_of, twin_of, with_fit
from .gaussian_mechanism import gaussian_delta, gaussian_mechanism_sigma
from .loop import (
    Distilled,
    Settings,
    distill,
    draw,
    encode_class,
    encode_classes,
    fit,
    real_latents,
    seeded_noise,
)
from .recipe import (
    Init,
    Method,
    Recipe,
    Select,
    Subset,
    combine,
    knob,
    live_knobs,
    with_dials,
)
from .selection import Rule, pool_knob, selecting
from .surrogate import Surrogate, surrogate_name, train_surrogate

__all__ = [
    "SHIPPED_FITS",
    "Distilled",
    "Fit",
    "Init",
    "Method",
    "Recipe",
    "Rule",
    "Select",
    "Settings",
    "Subset",
    "Surrogate",
    "combine",
    "content_key",
    "distill",
    "draw",
    "encode_class",
    "encode_classes",
    "fit",
    "fold",
    "gaussian_delta",
    "gaussian_mechanism_sigma",
    "keep_latents",
    "keep_tensors",
    "knob",
    "live_knobs",
    "load_latents",
    "load_tensors",
    "network_of",
    "pool_knob",
    "real_latents",
    "seeded_noise",
    "selecting",
    "shipped_fit",
    "surrogate_name",
    "train_surrogate",
    "twin_of",
    "with_dials",
    "with_fit",
]
