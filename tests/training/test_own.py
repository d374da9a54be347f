"""A data set of one's own: from pictures to distilled sets, by the command line alone."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.__main__ import main
from distiller.data.class_folders import save_pictures
from distiller.data.models import has_models
from distiller.data.registry import DATASETS, discover, load, load_here
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from distiller.evaluation.protocol import QUICK
from distiller.event import finish
from distiller.lab import open_lab
from distiller.methods import METHODS
from distiller.recipes.loop import distill
from distiller.scores.reference import load_reference
from distiller.sets.request import Request
from distiller.training import own
from distiller.training.own import spec_for, take_in, train_own
from distiller.training.spec import PriorSpec
from tests.followed import everything
from tests.tiny import train_in_a_moment
from viz.catalogue import chooser_of, map_of, real_images, titles
from viz.page import build
from viz.visitor import visit
from viz.visitor.session import Session

CPU = torch.device("cpu")
SPEC = PriorSpec(
    channels=(8, 8), autoencoder_steps=6, autoencoder_batch=8, width=16, depth=4, heads=1,
    patch=2, steps=4, batch=8, warmup=2,
)  # fmt: skip
COLOURS = {"red, light": (230, 60, 60), "blue": (20, 40, 200), "7": (30, 120, 40)}
KNOWN = ("red light", "blue", "7")


def draw_pictures(root: Path, n: int = 15, seed: int = 0) -> Path:
    """Squares on grey, of mixed sizes, in three class folders."""
    rng = np.random.default_rng(seed)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for k in range(n):
            h, w = rng.integers(30, 60, 2)
            pixels = np.full((h, w, 3), 200, np.uint8)
            pixels[8:24, 8:24] = colour
            Image.fromarray(pixels).save(root / name / f"{k}.png")
    (root / "blue" / "broken.png").write_bytes(b"no picture")
    return root


@pytest.fixture(scope="module", autouse=True)
def _tiny() -> Iterator[None]:
    """Networks that are trained in a moment."""
    with pytest.MonkeyPatch.context() as patched:
        train_in_a_moment(patched)
        patched.setitem(own.SIZES, 32, SPEC)
        yield


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own, and a registry that is left as it was."""
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_pictures(tmp_path_factory.mktemp("pictures") / "shapes")


