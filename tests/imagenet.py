"""An ImageNet root of generated pictures at mixed sizes, in the layout of the real one."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.data.class_list import class_list
from distiller.machine.torchvision_shim import declare_missing_operators

WNIDS = class_list("imagenette").wnids
SIDES = ((40, 56), (64, 40), (90, 90), (72, 48))


def jpeg(label: int, k: int, split: str) -> bytes:
    """A picture whose mean tells its class, and whose noise tells it from all others."""
    rng = np.random.default_rng([label, k, split == "val"])
    width, height = SIDES[k % len(SIDES)]
    pixels = np.clip(20 + 20 * label + rng.normal(0, 8, (height, width, 3)), 0, 255)
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, format="JPEG", quality=95)
    return buffer.getvalue()


def root_files(
    wnids: Sequence[str] = WNIDS, train: int = 11, test: int = 2, *, flat: bool = False
) -> dict[str, bytes]:
    """The files of a root: so many pictures of each class, by their path."""
    files, table = {}, ["ImageId,PredictionString"]
    for label, wnid in enumerate(wnids):
        for k in range(train):
            files[f"train/{wnid}/{wnid}_{k}.JPEG"] = jpeg(label, k, "train")
        for k in range(test):
            name = f"ILSVRC2012_val_{label * test + k + 1:08}"
            files[f"val/{name}.JPEG" if flat else f"val/{wnid}/{name}.JPEG"] = jpeg(label, k, "val")
            table.append(f"{name},{wnid} 1 2 3 4 ")
    if flat:
        files["LOC_val_solution.csv"] = "\n".join(table).encode()
    return files


def write_root(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """Writes a root into a folder."""
    for name, content in (root_files() if files is None else files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def save_standin(folder: Path, *, side: int = 32, latent_channels: int = 4) -> Path:
    """Writes a `DiTPipeline` as facebook/DiT-XL-2-256 is one, but tiny and with random weights.

    The same 1,000 labels, latents of 4 x 32 x 32, the learned variance, and the blocks of Stable
    Diffusion's autoencoder, of 8 to 16 channels where that has 128 to 512.
    """
    import torch

    declare_missing_operators()
    from diffusers import AutoencoderKL, DDIMScheduler, DiTPipeline, DiTTransformer2DModel
    from timm.data import ImageNetInfo

    torch.manual_seed(0)
    transformer = DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        sample_size=side,
        patch_size=2,
        num_embeds_ada_norm=1000,
    )
    for p in transformer.parameters():
        torch.nn.init.normal_(p, std=0.05)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=2,
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=8 * side,
        scaling_factor=0.18215,
    )
    scheduler = DDIMScheduler(beta_schedule="linear", clip_sample=False)
    names = ImageNetInfo().label_descriptions()
    pipeline = DiTPipeline(transformer, vae, scheduler)
    pipeline.register_to_config(id2label={str(k): name for k, name in enumerate(names)})
    pipeline.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n# A stand-in\n")
    return folder


def prepared(folder: Path) -> Path:
    """A folder with a root `imagenet`, a stand-in `dit`, and `nette-xl`, prepared of them."""
    import torch

    from distiller.data.registry import DATASETS
    from distiller.event import finish
    from distiller.training.prepare import plan_preparation, prepare

    write_root(folder / "imagenet")
    save_standin(folder / "dit")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DATASETS, "_sources", dict(DATASETS))
        patched.setenv("DISTILLER_IMAGENET", str(folder / "imagenet"))
        patched.setattr("distiller.training.own.JUDGE_STEPS", (6, 6))
        plan = plan_preparation("imagenette", 256, str(folder / "dit"))
        finish(prepare(plan, folder / "nette-xl", torch.device("cpu")))
    return folder
