"""Training of priors: the autoencoder, the transformer, and the card of what is reached."""

from .autoencoder import train_autoencoder
from .card import write_card
from .fits import fits_of, write_fits
from .own import SIZES, judge_steps, spec_for, take_in, train_own
from .prior import train_prior
from .quality import (
    frechet_distances,
    measure_prior,
    mode_coverage,
    psnr,
    recognition,
    sample_classes,
)
from .shipment import Part, parts_of, record, shipped_priors, stale
from .spec import PRESETS, PriorSpec
from .transformer import Watch, train_transformer
from .warm_start import start_from

__all__ = [
    "PRESETS",
    "SIZES",
    "Part",
    "PriorSpec",
    "Watch",
    "fits_of",
    "frechet_distances",
    "judge_steps",
    "measure_prior",
    "mode_coverage",
    "parts_of",
    "psnr",
    "recognition",
    "record",
    "sample_classes",
    "shipped_priors",
    "spec_for",
    "stale",
    "start_from",
    "take_in",
    "train_autoencoder",
    "train_own",
    "train_prior",
    "train_transformer",
    "write_card",
    "write_fits",
]
