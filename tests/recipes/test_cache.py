"""What is kept on disk: the same to the last bit, whoever asked first, and for these data alone."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from distiller.data.dataset import Split
from distiller.diffusion.prior import load_prior
from distiller.recipes.cache import content_key
from distiller.recipes.loop import real_latents
from tests.priors import tiny_world
from tests.tiny import save_tiny_pipeline

DATA = tiny_world()[1]


def test_latents_are_encoded_once_and_the_same_whoever_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys.modules["distiller.recipes.loop"], "BATCH", 4)
    prior = load_prior(save_tiny_pipeline(tmp_path / "prior"), "cpu")
    encoded: list[int] = []

    def encode(images: torch.Tensor) -> torch.Tensor:
        encoded.append(len(images))
        return prior.encode(images)

    counting = replace(prior, encode=encode)
    few = real_latents(counting, DATA, 1, 3)
    assert encoded == [4]
    more = real_latents(counting, DATA, 1, 10)
    assert encoded == [4, 4, 4]
    torch.testing.assert_close(real_latents(counting, DATA, 1, 3), few, rtol=0, atol=0)
    torch.testing.assert_close(
        real_latents(counting, DATA, 1, 99), real_latents(prior, DATA, 1, 12)
    )
    assert encoded == [4, 4, 4]
    nowhere = replace(counting, folder=None)
    torch.testing.assert_close(real_latents(nowhere, DATA, 1, 10), more, rtol=0, atol=0)
    assert encoded == [4, 4, 4, 4, 4, 4]


def test_keys_tell_weights_images_and_settings_apart(tmp_path: Path) -> None:
    prior = load_prior(save_tiny_pipeline(tmp_path / "a"), "cpu")
    key = content_key(prior, DATA, [0], {"steps": 3})
    assert content_key(prior, DATA, [0], {"steps": 3}) == key
    assert content_key(prior, DATA, [0], {"steps": 4}) != key
    assert content_key(prior, DATA, [1], {"steps": 3}) != key
    changed = DATA.train.images.copy()
    changed[0, 0, 0, 0] ^= 1
    other = replace(DATA, train=Split(changed, DATA.train.labels))
    assert content_key(prior, other, [0], {"steps": 3}) != key
    weights = next((tmp_path / "a" / "vae").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert content_key(prior, DATA, [0], {"steps": 3}) == key  # which computes as it was loaded
    again = load_prior(tmp_path / "a", "cpu")
    assert content_key(again, DATA, [0], {"steps": 3}) != key
