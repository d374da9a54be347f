"""Pipelines as people save them: what fits is loaded, what does not is refused in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from distiller.diffusion.pipeline import labels_of
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from tests.tiny import save_tiny_pipeline


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_pipeline(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(shipped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped, tmp_path / "prior"))


def weights_in(folder: Path, part: str) -> Path:
    return next((folder / part).glob("*.safetensors"))


def change(folder: Path, part: str, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Saves the weights of a part anew."""
    path = weights_in(folder, part)
    save_file(how(load_file(path)), path, {"format": "pt"})


# -------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize("part", ["transformer", "vae"])
def test_weights_of_a_wrapped_network_are_refused(folder: Path, part: str) -> None:
    change(folder, part, lambda weights: {f"module.{k}": v for k, v in weights.items()})
    words = rf"weights in .*{part} do not fit .*are missing, such as .*another network, such as mod"
    with pytest.raises(Refused, match=words):
        load_prior(folder, "cpu")


def test_one_missing_weight_one_too_many_and_one_of_another_shape_are_refused(
    folder: Path,
) -> None:
    name = "proj_out_2.weight"
    change(folder, "transformer", lambda w: {k: v for k, v in w.items() if k != name})
    with pytest.raises(Refused, match=f"1 are missing, such as {name}"):
        load_prior(folder, "cpu")
    change(folder, "transformer", lambda w: w | {name: torch.zeros(3)})
    with pytest.raises(Refused, match="size mismatch for proj_out_2"):
        load_prior(folder, "cpu")


def test_a_table_that_the_network_computes_may_be_saved_with_it(folder: Path) -> None:
    change(folder, "transformer", lambda w: w | {"pos_embed.pos_embed": torch.zeros(1, 16, 16)})
    assert load_prior(folder, "cpu").blocks == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(folder: Path, value: float) -> None:
    change(folder, "transformer", lambda w: {**w, "proj_out_2.bias": w["proj_out_2.bias"] * value})
    change(folder, "transformer", lambda w: {**w, "proj_out_2.bias": w["proj_out_2.bias"] + value})
    with pytest.raises(Refused, match=r"not finite, such as proj_out_2\.bias"):
        load_prior(folder, "cpu")


@pytest.mark.parametrize("variant", ["fp16", "non_ema"])
def test_a_variant_is_loaded_where_there_is_no_other(folder: Path, variant: str) -> None:
    whole = load_prior(folder, "cpu")
    for part in ("transformer", "vae"):
        path = weights_in(folder, part)
        path.rename(path.with_name(f"diffusion_pytorch_model.{variant}.safetensors"))
    loaded = load_prior(folder, "cpu")
    x = torch.ones(1, *whole.latent_shape)
    assert torch.equal(loaded.decode(x), whole.decode(x))
    assert loaded.labels == whole.labels


def test_folders_of_an_editor_beside_the_weights_change_nothing(folder: Path) -> None:
    before = load_prior(folder, "cpu").fingerprint()
    for part in ("transformer", "vae"):
        (folder / part / ".ipynb_checkpoints").mkdir()
        (folder / part / ".ipynb_checkpoints" / "config-checkpoint.json").write_text("{}")
    assert load_prior(folder, "cpu").fingerprint() == before


def test_a_checkpoint_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "DiT-XL-2-256x256.pt"
    torch.save({"x": torch.zeros(1)}, path)
    for source, words in ((path, "is a checkpoint"), (tmp_path, "holds the checkpoint DiT-XL-2")):
        with pytest.raises(Refused, match=f"{words}.* Convert it: `python -m distiller convert"):
            load_prior(source, "cpu")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(Refused, match="is a file, and a prior is a folder"):
        load_prior(tmp_path / "notes.txt", "cpu")


def test_what_diffusers_cannot_make_a_network_of_is_refused(folder: Path) -> None:
    config = json.loads((folder / "transformer" / "config.json").read_text())
    (folder / "transformer" / "config.json").write_text(json.dumps({**config, "num_layers": "two"}))
    with pytest.raises(Refused, match="is not a DiTPipeline folder that can be read"):
        load_prior(folder, "cpu")


# -------------------------------------------------------------------------------------- classes


def test_every_label_has_a_name_of_its_own() -> None:
    names = {"1": "goldfish, Carassius auratus", "134": "crane", "517": "crane", "638": "maillot",
             "639": "maillot, tank suit"}  # fmt: skip
    assert labels_of(names) == {
        "goldfish": 1, "Carassius auratus": 1, "crane": 134, "crane (517)": 517, "maillot": 638,
        "tank suit": 639,
    }  # fmt: skip


def rename_classes(folder: Path, id2label: Any) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index["id2label"] = id2label
    (folder / "model_index.json").write_text(json.dumps({k: v for k, v in index.items() if v}))


@pytest.mark.parametrize(
    ("id2label", "words"),
    [
        (["ant", "bee"], "model_index.json is a list; it must be like"),
        ({"0": 0, "1": 1}, "calls label '0' 0, which is no text; it must be like"),
        ({"0": " "}, "calls label '0' ' ', which is no text"),
        ({"ant": "0"}, "has the label 'ant'; labels are 0 to 999"),
        ({"1000": "ant"}, "has the label '1000'; labels are 0 to 999"),
        ({"-1": "ant"}, "has the label '-1'"),
        ("ant", "is a str; it must be like"),
    ],
)
def test_names_that_are_no_names_of_labels_are_refused(
    folder: Path, id2label: Any, words: str
) -> None:
    rename_classes(folder, id2label)
    with pytest.raises(Refused, match=words):
        load_prior(folder, "cpu")


def test_a_prior_without_names_says_how_to_give_them(folder: Path) -> None:
    rename_classes(folder, None)
    prior = load_prior(folder, "cpu")
    with pytest.raises(Refused, match=r"names no classes.*into a file .*prior/id2label\.json"):
        prior.label("ant")
    (folder / "id2label.json").write_text('\ufeff{"0": "bee", "2": "ant"}')
    assert load_prior(folder, "cpu").labels == {"bee": 0, "ant": 2}
    (folder / "id2label.json").write_text("bee")
    with pytest.raises(Refused, match=r"id2label\.json cannot be read as JSON"):
        load_prior(folder, "cpu")
