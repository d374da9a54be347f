"""What a pass of a network costs, before any was measured."""

import json
from pathlib import Path

import pytest

from viz.serving import beforehand as module
from viz.serving.beforehand import pass_cost


def test_it_is_near_what_was_measured() -> None:
    assert pass_cost("solids") == pytest.approx(1.0, abs=0.01)
    assert pass_cost("cifar10") == pytest.approx(1.0, abs=0.01)
    assert pass_cost("digits") == pytest.approx(0.31, rel=0.1)
    assert pass_cost("imagenette") == pytest.approx(1.7, rel=0.1)


def test_dit_xl_costs_what_its_size_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"num_attention_heads": 16, "attention_head_dim": 72, "num_layers": 28}
    (tmp_path / "transformer").mkdir()
    config = tmp_path / "transformer" / "config.json"
    config.write_text(json.dumps({**sizes, "sample_size": 32, "patch_size": 2}))
    monkeypatch.setattr(module, "prior_folder", lambda name: tmp_path)
    work = 28 * 256 * (12 * 1152**2 + 2 * 256 * 1152)  # 118.4 billion: half the 237 GFLOP
    assert pass_cost("dit") == pytest.approx((work / 419e6) ** 0.7)


@pytest.mark.parametrize("text", ["", "{}", '{"num_layers": "many"}', "[]", '{"patch_size": 0}'])
def test_of_what_cannot_be_read_it_says_nothing(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "transformer").mkdir()
    (tmp_path / "transformer" / "config.json").write_text(text)
    monkeypatch.setattr(module, "prior_folder", lambda name: tmp_path)
    assert pass_cost("mine") == 1.0
    monkeypatch.setattr(module, "prior_folder", lambda name: None)
    assert pass_cost("mine") == 1.0
