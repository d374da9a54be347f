"""Training: a run that was stopped ends as one that was not, and what it writes loads."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.data.models import prior_folder
from distiller.data.registry import load
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.image import to_tensor
from distiller.machine.checkpoint import Checkpoint
from distiller.scores.judge import Judge, JudgeSpec, load_judge, save_judge, train_judge
from distiller.training.autoencoder import train_autoencoder
from distiller.training.card import write_card
from distiller.training.prior import train_prior
from distiller.training.spec import PRESETS, PriorSpec
from distiller.training.transformer import _Brake, train_transformer
from tests.tiny import train_in_a_moment

CPU = torch.device("cpu")
SPEC = PriorSpec(
    channels=(8, 8, 8), autoencoder_steps=6, autoencoder_batch=8, width=16, depth=1, heads=1,
    patch=2, steps=5, batch=8, muon=True, warmup=2, flip=False,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_a_moment(monkeypatch)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return {
        f"{part}/{name}": tensor
        for part in ("transformer", "vae")
        for name, tensor in load_file(folder / part / "diffusion_pytorch_model.safetensors").items()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prior")
    with pytest.MonkeyPatch.context() as patched:
        train_in_a_moment(patched)
        finish(train_prior(load("digits"), folder, SPEC, CPU))
    return folder


def test_a_trained_prior_is_a_pipeline_that_loads(whole: Path) -> None:
    prior = load_prior(whole, "cpu")
    assert prior.latent_shape == (4, 8, 8)
    assert prior.label("7") == 7
    assert prior.cfg_scale == SPEC.cfg_scale
    x0 = prior.denoiser(7, 2.0)(torch.randn(2, *prior.latent_shape), 500).x0
    assert torch.isfinite(prior.decode(x0)).all()
    assert json.loads((whole / "prior.json").read_text())["seconds"] >= 0
    assert all(path.stat().st_size < 10e6 for path in whole.rglob("*") if path.is_file())


def test_rows_of_no_class_are_written_as_zeros(whole: Path) -> None:
    tables = {name: t for name, t in weights(whole).items() if "class_embedder" in name}
    assert tables
    for table in tables.values():
        assert len(table) == 1001
        used = table.ne(0).any(1)
        assert used.nonzero().flatten().tolist() == [*range(10), 1000]


def test_latents_are_white(whole: Path) -> None:
    z = load_prior(whole, "cpu").encode(to_tensor(load("digits").train.images))
    flat = z.transpose(0, 1).flatten(1)
    torch.testing.assert_close(flat.mean(1), torch.zeros(4), atol=0.05, rtol=0)
    torch.testing.assert_close(torch.cov(flat), torch.eye(4), atol=0.1, rtol=0)


@pytest.mark.parametrize("stops", [(3,), (6 + 15 + 2,), (2, 8, 3)])
def test_a_stopped_run_ends_with_the_same_weights(
    whole: Path, tmp_path: Path, stops: tuple[int, ...]
) -> None:
    for after in stops:
        generator = train_prior(load("digits"), tmp_path, SPEC, CPU)
        for _ in range(after):
            next(generator)
        generator.close()
        assert not (tmp_path / "prior.json").exists()
    finish(train_prior(load("digits"), tmp_path, SPEC, CPU))
    one, other = weights(whole), weights(tmp_path)
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0)


def test_a_finished_run_that_goes_on_warms_up_again(tmp_path: Path) -> None:
    latents, labels = torch.randn(20, 4, 8, 8), torch.zeros(20, dtype=torch.long)
    spec = replace(SPEC, steps=10, warmup=5)
    finish(train_transformer(latents, labels, spec, tmp_path, CPU))
    ended = rate(tmp_path)
    more = train_transformer(latents, labels, replace(spec, steps=40), tmp_path, CPU)
    for k in (1, 2):
        next(more)
        more.close()
        assert rate(tmp_path) == pytest.approx(ended + k / 5)
        more = train_transformer(latents, labels, replace(spec, steps=40), tmp_path, CPU)


def rate(folder: Path) -> float:
    saved = torch.load(folder / "transformer.ckpt", weights_only=True)
    group = saved["optimizer0"]["param_groups"][0]
    return float(group["lr"] / group["peak"])


def test_another_run_in_the_same_folder_is_refused(whole: Path) -> None:
    with pytest.raises(Refused, match="differs in batch, seed"):
        next(train_prior(load("digits"), whole, replace(SPEC, seed=1, batch=4), CPU))


def test_a_run_that_was_begun_before_an_option_came_goes_on(whole: Path, tmp_path: Path) -> None:
    (tmp_path / ".training").mkdir()
    record = json.loads((whole / ".training" / "run.json").read_text())
    assert record.pop("start") == ""
    (tmp_path / ".training" / "run.json").write_text(json.dumps(record))
    next(train_prior(load("digits"), tmp_path, SPEC, CPU))


def test_training_starts_from_another_prior_s_weights(tmp_path: Path) -> None:
    images = load("digits").train.images[:64]
    spec = replace(SPEC, channels=(16, 32, 64), autoencoder_steps=1, start="digits")
    warm = finish(train_autoencoder(images, spec, tmp_path / "warm", CPU))
    cold = finish(train_autoencoder(images, replace(spec, start=""), tmp_path / "cold", CPU))

    def error(vae: torch.nn.Module) -> float:
        x = to_tensor(images)
        with torch.no_grad():
            return float((vae.decode(vae.encode(x).latent_dist.mean).sample - x).square().mean())

    assert error(warm) < 0.1 * error(cold)
    another = finish(train_autoencoder(images, replace(spec, channels=(8, 8)), tmp_path / "x", CPU))
    assert error(another) > 0.5 * error(cold)
    with pytest.raises(Refused, match="no prior of 'cats'"):
        next(train_autoencoder(images, replace(spec, start="cats"), tmp_path / "y", CPU))


def test_the_rate_is_halved_when_training_diverges() -> None:
    rng = np.random.default_rng(0)
    brake = _Brake()
    for k in range(600):  # falls, as it should, with the noise of small batches
        brake.take(0.6 + 0.4 * math.exp(-k / 100) + 0.03 * rng.standard_normal())
    assert brake.factor == 1
    steps = 0
    while brake.factor == 1:
        brake.take(0.6 + 0.001 * (steps := steps + 1))
    assert 50 < steps < 200
    again = _Brake()
    again.load_state_dict(brake.state_dict())
    assert again == brake
    for _ in range(300):  # no further rise, no further halving
        again.take(brake.mean)
    assert again.factor == 0.5


def test_a_transformer_of_another_shape_is_not_started_from(tmp_path: Path) -> None:
    spec = replace(SPEC, steps=1, start="digits")
    with pytest.raises(Refused, match="another shape"):
        next(train_transformer(torch.randn(8, 4, 8, 8), torch.zeros(8).long(), spec, tmp_path, CPU))


def test_labels_of_another_prior_are_not_taken(tmp_path: Path) -> None:
    spec = replace(SPEC, width=128, depth=6, heads=2, patch=1, steps=1, start="digits", lr=1e-9)
    latents, labels = torch.randn(20, 4, 8, 8), torch.zeros(20, dtype=torch.long)
    network = finish(train_transformer(latents, labels, spec, tmp_path, CPU))
    theirs = load_file_of("digits")
    mine = network.state_dict()
    tables = [name for name in mine if "class_embedder" in name]
    assert tables
    for name, value in mine.items():
        same = torch.allclose(value, theirs[name].float(), atol=1e-3)
        assert same == ("class_embedder" not in name), name


def test_a_prior_is_trained_further_from_its_own_weights(tmp_path: Path) -> None:
    spec = replace(
        PRESETS["digits"], start="digits", autoencoder_steps=0, steps=1, batch=4, lr=1e-9
    )
    finish(train_prior(load("digits"), tmp_path, spec, CPU))
    theirs, mine = load_file_of("digits"), load_file_of(tmp_path)
    tables = [name for name in mine if "class_embedder" in name]
    assert tables
    used = [*range(10), -1]  # the others are written as zeros
    assert all(torch.allclose(mine[k][used], theirs[k][used], atol=1e-3) for k in tables)
    shipped = prior_folder("digits")
    assert shipped is not None
    coder = Path("vae", "diffusion_pytorch_model.safetensors")
    assert (tmp_path / coder).read_bytes() == (shipped / coder).read_bytes()
    known = json.loads((shipped / "prior.json").read_text())
    record = json.loads((tmp_path / "prior.json").read_text())
    unkept = ("measured", "sha256")
    assert record["before"] == {key: known[key] for key in known if key not in unkept}
    measured = {
        "recognised_percent": {"zero": 50.0}, "judge_accuracy_percent": {"classes": 99.0},
        "frechet": {"images": 2, "samples": 1.5, "random_real": 0.5}, "psnr_db": 30.0,
    }  # fmt: skip
    write_card(tmp_path, measured)
    card = (tmp_path / "README.md").read_text()
    first = "train-prior --dataset digits --out DIR"
    then = "train-prior --dataset digits --start digits --autoencoder-steps 0 --steps 1 --lr 1e-09"
    assert card.index(first) < card.index(then)
    assert "went on from these weights. The transformer took 1 steps of 4 latents." in card


def test_an_autoencoder_without_steps_needs_one_to_keep(tmp_path: Path) -> None:
    images = load("digits").train.images[:8]
    for spec, why in (
        (replace(SPEC, autoencoder_steps=0), "at least one step"),
        (replace(SPEC, channels=(8, 8), autoencoder_steps=0, start="digits"), "another shape"),
    ):
        with pytest.raises(Refused, match=why):
            finish(train_autoencoder(images, spec, tmp_path, CPU))


def load_file_of(name: str | Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    folder = name if isinstance(name, Path) else prior_folder(name)
    assert folder is not None
    found: dict[str, torch.Tensor] = {}
    for path in (folder / "transformer").glob("*.safetensors"):
        found |= load_file(path)
    return found


def test_fresh_images_are_for_what_is_rendered(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="solids only"):
        next(train_prior(load("digits"), tmp_path, replace(SPEC, fresh=3), CPU))


@pytest.mark.slow
def test_a_judge_learns_and_keeps_what_it_learned(tmp_path: Path) -> None:
    data = load("digits")
    judge = finish(train_judge(data, JudgeSpec(steps=60, flip=False)))
    assert judge.accuracy["classes"] > 60  # chance is 10
    save_judge(judge, tmp_path)
    again = load_judge(str(tmp_path))
    assert again.accuracy == judge.accuracy
    images = data.test.images[:50]
    assert (again.judge(images).classes == judge.judge(images).classes).mean() > 0.95
    with pytest.raises(Refused, match="no judge for 'cats'"):
        load_judge("cats")


def test_six_views_are_averaged() -> None:
    torch.manual_seed(0)
    x = torch.rand(4, 3, 32, 32) * 2 - 1
    judge = Judge(32, 5, stem=8, widths=(8, 16), views=True).eval()
    features, logits, _ = judge(x)
    wide = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    views = [x, wide[..., :-2, :-2], wide[..., 2:, 2:]]
    judge.views = False
    alone = [judge(view) for view in [*views, *(view.flip(-1) for view in views)]]
    for k, mean in enumerate((features, logits)):
        torch.testing.assert_close(mean, torch.stack([one[k] for one in alone]).mean(0))
    assert not torch.allclose(features, alone[0][0], atol=1e-3)


def test_a_judge_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    data, spec = load("digits"), JudgeSpec(steps=12, flip=False)
    whole = finish(train_judge(data, spec))
    run = train_judge(data, spec, tmp_path)
    for _ in range(5):
        next(run)
    run.close()
    again = train_judge(data, spec, tmp_path)
    assert next(again).i == 5
    resumed = finish(again)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value)


def test_what_a_damaged_checkpoint_does(tmp_path: Path) -> None:
    path, net = tmp_path / "a.ckpt", torch.nn.Linear(2, 3)
    Checkpoint(path, {"net": net}, step=4).save()
    other = Checkpoint(path, {"net": torch.nn.Linear(5, 3)})
    with pytest.raises(Refused, match="another training"):
        other.restore()
    for damage in (b"", b"not a checkpoint", path.read_bytes()[:300]):
        path.write_bytes(damage)
        with pytest.raises(Refused, match="damaged"):
            Checkpoint(path, {"net": net}).restore()
        optional = Checkpoint(path, {"net": net}, optional=True)
        optional.restore()
        assert optional.step == 0
