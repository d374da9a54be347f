"""The decoder alone: latents stay, pictures come back better, a stopped run ends the same."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from distiller import Refused, finish, load
from distiller.image import to_tensor
from distiller.scores.judge import load_judge
from distiller.training.autoencoder import pixel_loss, train_autoencoder
from distiller.training.decoder import perceptual_distance, train_decoder
from distiller.training.prior import train_prior
from distiller.training.spec import PriorSpec
from tests.tiny import train_in_a_moment

CPU = torch.device("cpu")
SPEC = PriorSpec(
    channels=(8, 8, 8), autoencoder_steps=6, autoencoder_batch=8, autoencoder_lr=1e-2,
    decoder_steps=30, perceptual=0.2, width=16, depth=1, heads=1, steps=2, batch=8, flip=False,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_a_moment(monkeypatch)


def test_latents_stay_and_pictures_come_back_better(tmp_path: Path) -> None:
    images = load("digits").train.images[:64]
    x, judge = to_tensor(images), load_judge("digits")
    vae = finish(train_autoencoder(images, SPEC, tmp_path, CPU))
    with torch.no_grad():
        before = vae.encode(x).latent_dist.mean
        first = vae.decode(before).sample
    finish(train_decoder(vae, images, judge, SPEC, tmp_path, CPU))
    with torch.no_grad():
        torch.testing.assert_close(vae.encode(x).latent_dist.mean, before, rtol=0, atol=0)
        last = vae.decode(before).sample
        assert pixel_loss(last, x) < 0.9 * pixel_loss(first, x)
        assert perceptual_distance(judge, last, x) < perceptual_distance(judge, first, x)


def test_the_distance_is_none_for_the_same_pictures_and_moves_the_made_ones_alone() -> None:
    judge = load_judge("digits").requires_grad_(False)
    x = to_tensor(load("digits").train.images[:4])
    assert perceptual_distance(judge, x, x) == 0
    y = (0.9 * x).requires_grad_()
    distance = perceptual_distance(judge, y, x)
    distance.backward()
    assert distance > 0
    assert y.grad is not None
    assert y.grad.abs().sum() > 0


def test_a_stopped_decoder_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    found = []
    for stops in ((), (6 + 9,)):
        out = tmp_path / str(len(stops))
        for after in stops:
            generator = train_prior(load("digits"), out, SPEC, CPU)
            for _ in range(after):
                next(generator)
            generator.close()
        finish(train_prior(load("digits"), out, SPEC, CPU))
        found.append((out / "vae" / "diffusion_pytorch_model.safetensors").read_bytes())
    assert found[0] == found[1]


def test_without_a_judge_it_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distiller.scores.judge.judge_folder", lambda name: None)
    with pytest.raises(Refused, match="train-judge"):
        finish(train_prior(load("digits"), tmp_path, SPEC, CPU))
    plain = replace(SPEC, perceptual=0.0, decoder_steps=1)
    finish(train_prior(load("digits"), tmp_path / "plain", plain, CPU))
    assert (tmp_path / "plain" / "vae").is_dir()
