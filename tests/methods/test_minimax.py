"""Minimax diffusion: DiffFit's change of a network, the two terms, and fits on disk."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from distiller.data.dataset import Dataset
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.methods import make_methods
from distiller.methods.minimax import (
    Minimax,
    _Memory,
    representativeness,
    shuffled,
    similarity_to_nearest,
)
from distiller.recipes.cache import content_key
from distiller.recipes.difffit import Fit, fold, load_fit, network_of, nothing, with_fit
from distiller.recipes.loop import Settings, distill, fit
from tests.priors import gaussian_prior, tiny_world
from tests.tiny import save_tiny_pipeline

PRIOR, DATA = tiny_world()
X = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([1, PRIOR.null_label])


def some_fit(prior: Prior = PRIOR, size: float = 0.1) -> Fit:
    empty = nothing(network_of(prior).transformer, [0, 1, 2, prior.null_label])
    generator = torch.Generator().manual_seed(1)
    change = {k: size * torch.randn(c.shape, generator=generator) for k, c in empty.change.items()}
    return replace(empty, change=change)


def predict(prior: Prior, t: int = 300) -> torch.Tensor:
    with torch.no_grad():
        return prior.predict(X, t, LABELS).x0


# --------------------------------------------------------------------------------- the change


def test_trained_are_biases_label_rows_and_scales_of_the_first_half() -> None:
    change = nothing(network_of(PRIOR).transformer, [0, 1, 2, 1000]).change
    weights = [name for name in change if name.endswith(".weight") and "embedding" not in name]
    assert len(weights) == 5  # of one of two blocks
    assert all(name.startswith("transformer_blocks.0.") for name in weights)
    network = network_of(PRIOR).transformer
    biases = {name for name, _ in network.named_parameters() if name.endswith(".bias")}
    assert biases <= change.keys()
    tables = [c for name, c in change.items() if "embedding_table" in name]
    assert [tuple(c.shape) for c in tables] == [(4, 16)] * 2


def test_nothing_changes_nothing_and_strength_zero_neither() -> None:
    empty = nothing(network_of(PRIOR).transformer, [0, 1000])
    torch.testing.assert_close(predict(with_fit(PRIOR, empty)), predict(PRIOR), rtol=0, atol=0)
    off = with_fit(PRIOR, some_fit(), 0.0)
    torch.testing.assert_close(predict(off), predict(PRIOR), rtol=0, atol=0)
    assert (predict(with_fit(PRIOR, some_fit())) != predict(PRIOR)).all()


def test_a_folded_scale_is_a_scale_of_the_output() -> None:
    """Folding (1 + c) into weight and bias scales what the linear map says, bias included."""
    network = network_of(PRIOR).transformer
    base, name = dict(network.named_parameters()), "transformer_blocks.0.ff.net.2"
    c = torch.linspace(-0.5, 0.5, 16)
    folded = fold(base, Fit({f"{name}.weight": c, f"{name}.bias": torch.zeros(16)}, ()))
    h = torch.randn(3, base[f"{name}.weight"].shape[1])
    linear = torch.nn.functional.linear
    plain = linear(h, base[f"{name}.weight"], base[f"{name}.bias"])
    scaled = linear(h, folded[f"{name}.weight"], folded[f"{name}.bias"])
    torch.testing.assert_close(scaled, plain * (1 + c))


def test_a_dial_moves_between_prior_and_fit_and_leaves_the_prior_alone() -> None:
    before = predict(PRIOR)
    dial = {"value": 1.0}
    live = with_fit(PRIOR, some_fit(), lambda: dial["value"])
    full = predict(live)
    torch.testing.assert_close(full, predict(with_fit(PRIOR, some_fit())), rtol=0, atol=0)
    dial["value"] = 0.5
    half = predict(live)
    torch.testing.assert_close(half, predict(with_fit(PRIOR, some_fit(), 0.5)), rtol=0, atol=0)
    dial["value"] = 0.0
    torch.testing.assert_close(predict(live), before, rtol=0, atol=0)
    assert (half - before).norm() < (full - before).norm()
    torch.testing.assert_close(predict(PRIOR), before, rtol=0, atol=0)


def test_only_the_rows_of_the_classes_fitted_change() -> None:
    prior = replace(PRIOR)
    one = nothing(network_of(prior).transformer, [1])
    change = {k: torch.ones_like(c) for k, c in one.change.items() if "embedding_table" in k}
    fitted = with_fit(prior, Fit(change, (1,)))
    x0, before = predict(fitted), predict(PRIOR)
    assert (x0[0] != before[0]).any()
    torch.testing.assert_close(x0[1], before[1], rtol=0, atol=0)


def test_a_prior_without_a_transformer_is_refused() -> None:
    with pytest.raises(Refused, match="needs a diffusion transformer"):
        network_of(gaussian_prior(torch.zeros(1, 3, 1, 1)))


# ---------------------------------------------------------------------------------- the terms


def test_the_terms_are_of_the_least_and_the_most_similar() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    memory = torch.tensor([[1.0, 1.0], [3.0, 0.0], [-1.0, 1.0]])
    # cosines: (0.707, 1, -0.707) and (0.707, 0, 0.707)
    assert float(representativeness(x, memory)) == pytest.approx(1 + 0.5**0.5)
    assert float(similarity_to_nearest(x, memory)) == pytest.approx(1)
    assert float(similarity_to_nearest(x[1:], memory)) == pytest.approx(0.5**0.5)


def test_a_memory_keeps_the_latest_of_each_class() -> None:
    memory = _Memory(3, torch.device("cpu"))
    memory.push(torch.arange(4.0)[:, None], torch.tensor([0, 1, 0, 0]))
    memory.push(torch.tensor([[9.0], [8.0]]), torch.tensor([0, 1]))
    assert memory.rows[0].flatten().tolist() == [2, 3, 9]
    assert memory.rows[1].flatten().tolist() == [1, 8]


def test_a_memory_that_was_read_lies_where_the_prior_computes() -> None:
    memory = _Memory(3, torch.device("meta"))  # stands for a GPU; checkpoints are read on the CPU
    memory.load_state_dict({0: torch.ones(2, 4)})
    assert memory.rows[0].device.type == "meta"


def test_each_term_does_what_it_says() -> None:
    """Weighted heavily, one brings predictions nearer to the class, the other apart."""
    ends = {}
    for name, weights in {
        "none": (0.0, 0.0), "near": (5.0, 0.0), "apart": (0.0, 5.0)
    }.items():  # fmt: skip
        method = Minimax(
            representativeness=weights[0], diversity=weights[1], steps=40, batch=8, lr=3e-3
        )
        last = [
            event.scalars
            for event in fit({"minimax": method}, PRIOR, DATA, [0])
            if event.stage == "minimax"
        ][-10:]
        ends[name] = {k: sum(s[k] for s in last) / len(last) for k in last[0]}
    assert ends["near"]["near"] < ends["none"]["near"]
    assert ends["apart"]["apart"] < ends["none"]["apart"]


# ------------------------------------------------------------------------------------ on disk


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prior:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    return load_prior(save_tiny_pipeline(tmp_path / "prior"), "cpu")


OPTIONS: dict[str, Any] = {"steps": 6, "images": 8, "batch": 4}


def stages(prior: Prior, data: Dataset = DATA, **options: Any) -> list[str]:
    methods = make_methods("minimax", {**OPTIONS, **options})
    return [event.stage for event in fit(methods, prior, data, [0])]


def test_a_fit_is_made_once_and_small(on_disk: Prior, tmp_path: Path) -> None:
    assert stages(on_disk).count("minimax") == 6
    assert stages(on_disk, strength=0.5) == []  # the strength asks for no other fit
    assert stages(on_disk, diversity=0.5).count("minimax") == 6
    files = sorted((tmp_path / "cache").glob("minimax-*"))
    assert [f.suffix for f in files] == [".safetensors"] * 2


def test_a_stopped_fit_goes_on_and_ends_the_same(on_disk: Prior, tmp_path: Path) -> None:
    whole = finish(fit(make_methods("minimax", OPTIONS), on_disk, DATA, [0])).prior
    (kept,) = (tmp_path / "cache").glob("minimax-*.safetensors")
    kept.unlink()
    events = fit(make_methods("minimax", OPTIONS), on_disk, DATA, [0])
    for event in events:
        if event.stage == "minimax" and event.i == 2:
            break
    events.close()
    assert stages(on_disk).count("minimax") == 3
    again = finish(fit(make_methods("minimax", OPTIONS), on_disk, DATA, [0])).prior
    assert whole is not None
    assert again is not None
    # A fit that is read comes in half precision.
    torch.testing.assert_close(predict(again), predict(whole), rtol=1e-2, atol=1e-3)


def test_a_fit_rounds_as_it_began_and_not_as_is_faster_today(
    on_disk: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fitted(*low: bool) -> dict[str, list[float]]:
        """A fit that is stopped and begun again between the precisions that are faster."""
        for k, pays in enumerate(low):
            monkeypatch.setattr("distiller.methods.minimax.bfloat16_pays", lambda _, p=pays: p)
            events = fit(make_methods("minimax", OPTIONS), on_disk, DATA, [0])
            for event in events:
                if event.stage == "minimax" and event.i == 2 and k + 1 < len(low):
                    break
            events.close()
        (kept,) = (tmp_path / "cache").glob("minimax-*.safetensors")
        tensors = load_file(kept)
        kept.unlink()
        return {name: tensor.flatten().tolist() for name, tensor in tensors.items()}

    wide, low = fitted(False), fitted(True)
    assert wide != low
    assert fitted(False, True) == wide
    assert fitted(True, False) == low


def test_a_fit_of_something_else_is_not_used(on_disk: Prior, tmp_path: Path) -> None:
    stages(on_disk)
    (kept,) = (tmp_path / "cache").glob("minimax-*.safetensors")
    key = kept.stem.removeprefix("minimax-")
    assert load_fit(kept, key) is not None
    assert load_fit(kept, "another") is None
    shipped = Path(str(on_disk.folder)) / "minimax.safetensors"
    kept.rename(shipped)
    assert stages(on_disk) == []
    assert stages(on_disk, lr=1e-4).count("minimax") == 6


def test_a_cache_that_is_damaged_or_cannot_be_written_loses_no_fit(
    on_disk: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distiller.machine.checkpoint.SECONDS", 0.0)
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert stages(on_disk).count("minimax") == 6
    (tmp_path / "cache").unlink()
    stages(on_disk)
    (kept,) = (tmp_path / "cache").glob("minimax-*.safetensors")
    kept.write_bytes(kept.read_bytes()[:100])
    assert stages(on_disk).count("minimax") == 6
    assert stages(on_disk) == []


def test_chunks_have_fits_of_their_own() -> None:
    settings = Settings(ipc=2, steps=3)
    drawn = {
        chunk: finish(
            distill(make_methods("minimax", {**OPTIONS, "chunk": chunk}), PRIOR, DATA, settings)
        ).latents
        for chunk in (0, 1, 3)
    }
    torch.testing.assert_close(drawn[3], drawn[0], rtol=0, atol=0)
    assert (drawn[1] != drawn[0]).any()
    assert len(list(fit(make_methods("minimax", {**OPTIONS, "chunk": 1}), PRIOR, DATA, [1]))) == 7


# -------------------------------------------------------------------------- the paper's readings


def test_the_papers_average_keeps_a_third_of_the_prior_and_ours_forgets_it() -> None:
    """The share of the initial weights in the average after the paper's 12,000 steps."""

    def left(method: Minimax) -> float:
        return math.prod(method.decay(i) for i in range(12_000))

    assert left(Minimax(ema=0.9999, warmup=False)) == pytest.approx(0.301, abs=5e-4)
    assert left(Minimax(ema=0.9999)) < 1e-30


