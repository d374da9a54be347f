"""The recipe of a transformer's training: each part against its closed form."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from distiller.data.models import prior_folder
from distiller.data.registry import load
from distiller.diffusion.schedule import Schedule
from distiller.errors import Refused
from distiller.event import finish
from distiller.image import to_tensor
from distiller.machine.torchvision_shim import declare_missing_operators
from distiller.training.autoencoder import _autoencoder, _turn, align
from distiller.training.muon import Muon, orthogonalised
from distiller.training.routing import draw_tokens, routed
from distiller.training.spec import PriorSpec
from distiller.training.transformer import (
    _average,
    _retained,
    _transformer,
    snr_weight,
    train_transformer,
)

declare_missing_operators()

CPU = torch.device("cpu")
SPEC = PriorSpec(width=16, depth=4, heads=2, patch=2, steps=6, batch=4, warmup=2, lr=1e-2)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling takes longer than these few steps."""
    monkeypatch.setattr("distiller.training.transformer._has_compiler", lambda device: False)


def network_and_input() -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor, torch.Tensor]:
    network = _transformer((1, 4, 8, 8), SPEC)
    torch.manual_seed(1)
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.1)  # else every block is the identity
    return network, torch.randn(3, 4, 8, 8), torch.tensor([5, 400, 900]), torch.tensor([0, 7, 1000])


@torch.no_grad()
def test_routing_no_token_is_the_plain_forward_pass_bit_for_bit() -> None:
    network, x, t, y = network_and_input()
    kept = draw_tokens(3, 16, 0.0, torch.Generator())
    plain = network(x, timestep=t, class_labels=y).sample
    torch.testing.assert_close(routed(network, x, t, y, kept), plain, rtol=0, atol=0)


@torch.no_grad()
def test_a_token_set_aside_comes_to_the_last_block_as_it_left_the_first() -> None:
    network, x, t, y = network_and_input()
    kept = draw_tokens(3, 16, 0.5, torch.Generator().manual_seed(0))
    assert kept.shape == (3, 8)
    assert (kept.diff(dim=1) > 0).all()
    first, last, seen = network.transformer_blocks[0], network.transformer_blocks[-1], {}
    first.register_forward_hook(lambda m, given, out: seen.update(left=out))
    last.register_forward_pre_hook(lambda m, given: seen.update(came=given[0]))
    routed(network, x, t, y, kept)
    same = (seen["left"] == seen["came"]).all(-1)
    for row, chosen in enumerate(kept):
        aside = [k for k in range(16) if k not in chosen.tolist()]
        assert same[row, aside].all()
        assert not same[row, chosen].any()


def test_the_weights_cap_the_error_of_x0() -> None:
    schedule = Schedule.linear()
    torch.manual_seed(0)
    x0, eps, v = torch.randn(3, 5, 4, 2, 2).double().unbind()
    t = torch.tensor([1, 60, 250, 600, 1000])
    alpha, sigma = schedule(t, like=x0)
    error = (v - (alpha * eps - sigma * x0)).square()
    said = alpha * (alpha * x0 + sigma * eps) - sigma * v  # the estimate of x_0
    snr = (alpha / sigma).square()
    assert (snr[:2] > 5).all()
    assert (snr[2:] < 5).all()
    weighed = snr_weight(alpha, sigma, 5.0) * error
    torch.testing.assert_close(weighed, snr.clamp(max=5) * (said - x0).square())
    torch.testing.assert_close(snr_weight(alpha, sigma, 0.0) * error, error, rtol=0, atol=0)


def test_the_average_weighs_a_step_by_its_power() -> None:
    torch.manual_seed(0)
    steps, average, network = torch.randn(9, 3), torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
    spec = replace(SPEC, ema_power=2.0)
    for i, weight in enumerate(steps):
        network.weight.data = weight[None].clone()
        _average(average, network, _retained(spec, i))
    # The exact weights of the recursion: (1 - b_j) times every later b, b_j = (1 - 1/j)^(p + 1).
    b = torch.tensor([_retained(spec, i) for i in range(9)])
    share = (1 - b) * torch.tensor([b[k + 1 :].prod() for k in range(9)])
    torch.testing.assert_close(share.sum(), torch.tensor(1.0))
    torch.testing.assert_close(average.weight[0], share @ steps)
    power = torch.arange(1, 10.0) ** 2
    torch.testing.assert_close(share[4:], (power / power.sum())[4:], rtol=0.15, atol=0)
    assert _retained(replace(SPEC, ema=0.9), 10_000) == 0.9