@pytest.fixture(scope="module")
def home(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of one's own, made by the one command."""
    out = tmp_path_factory.mktemp("priors") / "squares"
    assert main(["train-prior", "--data", str(pictures), "--out", str(out), "--size", "32"]) == 0
    return out


def test_one_command_makes_all_that_a_data_set_needs(home: Path) -> None:
    name = DATASETS.add(home)
    assert name == "squares"
    assert has_models(name)
    data = load(name)
    assert sorted(data.classes) == sorted(KNOWN)
    assert [len(data.train.labels), len(data.test.labels)] == [39, 6]
    assert DATASETS[name].classes == data.classes
    assert load_prior(name, "cpu").label("red light") == data.classes.index("red light")
    assert load_prior(name, "cpu").folder == home.resolve()
    assert len(load_reference(name).z) == len(data.train.labels)
    record = json.loads((home / "prior.json").read_text())
    assert record["dataset"] == "pictures"  # whatever the folder will be called


def test_previews_lie_beside_the_checkpoints(home: Path) -> None:
    names = sorted(path.name for path in (home / ".training").glob("preview-*.png"))
    assert names == [f"preview-{step:06}.png" for step in range(1, 5)]
    with Image.open(home / ".training" / names[-1]) as sheet:
        assert sheet.size == (4 * 32, 3 * 32)  # four of each class, a row for each
        assert np.asarray(sheet).std() > 0


def test_a_preview_does_not_change_the_training(
    home: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distiller.training.transformer.WATCHED", 1)
    out = tmp_path / "again"
    finish(take_in(pictures, out, 32))
    finish(train_own(out, CPU))
    one, other = load_prior(home, "cpu"), load_prior(out, "cpu")
    assert one.fingerprint() == other.fingerprint()


def test_the_report_names_what_was_left_out(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(take_in(pictures, tmp_path / "x", 32))
    arguments = ["train-prior", "--data", str(pictures), "--out", str(tmp_path / "x")]
    assert main([*arguments, "--size", "32", "--steps", "1", "--lr", "1e-4"]) == 0
    assert json.loads((tmp_path / "x" / "prior.json").read_text())["spec"]["lr"] == 1e-4
    out = capsys.readouterr().out
    assert "39 training and 6 test pictures of 3 classes." in out
    assert "blue/broken.png: not a picture that can be read" in out
    assert "--dataset" in out


@pytest.mark.parametrize("stops", [(20,), (47, 2, 3, 8)])
def test_a_stopped_run_goes_on_and_ends_as_one_that_was_not(
    home: Path, pictures: Path, tmp_path: Path, stops: tuple[int, ...]
) -> None:
    out = tmp_path / "set"
    for after in stops:
        finish_or_stop(pictures, out, after)
        assert not (out / "dataset.json").exists()
    finish(take_in(pictures, out, 32))
    name = finish(train_own(out, CPU))
    assert name == "set"
    assert load_prior(out, "cpu").fingerprint() == load_prior(home, "cpu").fingerprint()


def finish_or_stop(pictures: Path, out: Path, after: int) -> None:
    """Reads and trains, stopping after so many events."""

    def both():  # type: ignore[no-untyped-def]  # noqa: ANN202
        yield from take_in(pictures, out, 32)
        yield from train_own(out, CPU)

    events = both()
    for _ in range(after):
        next(events)
    events.close()


def test_more_steps_go_on_from_what_is_there(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "longer")
    before = load_prior(home, "cpu").fingerprint()
    stages = [event.stage for event in train_own(tmp_path / "longer", CPU, steps=6)]
    assert stages.count("transformer") == 2
    assert "autoencoder" not in stages
    assert "judge" not in stages
    assert load_prior(tmp_path / "longer", "cpu").fingerprint() != before


# ------------------------------------------------------------------------------------- distilled


FEWER_STEPS = {"minimax": ["--set", "steps=4"]}  # of its own training


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_works_on_it(home: Path, tmp_path: Path, method: str) -> None:
    out = tmp_path / "set"
    arguments = ["distill", "--dataset", str(home), "--ipc", "2", "--steps", "3"]
    arguments += FEWER_STEPS.get(method, [])
    assert main([*arguments, "--method", method, "--out", str(out), "--device", "cpu"]) == 0
    assert len(list(out.rglob("*.png"))) == 6
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["dataset"]["name"] == "squares"
    assert sorted(manifest["dataset"]["classes"]) == sorted(KNOWN)


def test_it_is_scored_and_carded_and_referenced(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "set"
    arguments = ["--dataset", str(home), "--ipc", "2", "--steps", "3", "--classes", "7"]
    assert main(["distill", *arguments, "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["score", str(out), "--json"]) == 0  # by its name, known since
    assert main(["score", str(out), "--dataset", str(home), "--json"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first) == json.loads(second)
    assert main(["reference", "--dataset", str(home), "--out", str(tmp_path / "r.npz")]) == 0
    assert len(load_reference(str(tmp_path / "r.npz")).z) == len(load("squares").train.labels)
    shutil.copytree(home, tmp_path / "carded")
    monkeypatch.setattr("distiller.training.quality.PER_CLASS", 4)
    assert main(["card", str(tmp_path / "carded")]) == 0
    card = capsys.readouterr().out
    assert "train-prior --data PICTURES" in card
    measured = json.loads((tmp_path / "carded" / "prior.json").read_text())["measured"]
    assert measured["frechet"]["images"] == 12
    assert f"{measured['frechet']['random_real']:.2f}" in card
    size = load("squares").size
    assert Image.open(tmp_path / "carded" / "samples.webp").size == (4 * size, 3 * size)


def test_it_is_evaluated_by_its_folder_or_its_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    arguments = ["--dataset", str(home), "--method", "random", "--ipc", "2"]
    assert main(["distill", *arguments, "--out", str(out)]) == 0
    capsys.readouterr()
    evaluated = ["evaluate", str(out), "--seeds", "1", "--epochs", "2", "--json"]
    assert main([*evaluated, "--dataset", str(home), "--baseline"]) == 0
    assert main(evaluated) == 0  # by its manifest: the name is known since
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["dataset"] == second["dataset"] == "squares"
    assert sorted(first["classes"]) == sorted(KNOWN)
    assert first["accuracies"] == second["accuracies"]
    assert first["baseline"] is not None


def test_it_is_evaluated_on_the_page(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, session = DATASETS.add(home), Session()
    assert name in {key for _, key in titles()}
    quick = replace(QUICK, net="convnet-1-w8", epochs={math.inf: 2})
    monkeypatch.setattr(visit, "protocol_for", lambda *_: quick)
    request = Request.parse({"dataset": name, "ipc": 2, "steps": 2, "classes": "blue"})
    label = request.classes[0]
    made = distill(request.methods, load_prior(name), load(name), request.settings, [label])
    session.shelf.put_run(request, {label: finish(made).images}, "a", repeatable=True)
    (chosen,) = visit.sets_of(session, name, [])[1]
    shown = everything(visit.evaluation(session, name, [chosen], "quick", "", 1))
    assert shown[-1]["tables"][0]["caption"].startswith("squares, 3 classes")
    assert [row["seeds"] for row in shown[-1]["tables"][0]["rows"]] == [1, 1]
    json.dumps(shown, allow_nan=False)


def test_a_teacher_is_trained_on_it_and_found(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)  # compiling takes longer than this
    out, net = tmp_path / "set", "convnet-1-w8"
    arguments = ["--dataset", str(home), "--method", "random", "--ipc", "2"]
    assert main(["distill", *arguments, "--out", str(out)]) == 0
    teacher = ["train-teacher", "--dataset", str(home), "--net", net, "--epochs", "1"]
    assert main([*teacher, "--out", str(tmp_path / "teacher")]) == 0
    capsys.readouterr()
    soft = ["evaluate", str(out), "--dataset", str(home), "--protocol", "soft", "--net", net]
    soft += ["--teacher", str(tmp_path / "teacher"), "--seeds", "1", "--epochs", "1", "--json"]
    assert main(soft) == 0
    table = json.loads(capsys.readouterr().out)
    assert (table["dataset"], table["labels"]) == ("squares", "soft")


def test_without_its_pictures_it_says_so(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "bare", ignore=shutil.ignore_patterns("pictures"))
    data = load_here(DATASETS.add(tmp_path / "bare"))
    with pytest.raises(Refused, match="its folder came without `pictures`"):
        _ = data.test.labels


def test_classes_called_by_numbers_are_chosen_by_name_or_by_index(home: Path) -> None:
    name = DATASETS.add(home)
    seven = DATASETS[name].classes.index("7")
    assert Request.parse({"dataset": name, "classes": "7"}).classes == (seven,)
    assert Request.parse({"dataset": name, "classes": [1]}).classes == (1,)
    with pytest.raises(Refused, match="no class '7'"):
        Request.parse({"dataset": name, "classes": [7]})
    request = Request.parse({"dataset": name})
    assert Request.from_query(request.query()) == request


# -------------------------------------------------------------------------------------- found


def test_one_s_own_are_found_in_a_folder_of_them(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, tmp_path / "all" / "mine")
    (tmp_path / "all" / "wrong").mkdir()
    (tmp_path / "all" / "wrong" / "dataset.json").write_text("[]")
    (tmp_path / "all" / "other").mkdir()
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "all"))
    assert main(["datasets"]) == 0
    printed = capsys.readouterr()
    assert "mine         45 pictures of 3 classes, at 32 x 32" in printed.out
    assert "wrong is not a data set" in printed.err
    assert DATASETS["mine"].title == "mine"
    assert len(load("mine").train.labels) == len(load(str(home)).train.labels)
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "nothing"))
    assert discover() == []


def test_a_folder_that_is_none_and_a_name_that_is_taken_are_refused(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="a folder without a"):
        DATASETS.resolve(tmp_path)
    assert DATASETS.resolve("cats") == "cats"
    assert DATASETS.resolve("solids") == "solids"
    shutil.copytree(home, tmp_path / "digits")
    with pytest.raises(Refused, match="one that comes with distiller; rename the folder"):
        DATASETS.add(tmp_path / "digits")
    DATASETS.add(home)
    shutil.copytree(home, tmp_path / "squares")
    with pytest.raises(Refused, match="rename the folder"):
        DATASETS.add(tmp_path / "squares")


def test_a_page_s_visitor_cannot_name_folders(home: Path) -> None:
    with pytest.raises(Refused, match="no data set"):
        Request.parse({"dataset": str(home)})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "48"], "Pictures can be 32, 64, 128 pixels wide; got 48"),
        (["--size", "big"], "size must be a whole number"),
        (["--steps", "0"], "steps must be"),
        (["--steps", "nan"], "steps must be"),
        (["--lr", "0"], "lr must be a number from 1e-06 to 0.1; got '0'"),
        (["--data", "/nowhere"], "There is no folder or zip file /nowhere"),
    ],
)
def test_bad_requests_are_refused_in_words(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    usual = ["train-prior", "--data", str(pictures), "--out", str(tmp_path / "x"), "--size", "32"]
    assert main([*usual, *arguments]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "x").exists()


def test_pictures_whose_taking_in_was_killed_are_taken_in_anew(
    pictures: Path, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    half = tmp_path / "x" / f"pictures.{gone.pid}-1.partial"
    half.mkdir(parents=True)
    (half / "train.npy").write_bytes(b"half")
    finish(take_in(pictures, tmp_path / "x", 32))
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["pictures"]


def test_a_folder_with_something_else_is_left_alone(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(Refused, match="not empty and holds no prior"):
        finish(take_in(pictures, tmp_path / "full", 32))
    with pytest.raises(Refused, match="data set 'solids' already"):
        finish(take_in(pictures, tmp_path / "solids", 32))
    finish(take_in(pictures, tmp_path / "x", 32))
    other = draw_pictures(tmp_path / "others", seed=1)
    with pytest.raises(Refused, match="was begun with other pictures than"):
        finish(take_in(other, tmp_path / "x", 32))
    with pytest.raises(Refused, match="begun at 32 pixels and class level 1, and 64 pixels"):
        finish(take_in(pictures, tmp_path / "x", 64))
    with pytest.raises(Refused, match="and 32 pixels and level 2 were asked for"):
        finish(take_in(pictures, tmp_path / "x", 32, 2))
    with pytest.raises(Refused, match="at most 1000 classes"):
        spec_for(32, 1001)


def test_a_training_goes_on_with_a_copy_of_its_pictures(pictures: Path, tmp_path: Path) -> None:
    taken = finish(take_in(pictures, tmp_path / "x", 32))
    shutil.copytree(pictures, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "copy")
    (tmp_path / "copy" / "blue" / "Thumbs.db").write_bytes(b"x")
    for source in (tmp_path / "copy", tmp_path / "packed.tar.gz"):
        again = finish(take_in(source, tmp_path / "x", 32))
        assert again.are(taken)
    next((tmp_path / "copy" / "7").glob("*.png")).unlink()
    with pytest.raises(Refused, match="with fewer or more of them, or by a version that"):
        finish(take_in(tmp_path / "copy", tmp_path / "x", 32))


def test_out_inside_of_data_is_no_part_of_it(tmp_path: Path) -> None:
    source = draw_pictures(tmp_path / "shapes")
    out = source / "blue" / "run"
    taken = finish(take_in(source, out, 32))
    Image.new("RGB", (40, 40)).save(out / "samples.png")
    events = take_in(source, out, 32)
    with pytest.raises(StopIteration) as stopped:
        next(events)  # nothing is read anew
    assert stopped.value.value.are(taken)


def test_pictures_without_any_for_testing_are_refused_before_training(
    pictures: Path, tmp_path: Path
) -> None:
    taken = finish(take_in(pictures, tmp_path / "x", 32))
    none = replace(taken, test=taken.test[:0], test_labels=taken.test_labels[:0])
    save_pictures(none, tmp_path / "x" / "pictures")
    with pytest.raises(Refused, match="took in no pictures for testing; choose another folder"):
        next(train_own(tmp_path / "x", CPU))


def test_the_level_of_the_classes_is_an_option(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for domain in ("photo", "sketch"):
        shutil.copytree(pictures, tmp_path / "domains" / domain)
    arguments = ["train-prior", "--data", str(tmp_path / "domains"), "--size", "32"]
    arguments += ["--steps", "1", "--class-level", "2", "--out", str(tmp_path / "x")]
    assert main(arguments) == 0
    assert "of 3 classes." in capsys.readouterr().out
    assert main([*arguments, "--class-level", "0"]) == 2
    assert "class-level must be a whole number" in capsys.readouterr().err


def test_ten_pictures_a_class_train_a_data_set(tmp_path: Path) -> None:
    source = draw_pictures(tmp_path / "ten", 10)
    arguments = ["train-prior", "--data", str(source), "--size", "32", "--out", str(tmp_path / "x")]
    assert main(arguments) == 0
    data = load(DATASETS.resolve(tmp_path / "x"))
    assert [len(data.train.labels), len(data.test.labels)] == [27, 3]


def test_the_page_offers_it_and_runs_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "all" / "shown")
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "all"))
    discover()
    offered = [
        component.choices
        for component in build().blocks.values()
        if getattr(component, "label", "") == "Data set"
    ]
    assert ("shown", "shown") in offered[0]
    assert "cifar10" in DATASETS  # listed, and offered once there is a prior of it
    assert ("CIFAR-10", "cifar10") in offered[0] or not has_models("cifar10")
    assert list(map_of("shown", 1)["views"]) == ["pca"]
    assert chooser_of("shown", 1)["sheet"].startswith("data:image")
    raw = {"dataset": "shown", "classes": [1], "ipc": 2, "steps": 2, "method": "dit"}
    session = Session()
    shown = [value for value, _ in everything(visit.run(session, {**raw, "cfg_scale": 2.0}))]
    assert any(
        isinstance(value, dict) and value.get("title") == "2 images for 13" for value in shown
    )
    assert open_lab("shown").data.classes == DATASETS["shown"].classes
    assert len(real_images(["shown", [0, 5]])) == 2