def test_shared_embedders_are_one_change_in_every_block() -> None:
    network = network_of(PRIOR).transformer
    each, shared = (nothing(network, [0, 1], shared=way) for way in (False, True))
    embedders = {name for name in each.change if ".norm1.emb." in name}
    assert len(embedders) == 6  # a table and two biases of two blocks
    assert each.change.keys() - shared.change.keys() == {
        name for name in embedders if name.startswith("transformer_blocks.1.")
    }
    change = {name: torch.randn_like(c).requires_grad_() for name, c in shared.change.items()}
    fit_ = replace(shared, change=change)
    base = dict(network.named_parameters())
    folded = fold(base, fit_)
    assert folded.keys() == each.change.keys()
    for k in (0, 1):
        name = f"transformer_blocks.{k}.norm1.emb.class_embedder.embedding_table.weight"
        rows = folded[name][:2] - base[name][:2]
        torch.testing.assert_close(rows, change[name.replace("blocks.1", "blocks.0")])
    sum(value.sum() for value in folded.values()).backward()
    table = change["transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight"]
    assert table.grad is not None
    torch.testing.assert_close(table.grad, torch.full_like(table, 2.0))  # of both blocks
    assert (predict(with_fit(PRIOR, fit_)) != predict(PRIOR)).any()