def test_muon_in_float32_is_torch_s_but_for_rounding() -> None:
    torch.manual_seed(0)
    start, grads = torch.randn(24, 10), torch.randn(5, 24, 10)
    moved = []
    options = {"weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
    for dtype in (torch.bfloat16, torch.float32):
        p = torch.nn.Parameter(start.clone())
        optimizer = Muon([p], 0.1, dtype=dtype, **options)
        reference = copy.deepcopy(p)
        theirs = torch.optim.Muon([reference], 0.1, **options)
        for grad in grads:
            p.grad, reference.grad = grad.clone(), grad.clone()
            optimizer.step()
            theirs.step()
        exact = dtype == torch.bfloat16
        torch.testing.assert_close(p, reference, **({"rtol": 0, "atol": 0} if exact else
                                                    {"rtol": 0.02, "atol": 0.02}))  # fmt: skip
        saved = optimizer.state_dict()
        assert saved.keys() == theirs.state_dict().keys()
        theirs.load_state_dict(saved)  # a checkpoint of either is one of the other
        optimizer.load_state_dict(theirs.state_dict())
        moved.append(p.detach())
    assert not torch.equal(*moved)


def test_orthogonalised_matrices_keep_their_singular_vectors() -> None:
    torch.manual_seed(0)
    x = torch.randn(12, 30)
    u, _, v = torch.linalg.svd(x, full_matrices=False)
    for wide, left, right in ((x, u.T, v.T), (x.T, v, u)):
        inner = left @ orthogonalised(wide, (3.4445, -4.775, 2.0315), 5, 1e-7) @ right
        torch.testing.assert_close(inner, torch.diag(inner.diagonal()), atol=1e-4, rtol=0)
        assert (inner.diagonal() > 0.6).all()
        assert (inner.diagonal() < 1.3).all()


def test_a_stopped_training_by_the_whole_recipe_ends_with_the_same_bytes(tmp_path: Path) -> None:
    latents, labels = torch.randn(20, 4, 8, 8).half(), torch.arange(20) % 2
    spec = replace(SPEC, routed=0.5, snr=5.0, ema_power=3.0)
    whole = finish(train_transformer(latents, labels, spec, tmp_path / "whole", CPU))
    run = train_transformer(latents, labels, spec, tmp_path / "stopped", CPU)
    for _ in range(3):
        next(run)
    run.close()
    again = finish(train_transformer(latents, labels, spec, tmp_path / "stopped", CPU))
    plain = finish(
        train_transformer(latents, labels, replace(spec, routed=0.0), tmp_path / "plain", CPU)
    )
    theirs = plain.state_dict()
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=0, atol=0)
    assert any(not torch.equal(theirs[name], value) for name, value in whole.state_dict().items())


def test_routing_needs_inner_blocks(tmp_path: Path) -> None:
    spec = replace(SPEC, depth=2, routed=0.5)
    run = train_transformer(torch.randn(4, 4, 8, 8), torch.zeros(4).long(), spec, tmp_path, CPU)
    with pytest.raises(Refused, match="a depth of 2 has none"):
        next(run)


def shipped_autoencoder(name: str) -> torch.nn.Module:
    from diffusers import AutoencoderKL

    folder = prior_folder(name)
    assert folder is not None
    return AutoencoderKL.from_pretrained(folder, subfolder="vae", torch_dtype=torch.float32)


@torch.no_grad()
def test_latents_that_were_turned_are_turned_back() -> None:
    vae, pixels = shipped_autoencoder("digits"), load("digits").train.images[:50]
    x = to_tensor(pixels)
    z, again = vae.encode(x).latent_dist.mean, vae.decode(vae.encode(x).latent_dist.mean).sample
    torch.manual_seed(0)
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
    _turn(vae, turn)
    turned = vae.encode(x).latent_dist.mean
    torch.testing.assert_close(turned, torch.einsum("dc,nchw->ndhw", turn.float(), z))
    torch.testing.assert_close(vae.decode(turned).sample, again, atol=1e-4, rtol=0)
    align(vae, pixels, "digits")
    torch.testing.assert_close(vae.encode(x).latent_dist.mean, z, atol=1e-3, rtol=0)


@torch.no_grad()
def test_latents_of_a_coarser_autoencoder_come_nearer_to_those_of_a_finer_one() -> None:
    vae, finer = shipped_autoencoder("cifar10"), shipped_autoencoder("solids")
    pixels = load("digits").train.images[:40]  # cifar10 halves the side, solids quarters it
    x = to_tensor(pixels)
    wide = torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bicubic")
    goal = finer.encode(wide).latent_dist.mean

    def error() -> float:
        return float((vae.encode(x).latent_dist.mean - goal).square().mean())

    before = error()
    align(vae, pixels, "solids")
    nearest = error()
    assert nearest < before
    torch.manual_seed(0)
    for _ in range(5):  # no small turn comes nearer
        skew = 0.1 * torch.randn(4, 4, dtype=torch.float64)
        turn = torch.linalg.matrix_exp(skew - skew.T)
        _turn(vae, turn)
        assert error() > nearest
        _turn(vae, turn.T)


def test_latents_are_turned_towards_a_prior_that_is_here() -> None:
    pixels = load("digits").train.images[:4]
    with pytest.raises(Refused, match="no prior of 'cats'"):
        align(shipped_autoencoder("digits"), pixels, "cats")
    with pytest.raises(Refused, match="4 latent channels; 3 were needed"):
        align(_autoencoder(32, replace(SPEC, latent_channels=3)), pixels, "digits")
