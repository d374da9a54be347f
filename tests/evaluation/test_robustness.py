"""Robustness: attacks against a linear net, whose answer is known, and corruptions by effect."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distiller.data.dataset import Split
from distiller.errors import Refused
from distiller.evaluation.robustness import CORRUPTIONS, corrupt, fgsm, measure_robustness, pgd
from distiller.event import finish
from distiller.image import to_tensor

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(60, 196, (40, 8, 8, 3)).astype(np.uint8)  # room for 20 pixels either side


class Linear(nn.Module):
    """Logits (0, w . x + b): an attack of eps changes w . x by eps |w|_1 at most."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed)))

    def forward(self, x: Tensor) -> Tensor:
        margin = (x * self.w).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(margin), margin], 1)


class Bent(nn.Module):
    """A small net that is not linear."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16 * 36, 4)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(6 * x)
        return out


X = to_tensor(PIXELS)


def test_attacks_on_a_linear_net_reach_exactly_what_is_possible() -> None:
    """An image stays right if its margin exceeds eps |w|_1, eps in pixels of 1/127.5."""
    net = Linear()
    margin = net(X)[:, 1].detach()
    labels = (margin > 0).long()
    counts = []
    for eps in (1.0, 3.0, 8.0):
        stays = margin.abs() > eps / 127.5 * net.w.detach().abs().sum()
        counts.append(int(stays.sum()))
        for attacked in (fgsm(net, X, labels, eps), pgd(net, X, labels, eps)):
            assert torch.equal(net(attacked).argmax(1) == labels, stays)
    assert 40 > counts[0] > counts[1] > counts[2]


def test_attacks_stay_in_the_ball_and_in_the_image() -> None:
    edge = torch.rand(20, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    edge[:, :, 0], edge[:, :, 1] = -1, 1
    labels = torch.arange(20) % 4
    for eps in (1.0, 8.0):
        for step in (None, 50.0):
            for attacked in (
                fgsm(Bent(), edge, labels, eps),
                pgd(Bent(), edge, labels, eps, step=step),
            ):
                assert float((attacked - edge).abs().max()) <= eps / 127.5 + 1e-6
                assert float(attacked.abs().max()) <= 1


def test_more_steps_are_never_weaker_and_pgd_beats_one_step() -> None:
    net, labels = Bent(), torch.arange(40) % 4
    loss = nn.CrossEntropyLoss(reduction="none")
    losses = [loss(net(pgd(net, X, labels, 8.0, n, step=2.0)), labels) for n in (1, 5, 20)]
    assert (losses[0] <= losses[1] + 1e-5).all()
    assert (losses[1] <= losses[2] + 1e-5).all()
    once = loss(net(fgsm(net, X, labels, 8.0)), labels)
    assert losses[2].sum().item() > once.sum().item()
    single = pgd(net, X, labels, 8.0, steps=1, step=8.0, seed=None)
    torch.testing.assert_close(
        single,
        torch.where(
            (once > loss(net(X), labels))[:, None, None, None], fgsm(net, X, labels, 8.0), X
        ),
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_follow_their_seed_and_grow(name: str) -> None:
    y, x = np.mgrid[:48, :48]
    disc = np.hypot(y - 20, x - 26)[..., None] < (12, 14, 16)
    images = (np.where(disc, 160, 40) + y[..., None]).astype(np.uint8)[None].repeat(3, 0)
    before = images.copy()
    changes = []
    for severity in range(1, 6):
        changed = corrupt(images, name, severity, seed=1)
        assert changed.shape == images.shape
        assert np.array_equal(changed, corrupt(images, name, severity, seed=1))
        changes.append(np.abs(changed.astype(float) - images).mean())
    assert np.array_equal(images, before)
    assert (np.diff([0, *changes]) > 0).all()


def test_corruptions_do_what_they_say() -> None:
    grey = np.full((50, 16, 16, 3), 128, np.uint8)
    assert corrupt(grey, "noise", 3).std() == pytest.approx(20, rel=0.02)
    assert (corrupt(grey, "brightness", 2) == 168).all()
    for name in ("blur", "contrast", "pixelate"):
        assert (corrupt(grey, name, 5) == 128).all()
    halves = np.zeros((1, 8, 8, 3), np.uint8)
    halves[:, :4] = 200
    assert set(corrupt(halves, "contrast", 3).ravel().tolist()) == {60, 140}
    assert np.unique(corrupt(PIXELS[:1], "pixelate", 3)[..., 0]).size == 4


def test_the_table_is_that_of_the_attacks() -> None:
    net = Linear()
    labels = (net(X)[:, 1] > 0).long()
    labels[:4] = 1 - labels[:4]  # four mistakes in forty
    test = Split(PIXELS, labels.numpy())
    events = measure_robustness(net, test, eps=2, batch=7)
    seen = [next(events).i for _ in range(9)]
    assert seen == list(range(9))
    table = finish(measure_robustness(net, test, eps=2, batch=7))
    assert table["clean"] == 90 > table["fgsm"]
    attacked = fgsm(net, X, labels, 2)
    assert table["fgsm"] == table["pgd"]
    assert table["fgsm"] == pytest.approx(
        100 * float((net(attacked).argmax(1) == labels).float().mean())
    )
    assert table["corrupted"] == pytest.approx(np.mean([table[name] for name in CORRUPTIONS]))


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(Refused, match="no corruption 'fog'"):
        corrupt(PIXELS, "fog", 1)
    with pytest.raises(Refused, match="severity must be a whole number from 1 to 5"):
        corrupt(PIXELS, "noise", 6)
    with pytest.raises(Refused, match="eps must be"):
        finish(measure_robustness(Linear(), Split(PIXELS, np.zeros(40, np.int64)), eps=0))
