"""Diffusion: the noise schedule, samplers, guidance, and priors that denoise."""

from .guidance import Dial, Field, Guidance, from_energy, guided
from .original import convert_prior
from .prior import DiT, Prior, assemble, default_cfg_scale, load_prior
from .sampler import SAMPLERS, Denoiser, Estimate, Noise, Sampler, Step, ddim, ddpm, dpmpp
from .schedule import Schedule

__all__ = [
    "SAMPLERS",
    "Denoiser",
    "DiT",
    "Dial",
    "Estimate",
    "Field",
    "Guidance",
    "Noise",
    "Prior",
    "Sampler",
    "Schedule",
    "Step",
    "assemble",
    "convert_prior",
    "ddim",
    "ddpm",
    "default_cfg_scale",
    "dpmpp",
    "from_energy",
    "guided",
    "load_prior",
]