def test_the_numbers_that_difffit_trains_of_dit_xl_are_those_of_the_code() -> None:
    """1,739,552 with the whole label table and two scales between the same two maps."""
    from diffusers import DiTTransformer2DModel

    with torch.device("meta"):
        network = DiTTransformer2DModel(num_layers=28, sample_size=32, out_channels=8)
    sizes = [nothing(network, range(11), shared=way).size for way in (False, True)]
    released = 1_739_552 - (1001 - 11) * 1152 - 14 * 1152
    assert sizes[1] == released == 582_944
    assert sizes[0] - sizes[1] == 27 * (11 + 2) * 1152


def test_a_shuffled_round_has_every_image_once() -> None:
    rounds = [np.concatenate([shuffled(13, 4, 3 * k + i) for i in range(3)]) for k in range(2)]
    for rows in rounds:
        assert len(set(rows.tolist())) == 12  # what fills no batch is left out
    assert rounds[0].tolist() != rounds[1].tolist()
    assert sorted(shuffled(3, 4, 7).tolist()) == [0, 1, 2]


def test_the_papers_readings_are_other_fits_that_are_read_again(
    on_disk: Prior, tmp_path: Path
) -> None:
    assert stages(on_disk).count("minimax") == 6
    (usual,) = (tmp_path / "cache").glob("minimax-*.safetensors")
    for options in ({"warmup": False}, {"tables": "shared"}, {"shuffle": True}):
        assert stages(on_disk, **options).count("minimax") == 6
        assert stages(on_disk, **options) == []
    assert len(list((tmp_path / "cache").glob("minimax-*.safetensors"))) == 4
    settings = {"representativeness": 0.02, "diversity": 0.08, "steps": 6, "batch": 4, "lr": 1e-3}
    settings |= {"memory": 64, "ema": 0.995, "images": 8}
    # The key of before there were these readings: what is kept, and what is shipped, stays found.
    assert usual.stem == f"minimax-{content_key(on_disk, DATA, range(3), settings)}"
