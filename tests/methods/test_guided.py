"""Guided methods and herding: closed forms, and what each promises."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.diffusion.guidance import guided
from distiller.diffusion.sampler import ddpm
from distiller.errors import Refused
from distiller.event import finish
from distiller.methods import METHODS, make_methods
from distiller.methods.cao2 import CaO2, denoiser_loss
from distiller.methods.discrepancy import SMOOTH
from distiller.methods.herding import herd
from distiller.methods.igd import crowding, mean_gradient, mismatch, sample_gradients
from distiller.methods.mgd3 import modes
from distiller.recipes.difffit import network_of
from distiller.recipes.loop import Settings, distill, real_latents
from distiller.recipes.surrogate import LatentNet, Surrogate, train_surrogate
from distiller.scores.discrepancy import DISCREPANCIES
from distiller.scores.kernel import median_distance, rbf
from distiller.scores.score import Real, against, mmd2
from tests.priors import gaussian_prior, tiny_world

CENTRES = np.array([[0.5, 0.5, 0.0], [-0.5, 0.5, 0.0], [0.0, -0.6, 0.4]])


def make_data() -> Dataset:
    """One class of three clusters, of 60, 30 and 10 images."""
    rng = np.random.default_rng(0)
    which = np.repeat([0, 1, 2], [60, 30, 10])
    values = CENTRES[which] + rng.normal(0, 0.05, (100, 3))
    pixels = np.rint((values + 1) * 127.5).astype(np.uint8)[:, None, None]
    split = Split(pixels, np.zeros(100, int))
    return Dataset("clusters", ("0",), split, split)


DATA = make_data()
PRIOR = gaussian_prior(torch.zeros(1, 3, 1, 1), scale=0.5)
REAL = real_latents(PRIOR, DATA, 0, 100)


def sample(method: str, n: int = 9, **options: float) -> torch.Tensor:
    settings = Settings(ipc=n, steps=30)
    return finish(distill(make_methods(method, options), PRIOR, DATA, settings, [0])).latents


def test_modes_are_the_clusters_the_largest_first() -> None:
    found = modes(REAL, 3).flatten(1)
    torch.testing.assert_close(found, torch.tensor(CENTRES, dtype=torch.float32), atol=0.05, rtol=0)
    with pytest.raises(Refused, match="101 modes need"):
        modes(REAL, 101)


def test_each_image_comes_near_a_mode_of_its_own() -> None:
    plain, pulled = sample("dit", 3).flatten(1), sample("mgd3", 3, strength=5, stop=0).flatten(1)
    target = modes(REAL, 3).flatten(1)
    before, after = ((x - target).norm(dim=1) for x in (plain, pulled))
    assert after.mean() < 0.5 * before.mean()
    assert torch.cdist(pulled, target).argmin(1).tolist() == [0, 1, 2]


def test_below_the_stop_time_the_modes_let_go() -> None:
    (recipe,) = [finish(make_methods("mgd3", {"stop": 500})["mgd3"].fit(PRIOR, DATA, [0]))]
    guidance = recipe.guidance[0](0)
    assert guidance.strength(501) == 1
    assert guidance.strength(500) == 0
    x0 = torch.zeros(3, 3, 1, 1)
    alpha, _ = PRIOR.schedule(700, like=x0)
    torch.testing.assert_close(guidance.field(x0, 700, x0), alpha * modes(REAL, 3))


def test_the_form_of_a_step_is_what_the_released_code_adds() -> None:
    """The mean of a DDPM step moves by lambda (m - x_0) times the posterior's deviation."""
    options = {"form": "step", "strength": 0.1, "steps": 10, "stop": 0}
    recipe = finish(make_methods("mgd3", options)["mgd3"].fit(PRIOR, DATA, [0]))
    schedule, plain = PRIOR.schedule, PRIOR.denoiser(0)
    pulled = guided(plain, [recipe.guidance[0](0)], schedule)
    x = torch.randn(3, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    for t, s in list(pairwise(schedule.times(10)))[:-1]:
        before, after = (
            next(iter(ddpm(d, x, [t, s], schedule, lambda i: torch.zeros_like(x)))).x
            for d in (plain, pulled)
        )
        (alpha_t, sigma_t), (alpha_s, sigma_s) = (schedule(u, like=x) for u in (t, s))
        deviation = (sigma_s / sigma_t) * (1 - (alpha_t / alpha_s) ** 2).sqrt()
        added = 0.1 * deviation * (modes(REAL, 3) - plain(x, t).x0)
        torch.testing.assert_close(after - before, added, rtol=2e-3, atol=2e-5)


def test_the_window_of_the_papers_modes_is_24_of_50_steps() -> None:
    stop = METHODS["mgd3"].paper["stop"]
    assert sum(t > stop for t in PRIOR.schedule.times(50)) == 24


def test_the_papers_windows_of_influence_are_16_steps_each() -> None:
    times = PRIOR.schedule.times(50)[:-1]  # of pure noise first
    late, early = METHODS["igd"](), METHODS["igd"].paper
    inside = [k for k, t in enumerate(times[::-1]) if early["t_low"] < t <= early["t_high"]]
    assert inside == list(range(30, 46))  # counted from clean data
    counted = [k for k, t in enumerate(times) if late.t_low < t <= late.t_high]  # type: ignore[attr-defined]
    assert (counted[0], len(counted)) == (30, 15)  # counted from pure noise


def test_mmd_guidance_follows_the_witness_function() -> None:
    recipe = finish(
        make_methods("mmd", {"references": 100, "strength": 1})["mmd"].fit(PRIOR, DATA, [0])
    )
    x = torch.randn(4, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    field = recipe.guidance[0](0).field(x, 300, x).flatten(1)
    flat, y = x.flatten(1), REAL.flatten(1)
    h = median_distance(y)
    k = rbf(h)
    away = (k(flat, flat)[..., None] * (flat[:, None] - flat[None])).mean(1)
    toward = (k(flat, y)[..., None] * (flat[:, None] - y[None])).mean(1)
    alpha, _ = PRIOR.schedule(300, like=x)
    torch.testing.assert_close(field, alpha * 3 * (away - toward) / h**2, atol=1e-5, rtol=1e-4)


def test_mmd_guidance_lowers_the_mmd() -> None:
    real = Real(REAL.flatten(1))
    plain, moved = (
        mmd2(against(real, sample(name, 30, **options).flatten(1)))
        for name, options in (("dit", {}), ("mmd", {"strength": 5.0}))
    )
    assert moved < plain


def test_herding_is_the_greedy_descent_of_the_mmd() -> None:
    y = REAL.flatten(1)
    kernel = rbf(median_distance(y))
    picked: list[int] = []
    for _ in range(4):
        scores = []
        for i in range(len(y)):
            if i in picked:
                scores.append(-np.inf)
                continue
            crowd = sum(float(kernel(y[i : i + 1], y[j : j + 1])) for j in picked)
            scores.append(float(kernel(y[i : i + 1], y).mean()) - crowd / (len(picked) + 1))
        picked.append(int(np.argmax(scores)))
    assert herd(y, y, 4) == picked


def test_herding_of_real_images_beats_random_draws() -> None:
    real = Real(REAL.flatten(1))
    chosen = finish(
        distill(make_methods("herding", {"pool": 1}), PRIOR, DATA, Settings(ipc=10), [0])
    )
    assert len(set(chosen.sources.tolist())) == 10
    score = mmd2(against(real, chosen.latents.flatten(1)))
    assert score < np.quantile(real.draws(10)["mmd2"], 0.1)
    with pytest.raises(Refused, match="100 training images; 101"):
        finish(distill(make_methods("herding", {"pool": 1}), PRIOR, DATA, Settings(ipc=101), [0]))


def test_herding_of_a_pool_beats_its_first_images() -> None:
    real = Real(REAL.flatten(1))
    first, chosen = sample("dit", 10), sample("herding", 10, pool=10)
    assert mmd2(against(real, chosen.flatten(1))) < mmd2(against(real, first.flatten(1)))


@pytest.mark.parametrize("by", SMOOTH)
def test_a_short_step_along_the_field_lowers_the_discrepancy(by: str) -> None:
    method = make_methods("discrepancy", {"by": by, "references": 100})["discrepancy"]
    guidance = finish(method.fit(PRIOR, DATA, [0])).guidance[0](0)
    measure = DISCREPANCIES[by].to(REAL.flatten(1))
    x = torch.randn(12, 3, 1, 1, generator=torch.Generator().manual_seed(5))
    field = guidance.field(x, 300, x)
    moved = x + 1e-3 * field / field.abs().max()
    assert float(measure(moved.flatten(1))) < float(measure(x.flatten(1)))


@pytest.mark.parametrize("by", ["mmd", "energy", "sinkhorn", "sliced", "quantisation", "frechet"])
def test_discrepancy_guidance_lowers_its_discrepancy(by: str) -> None:
    measure = DISCREPANCIES[by].to(REAL.flatten(1))
    options = {"by": by, "references": 100, "t_low": 0, "strength": 0.2}
    plain, moved = sample("dit", 20), sample("discrepancy", 20, **options)
    assert float(measure(moved.flatten(1))) < float(measure(plain.flatten(1)))


def test_at_strength_one_noise_of_a_unit_moves_by_about_a_unit() -> None:
    for by in ("mmd", "sinkhorn", "quantisation"):
        method = make_methods("discrepancy", {"by": by, "references": 100})["discrepancy"]
        guidance = finish(method.fit(PRIOR, DATA, [0])).guidance[0](0)
        x = REAL[:20] + torch.randn(20, 3, 1, 1, generator=torch.Generator().manual_seed(5))
        alpha, _ = PRIOR.schedule(300, like=x)
        moves = (guidance.field(x, 300, x) / alpha).flatten(1)
        assert float(moves.square().mean().sqrt()) == pytest.approx(1, rel=0.5), by


# ----------------------------------------------------------------------------------- influence


def surrogate() -> Surrogate:
    torch.manual_seed(0)
    net = LatentNet(3, 2).requires_grad_(False)
    moments = [{k: w + 0.1 * torch.randn_like(w) for k, w in net.state_dict().items()}] * 2
    return Surrogate(net, moments)


def test_sample_gradients_are_those_of_autograd_one_by_one() -> None:
    s = surrogate()
    x = torch.randn(3, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = sample_gradients(s, 1, x, 1)
    net = LatentNet(3, 2)
    net.load_state_dict(dict(s.moments[1]))
    for i in range(3):
        net.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[i : i + 1]), torch.tensor([1]))
        loss.backward()  # type: ignore[no-untyped-call]
        expected = torch.cat([p.grad.flatten() for p in net.parameters()])  # type: ignore[union-attr]
        torch.testing.assert_close(found[i], expected, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(mean_gradient(s, 1, x, 1), found.mean(0), rtol=1e-4, atol=1e-7)


def test_what_teaches_the_same_does_not_mismatch() -> None:
    s = surrogate()
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    targets = [sample_gradients(s, k, x[:1], 1)[0] for k in range(2)]
    gaps = mismatch(s, x, 1, targets)
    assert float(gaps[0]) == pytest.approx(0, abs=1e-5)
    assert float(gaps[1]) > 0.01


def test_crowding_is_the_cosine_with_the_most_similar_other_image() -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    torch.testing.assert_close(crowding(x), torch.tensor([0.5**0.5, 0.5**0.5, -(0.5**0.5)]))
    assert float(crowding(x[:1])) == 0


def test_a_surrogate_learns_the_classes() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    values = CENTRES[labels] + rng.normal(0, 0.1, (120, 3))
    pixels = np.clip(np.rint((values + 1) * 127.5), 0, 255).astype(np.uint8)[:, None, None]
    split = Split(pixels, labels)
    data = Dataset("three", ("0", "1", "2"), split, split)
    trained = finish(train_surrogate(gaussian_prior(torch.zeros(3, 3, 1, 1)), data, 40))
    real = real_latents(PRIOR, data, 1, 40)
    assert (trained.log_probabilities(real).argmax(1) == 1).float().mean() > 0.9
    first, last = (w["head.weight"] for w in (trained.moments[0], trained.moments[-1]))
    assert (first != last).any()


# ------------------------------------------------------------------------------------ refinement


def refined(rounds: int, latents: torch.Tensor, **options: Any) -> torch.Tensor:
    prior, _ = tiny_world()
    return finish(CaO2(rounds=rounds, **options).refine(prior, 1, latents))


def some_latents() -> torch.Tensor:
    return torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(3))


def test_the_loss_of_the_second_stage_is_that_of_the_networks_noise() -> None:
    prior, _ = tiny_world()
    dit, z, t = network_of(prior), some_latents(), 120
    eps = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(4))
    alpha, sigma = prior.schedule(t, like=z)
    with torch.no_grad():
        said = dit.transformer(
            alpha * z + sigma * eps,
            timestep=torch.full((3,), t - 1),
            class_labels=torch.ones(3).long(),
        ).sample
        found = denoiser_loss(prior, 1, z, t, eps)
    error = (said - eps).flatten(1)
    torch.testing.assert_close(
        found, error.square().mean(1) + 10 * error.abs().amax(1), rtol=1e-3, atol=1e-3
    )


