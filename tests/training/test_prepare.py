"""A data set for a prior that exists already, on stand-ins in the layout of the real ones."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.data.models import has_models, prior_folder
from distiller.data.registry import DATASETS, discover
from distiller.diffusion.outline import check_match, network_label, read_outline
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import forget_labs, open_lab
from distiller.machine import hub
from distiller.recipes.loop import real_latents
from distiller.sets.request import Request
from distiller.sets.writer import export
from distiller.training.prepare import Preparation, plan_preparation, prepare
from tests.imagenet import prepared, root_files, save_standin, write_root
from tests.priors import tiny_world

CPU = torch.device("cpu")
INDICES = (0, 217, 482, 491, 497, 566, 569, 571, 574, 701)
MADE = ("pictures/train.npy", "reference.npz", "judge/model.safetensors", "dataset.json")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, a prior, and a data set that was prepared for it."""
    return prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(autouse=True)
def _alone(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    monkeypatch.setenv("DISTILLER_IMAGENET", str(place / "imagenet"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("distiller.training.own.JUDGE_STEPS", (6, 6))


def plan(folder: Path, size: int | None = 256) -> Preparation:
    return plan_preparation("imagenette", size, str(folder / "dit"))


def test_what_was_prepared_is_a_data_set_like_any_other(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_PRIORS", str(place))
    assert discover() == []
    source = DATASETS["nette-xl"]
    assert (source.size, source.classes[0], source.here()) == (256, "tench", True)
    assert source.licence == "cc-by-nc-4.0"
    assert "whose licence is cc-by-nc-4.0" in source.about
    assert has_models("nette-xl")
    assert prior_folder("nette-xl") == place / "dit"
    lab = open_lab("nette-xl", "cpu")
    assert lab.data.train.images.shape == (110, 256, 256, 3)
    assert lab.reference.z.shape[0] == 110
    assert [lab.prior.label_of(lab.data, k) for k in range(10)] == list(INDICES)
    forget_labs()


def test_it_is_distilled_with_its_licence_in_the_manifest(place: Path, tmp_path: Path) -> None:
    DATASETS.add(place / "nette-xl")
    lab = open_lab("nette-xl", "cpu")
    asked = {"dataset": "nette-xl", "classes": "tench,church", "ipc": 1, "steps": 2}
    for method in ("dit", "random", "mgd3"):
        folder = tmp_path / method
        finish(export(Request.parse({**asked, "method": method}), folder, lab))
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["licence"] == "cc-by-nc-4.0"
        assert manifest["dataset"]["size"] == 256
        assert len(list(folder.glob("*/*.png"))) == 2
    forget_labs()


def test_latents_are_kept_in_half_precision_with_a_checksum(place: Path) -> None:
    DATASETS.add(place / "nette-xl")
    data, prior = DATASETS["nette-xl"].load(), load_prior(place / "dit", "cpu")
    files = sorted((place / "nette-xl" / "latents").iterdir())
    assert len(files) == 10
    assert np.load(files[0], mmap_mode="r").dtype == np.float16
    exact = replace(data, latents=None)
    kept, whole = (real_latents(prior, d, 4, 11) for d in (data, exact))
    assert kept.dtype == torch.float32
    assert float((kept - whole).abs().max()) <= 2**-11 * float(whole.abs().max())
    real_latents(replace(prior, encode=None), data, 4, 11)  # known: nothing is encoded
    copy = place / "copy"
    shutil.copytree(place / "nette-xl" / "latents", copy)
    damaged = sorted(copy.glob("4-*.npy"))[0]
    content = bytearray(damaged.read_bytes())
    content[5000] ^= 1
    damaged.write_bytes(content)
    again = real_latents(prior, replace(data, latents=copy), 4, 11)
    np.testing.assert_array_equal(again.numpy(), kept.numpy())


@pytest.mark.parametrize(
    "events", [40, *(pytest.param(n, marks=pytest.mark.slow) for n in (138, 144, 148))]
)
def test_stopped_anywhere_it_goes_on_and_ends_with_the_same_bytes(
    place: Path, tmp_path: Path, events: int
) -> None:
    out = tmp_path / "nette-xl"
    with closing(prepare(plan(place), out, CPU)) as running:
        stages = [next(running).stage for _ in range(events)]
    assert stages[-1] == {40: "decode", 138: "encode", 144: "judge", 148: "features"}[events]
    assert not (out / "dataset.json").exists()
    finish(prepare(plan(place), out, CPU))
    for name in MADE:
        assert (out / name).read_bytes() == (place / "nette-xl" / name).read_bytes(), name
    theirs = sorted((place / "nette-xl" / "latents").iterdir())
    mine = sorted((out / "latents").iterdir())
    assert [p.name for p in mine] == [p.name for p in theirs]
    assert [p.read_bytes() for p in mine] == [p.read_bytes() for p in theirs]


def test_nothing_is_made_twice(place: Path, tmp_path: Path) -> None:
    out = shutil.copytree(place / "nette-xl", tmp_path / "nette-xl")
    stages = []
    with closing(prepare(plan(place), out, CPU)) as running:
        stages = [event.stage for event in running]
    assert set(stages) == {"weights", "encode"}
    assert len(stages) == 11


# -------------------------------------------------------------------------------------- refused


def test_a_misfit_is_refused_before_anything_is_read(place: Path, tmp_path: Path) -> None:
    assert plan(place, None).size == 256
    with pytest.raises(
        Refused, match=r"'dit' makes images of 256 x 256.*'imagenette' are 128 x 128.*--size 256"
    ):
        plan(place, 128)
    with pytest.raises(Refused, match=r"no class of the prior 'dit' called '0'"):
        plan_preparation("digits", 256, str(place / "dit"))
    with pytest.raises(Refused, match="no data set"):
        plan_preparation("nothing", 256, str(place / "dit"))


def test_an_autoencoder_of_another_prior_is_refused(tmp_path: Path) -> None:
    save_standin(tmp_path / "odd", latent_channels=8)
    with pytest.raises(Refused, match=r"makes latents of 8 channels, and its network takes 4"):
        plan_preparation("imagenette", 256, str(tmp_path / "odd"))


def test_a_folder_of_something_else_is_left_alone(place: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    with pytest.raises(Refused, match="holds nothing prepared"):
        finish(prepare(plan(place), tmp_path / "full", CPU))
    out = shutil.copytree(place / "nette-xl", tmp_path / "nette-xl")
    other = plan_preparation("imagewoof", 256, str(place / "dit"))
    with pytest.raises(Refused, match="was begun for imagenette at 256 pixels"):
        finish(prepare(other, out, CPU))
    with pytest.raises(Refused, match="There is a data set 'digits' already"):
        finish(prepare(plan(place), tmp_path / "digits", CPU))


def test_no_method_runs_on_latents_of_another_size(place: Path, tmp_path: Path) -> None:
    prior, data = load_prior(place / "dit", "cpu"), tiny_world()[1]
    with pytest.raises(Refused, match=r"makes images of 256 x 256 pixels, and those of 'tiny'"):
        check_match(prior, data)
    with pytest.raises(Refused, match=r"latents of shape \(4, 2, 2\) under the prior 'dit'"):
        real_latents(replace(prior, size=None), data, 0, 4)
    DATASETS.add(place / "nette-xl")
    with pytest.raises(Refused, match=r"'digits' makes images of 32 x 32.*'nette-xl' are 256"):
        open_lab("nette-xl", "cpu", prior="digits")
    forget_labs()


# --------------------------------------------------------------------------------------- classes


def test_a_class_is_found_by_its_id_or_index_and_not_by_a_shared_name(place: Path) -> None:
    outline = read_outline(place / "dit", str(place / "dit"))
    assert outline.labels["crane"] == 134
    source = DATASETS["imagenet-1k"]
    data = replace(tiny_world()[1], name="imagenet-1k", classes=source.classes, wnids=source.wnids)
    assert [network_label(outline, data, k) for k in range(1000)] == list(range(1000))
    few = replace(outline, labels={"crane": 0, "tench": 1})
    assert network_label(few, data, 0) == 1
    with pytest.raises(Refused, match="'crane' of 'imagenet-1k' is n03126707, and the prior"):
        network_label(few, data, 517)
    assert network_label(replace(few, labels={"n03126707": 7}), data, 517) == 7


# ----------------------------------------------------------------------------------------- the Hub


def test_a_prior_is_found_in_the_cache_of_the_hub_at_its_revision(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    called = "facebook/DiT-XL-2-256"
    with pytest.raises(Refused, match="which HF_HUB_OFFLINE forbids"):
        plan_preparation("imagenette", 256, called)
    revision = hub.REVISIONS[called]
    home = tmp_path / "models--facebook--DiT-XL-2-256" / "snapshots" / revision
    shutil.copytree(place / "dit", home)
    (home / "README.md").unlink()
    assert hub.found(called) == home
    made = plan_preparation("imagenette", None, called)
    assert made.prior == f"{called}@{revision}"
    assert made.outline.licence == "cc-by-nc-4.0"
    prior = load_prior(called, "cpu")
    assert (prior.name, prior.folder, prior.licence) == ("DiT-XL-2-256", home, "cc-by-nc-4.0")
    with pytest.raises(Refused, match="HF_HUB_OFFLINE forbids"):
        load_prior(f"{called}@{'0' * 40}", "cpu")
    shutil.rmtree(home / "vae")
    assert hub.found(called) is None


def test_the_licence_of_a_prior_is_that_of_its_card(place: Path) -> None:
    prior: Prior = load_prior(place / "dit", "cpu")
    assert prior.licence == "cc-by-nc-4.0"
    assert load_prior("digits", "cpu").licence == "apache-2.0"


@pytest.mark.slow
def test_the_command_prepares_with_maps(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from distiller.__main__ import main

    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "none"))
    root = write_root(tmp_path / "imagenet", root_files(train=12))
    out, prior = str(tmp_path / "xl"), str(place / "dit")
    command = ["prepare", "--dataset", "imagenette", "--size", "256", "--prior", prior]
    assert main([*command, "--imagenet", str(root), "--out", out, "--device", "cpu"]) == 0
    assert "whose licence is cc-by-nc-4.0" in capsys.readouterr().out
    DATASETS.add(tmp_path / "xl")
    assert set(open_lab("xl", "cpu").reference.maps) == {"pca", "umap", "class"}
    forget_labs()
