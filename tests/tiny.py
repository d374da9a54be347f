"""What tests have small: a randomly initialised pipeline in diffusers' layout, short trainings."""

from pathlib import Path

import pytest
import torch

from distiller.machine.torchvision_shim import declare_missing_operators

declare_missing_operators()

CLASSES = ("ant", "bee", "cat")


def train_in_a_moment(patched: pytest.MonkeyPatch) -> None:
    """Lets a training of a few steps take a moment, whatever else is trained or drawn on the way.

    Nothing is compiled, and the previews, which such a training draws after every step, take 2
    steps where they take 12.
    """
    patched.setattr("distiller.training.transformer._has_compiler", lambda device: False)
    patched.setattr("distiller.training.prior.PREVIEW_STEPS", 2)
    patched.setattr("distiller.training.own.JUDGE_STEPS", (6, 6))
    patched.setattr("distiller.recipes.surrogate.STEPS", 20)


def save_tiny_pipeline(
    folder: Path,
    *,
    prediction_type: str = "epsilon",
    learned_variance: bool = False,
    side: int = 8,
    blocks: int = 2,
) -> Path:
    """Writes a `DiTPipeline` of 16 x 16 images, with latents (4, side, side)."""
    from diffusers import AutoencoderKL, DDIMScheduler, DiTPipeline, DiTTransformer2DModel

    torch.manual_seed(0)
    transformer = DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8 if learned_variance else 4,
        num_layers=blocks,
        sample_size=side,
        patch_size=2,
        num_embeds_ada_norm=1000,  # DiTPipeline's null label is 1000, whatever the table's size
    ).eval()
    for p in transformer.parameters():
        torch.nn.init.normal_(p, std=0.05)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=2 * side,
        scaling_factor=0.18215,
    )
    scheduler = DDIMScheduler(
        beta_schedule="linear", prediction_type=prediction_type, clip_sample=False
    )
    id2label = {str(k): name for k, name in enumerate(CLASSES)}
    pipeline = DiTPipeline(transformer, vae, scheduler)
    pipeline.register_to_config(id2label=id2label)
    pipeline.save_pretrained(folder)
    return folder