def test_the_second_stage_lowers_the_loss_and_each_latent_moves_by_itself() -> None:
    far = torch.randn(5, 3, 1, 1, generator=torch.Generator().manual_seed(6)).sign() * 2
    near = finish(CaO2(rounds=60, rate=0.02).refine(PRIOR, 0, far))
    eps = torch.randn(40, 3, 1, 1, generator=torch.Generator().manual_seed(5))

    def mean_loss(latents: torch.Tensor) -> torch.Tensor:
        return torch.stack([denoiser_loss(PRIOR, 0, latents, 150, e) for e in eps]).mean(0)

    assert (mean_loss(near) < 0.8 * mean_loss(far)).all()
    assert ((far - near).abs() > 0.3).any()
    z = some_latents()
    moved = refined(5, z, rate=0.05)
    torch.testing.assert_close(refined(5, z[1:2], rate=0.05), moved[1:2], rtol=1e-3, atol=1e-4)
    assert (refined(3, z, classless=True) != refined(3, z)).any()
    first = (refined(1, z) - z).abs().max()  # Adam's first step is the rate
    torch.testing.assert_close(first, torch.tensor(6e-4), rtol=1e-2, atol=0)


@pytest.mark.slow
def test_only_with_rounds_is_what_was_selected_moved() -> None:
    prior, data = tiny_world()
    settings = Settings(ipc=2, steps=2)

    def drawn(**options: Any) -> torch.Tensor:
        methods = make_methods("cao2", {"pool": 2, "images": 4, **options})
        return finish(distill(methods, prior, data, settings, [0])).latents

    plain = drawn()
    moved = drawn(rounds=2, rate=0.01)
    assert (moved != plain).any()
    torch.testing.assert_close(moved, plain, rtol=0, atol=0.021)
