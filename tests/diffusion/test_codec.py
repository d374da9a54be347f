"""Compiled priors: they say what plain ones say, and what a copy of one says is its own."""

import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters

from distiller.diffusion.codec import decodes_low
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.recipes.difffit import network_of, twin_of
from tests.tiny import save_tiny_pipeline


@pytest.mark.parametrize(
    ("device", "dtype", "low"),
    [
        ("cuda", torch.bfloat16, True),
        ("cuda:1", torch.bfloat16, True),
        ("cuda", torch.float16, False),  # in which some decoders overflow
        ("cuda", torch.float32, False),
        ("cpu", torch.bfloat16, False),
    ],
)
def test_images_are_decoded_in_bfloat16_where_a_gpu_computes_in_it(
    device: str, dtype: torch.dtype, low: bool
) -> None:
    assert decodes_low(torch.device(device), dtype) is low


def test_a_decoder_in_bfloat16_is_another_that_leaves_the_autoencoder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, z = save_tiny_pipeline(tmp_path), latents(2)
    fine = load_prior(folder, "cpu")
    images = fine.decode(z)
    monkeypatch.setattr("distiller.diffusion.codec.decodes_low", lambda device, dtype: True)
    rough = load_prior(folder, "cpu")
    assert rough.decode(z).dtype == torch.float32
    assert 0 < (images - rough.decode(z)).abs().max() < 0.05
    x = torch.zeros(1, 3, 16, 16)
    assert torch.equal(rough.encode(x), fine.encode(x))


def latents(n: int) -> Tensor:
    return torch.randn(n, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def says(prior: Prior, n: int) -> Tensor:
    return prior.predict(latents(n), 500, torch.arange(n) % 3).x0


@pytest.mark.slow
def test_a_compiled_prior_says_what_a_plain_one_says(tmp_path: Path) -> None:
    folder = save_tiny_pipeline(tmp_path, blocks=6)
    plain, quick = load_prior(folder, "cpu"), load_prior(folder, "cpu", compiled=True)
    assert (plain.compiled, quick.compiled) == (False, True)
    before = counters["stats"]["unique_graphs"]
    with torch.no_grad():
        for n in (3, 2, 4, 5):
            torch.testing.assert_close(says(quick, n), says(plain, n), atol=1e-4, rtol=1e-4)
        # The first block's input lies otherwise in memory; each for one batch size, then for all.
        assert counters["stats"]["unique_graphs"] - before == 2 * 2
        z = latents(3)
        torch.testing.assert_close(quick.decode(z), plain.decode(z), atol=1e-4, rtol=1e-4)
    slope = [
        torch.autograd.grad(hidden(prior, z.requires_grad_()), z)[0] for prior in (plain, quick)
    ]
    torch.testing.assert_close(slope[1], slope[0], atol=1e-4, rtol=1e-4)
    twin = twin_of(network_of(quick).transformer)
    block = twin.transformer_blocks[0]
    block.ff.net[2].bias = torch.nn.Parameter(torch.ones_like(block.ff.net[2].bias))
    given = {"timestep": torch.tensor([499]), "class_labels": torch.tensor([1])}
    h = torch.zeros(1, 16, block.norm3.normalized_shape[0])
    own = network_of(quick).transformer.transformer_blocks[0]
    assert not torch.allclose(block(h, **given), own(h, **given), atol=1e-3)


def hidden(prior: Prior, z: Tensor) -> Tensor:
    assert prior.hidden is not None
    return prior.hidden(z, 300, torch.zeros(len(z), dtype=torch.long), 0).square().sum()


def test_without_a_compiler_a_compiled_prior_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_tiny_pipeline(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Refused, match="needs a C\\+\\+ compiler"):
        load_prior(folder, "cpu", compiled=True)
