"""UAG, LGD, CGS and S3: closed forms, and what each promises."""

import math
from collections.abc import Generator

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.event import Event, finish
from distiller.methods import make_methods
from distiller.methods.cgs import EPS, volume
from distiller.methods.s3 import centroid, standing
from distiller.methods.uag import entropy
from distiller.recipes.loop import Settings, distill, encode_classes
from distiller.recipes.surrogate import Surrogate, train_surrogate
from tests.priors import gaussian_prior

MEANS = torch.tensor([[0.6, -0.3, 0.2], [0.2, 0.6, -0.5], [-0.6, 0.0, 0.5]]).reshape(3, 3, 1, 1)
PRIOR = gaussian_prior(MEANS, scale=0.4)


def make_data() -> Dataset:
    """Three classes of 40 real images (n, 1, 1, 3) around their means."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    values = MEANS.flatten(1).numpy()[labels] + rng.normal(0, 0.15, (len(labels), 3))
    pixels = np.clip(np.rint((values + 1) * 127.5), 0, 255).astype(np.uint8)[:, None, None]
    split = Split(pixels, labels)
    return Dataset("dots", ("0", "1", "2"), split, split)


DATA = make_data()


@pytest.fixture(scope="module")
def surrogate() -> Surrogate:
    return finish(train_surrogate(PRIOR, DATA, 40))


@pytest.fixture(autouse=True)
def _known(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The methods consult the same classifier, trained once."""

    def known(*_: object) -> Generator[Event, None, Surrogate]:
        yield from ()
        return surrogate

    for name in ("uag", "lgd", "s3"):
        monkeypatch.setattr(f"distiller.methods.{name}.train_surrogate", known)


def sample(method: str, n: int = 8, **options: float) -> torch.Tensor:
    settings = Settings(ipc=n, steps=20)
    return finish(distill(make_methods(method, options), PRIOR, DATA, settings, [0])).latents


def test_entropy_is_that_of_the_classes() -> None:
    p = torch.tensor([[0.25] * 4, [0.5, 0.5, 0, 0], [1.0, 0, 0, 0]])
    log_p = p.clamp(min=1e-30).log()
    expected = torch.tensor([math.log(4), math.log(2), 0.0])
    torch.testing.assert_close(entropy(log_p), expected, atol=1e-6, rtol=1e-6)


def test_uag_makes_the_classifier_less_sure(surrogate: Surrogate) -> None:
    plain, moved = (
        entropy(surrogate.log_probabilities(z)).mean()
        for z in (sample("dit"), sample("uag", strength=5))
    )
    assert moved > plain + 0.05
    assert torch.equal(sample("uag", strength=0), sample("dit"))


def test_lgd_raises_what_is_not_known_yet_and_is_known_at_the_end(surrogate: Surrogate) -> None:
    """Each image's own step, however far, goes where its learnability rises fastest."""
    methods = make_methods("lgd", {"omega": 0.7, "moment": 1})
    guidance = finish(methods["lgd"].fit(PRIOR, DATA, [1])).guidance[0](1)

    def learnability(z: torch.Tensor) -> torch.Tensor:
        now, end = (surrogate.log_probabilities(z, k)[:, 1] for k in (1, -1))
        return 0.7 * end - now

    x0 = torch.randn(6, 3, 1, 1, generator=torch.Generator().manual_seed(2))
    field, step = guidance.field(x0, 500, x0), 1e-3
    slope = 3 * PRIOR.schedule(500, like=x0)[0]
    rise = (learnability(x0 + step * field) - learnability(x0)) / step
    torch.testing.assert_close(rise, field.square().flatten(1).sum(1) / slope, atol=1e-3, rtol=0.05)
    assert (guidance.strength(100), guidance.strength(801)) == (0, 0)


def test_the_volume_of_latents_is_largest_where_they_are_orthogonal() -> None:
    apart = torch.eye(3)[:, :, None, None] * torch.tensor([1.0, 2.0, 5.0]).reshape(3, 1, 1, 1)
    expected = torch.tensor(-3 / 2 * 3 * math.log(1 + EPS))
    torch.testing.assert_close(volume(apart), expected, atol=1e-5, rtol=1e-5)
    same = torch.ones(2, 3, 1, 1)
    expected = torch.tensor(-3 / 2 * math.log((1 + EPS) ** 2 - 1))
    torch.testing.assert_close(volume(same), expected, atol=1e-2, rtol=1e-3)


def test_cgs_pulls_each_image_by_what_the_mean_is_off() -> None:
    methods = make_methods("cgs", {"diversity": 0, "mean": 1})
    recipe = finish(methods["cgs"].fit(PRIOR, DATA, [1]))
    real = finish(encode_classes(PRIOR, DATA, [1], 500))[1]
    x0 = torch.randn(5, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    alpha, _ = PRIOR.schedule(700, like=x0)
    pull = -alpha * (x0.mean(0) - real.mean(0))
    field = recipe.guidance[1](1).field(x0, 700, x0)
    torch.testing.assert_close(field, pull.expand_as(x0), atol=1e-6, rtol=1e-5)
    away = {
        mean: float((sample("cgs", mean=mean, diversity=0).mean(0) - MEANS[0]).norm())
        for mean in (0, 5)
    }
    assert away[5] < 0.7 * away[0]


def test_cgs_keeps_images_apart() -> None:
    near, far = (volume(sample("cgs", 3, diversity=d, mean=0)) for d in (0, 1))
    assert far < near


def test_a_group_stands_for_a_class_near_it_and_far_from_the_others() -> None:
    centres = torch.eye(3)
    groups = centroid_rows([[1, 0.2, 0], [1, 0, 0], [0, 1, 0]])
    assert standing(groups, centres, 0, 1, 0).argmax() == 1
    one = standing(groups[:1], centres, 0, 0.4, 0.9)
    c = groups[0]
    expected = 0.9 * ((1 - c[1]).log() + (1 - c[2]).log()) - 0.4 * (1 - c[0]).log()
    torch.testing.assert_close(one[0], expected, atol=1e-3, rtol=1e-3)
    assert standing(groups[[0, 2]], centres, 0, 0.4, 0.9).argmax() == 0
    torch.testing.assert_close(centroid(3 * torch.eye(2)), torch.full((2,), 0.5**0.5))


def centroid_rows(rows: list[list[float]]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows, dtype=torch.float32))


def test_s3_keeps_one_whole_group_the_nearest_one() -> None:
    recipe = finish(make_methods("s3", {"beta": 0})["s3"].fit(PRIOR, DATA, [2]))
    assert recipe.pool == 5
    assert recipe.select is not None
    noise = 0.05 * torch.randn(12, 3, 1, 1, generator=torch.Generator().manual_seed(1))
    latents = torch.cat([MEANS[k].expand(4, 3, 1, 1) for k in (0, 2, 1)]) + noise
    assert list(recipe.select(2, latents, 4)) == [4, 5, 6, 7]
