"""A disk that is full or only read, at each write of a command: a sentence, and no halves."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from distiller.__main__ import main
from distiller.data.dataset import Split
from distiller.data.registry import DATASETS, load
from distiller.diffusion.prior import load_prior
from distiller.machine import disk
from distiller.machine.json_file import read_json
from distiller.machine.seal import check_seal
from distiller.methods.minimax import Minimax
from distiller.recipes.cache import SHIPPED_FITS
from distiller.scores import judge
from distiller.training import prior as training
from distiller.training import quality, shipment
from distiller.training.spec import PRESETS, PriorSpec
from tests.diffusion import test_original
from tests.imagenet import save_standin, write_root
from tests.priors import tiny_world
from tests.tiny import save_tiny_pipeline, train_in_a_moment

pytestmark = pytest.mark.slow

SMALL = PriorSpec(
    channels=(8, 8), autoencoder_steps=2, autoencoder_batch=8, width=16, depth=1, heads=1,
    patch=2, steps=2, batch=8, warmup=2,
)  # fmt: skip
COMMANDS = {
    "distill": ["--dataset", "digits", "--classes", "1", "--ipc", "2", "--steps", "2"],
    "train-prior": ["--dataset", "digits"],
    "train-teacher": ["--dataset", "digits", "--net", "convnet-1-w4", "--epochs", "1"],
    "train-judge": ["--dataset", "digits"],
}


@contextmanager
def failing(root: Path, number: int, at: int) -> Iterator[list[Path]]:
    """From the `at`-th file below a folder on, nothing below it reaches the disk."""
    reached: list[Path] = []
    flush = disk._flush

    def flushed(path: Path) -> None:
        if path.is_relative_to(root):
            reached.append(path)
            if len(reached) >= at:
                raise OSError(number, os.strerror(number), str(path))
        flush(path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(disk, "_flush", flushed)
        yield reached


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    train_in_a_moment(monkeypatch)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(PRESETS, "digits", SMALL)
    monkeypatch.setattr("distiller.commands.train.shutil.which", lambda name: None)
    monkeypatch.setitem(judge.JUDGES, "digits", judge.JudgeSpec(steps=2, batch=8, widths=(8, 8)))


def refused_until_it_fits(
    arguments: list[str], root: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> int:
    """Runs a command while its first write fails, its second, and so on, until none is left.

    Returns how many writes it made below the folder `root`.
    """
    at = 1
    while True:
        with failing(root, number, at):
            code = main(arguments)
        printed = capsys.readouterr().err
        if code == 0:
            return at - 1
        said = printed.splitlines()[-1]
        assert code == 2
        assert os.strerror(number) in said or "could not be kept in" in said
        assert said.startswith("distiller: ")
        assert not list(root.rglob("*.partial"))
        assert not (root / "manifest.json").exists()
        at += 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_write_that_fails_ends_in_a_sentence(
    command: str, number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = [command, *COMMANDS[command], "--out", str(out)]
    assert refused_until_it_fits(arguments, out, number, capsys) > 1
    assert list(out.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_a_reference_that_cannot_be_written_leaves_the_one_before(
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digits = load("digits")
    few = Split(digits.train.images[:60], digits.train.labels[:60])
    monkeypatch.setattr("distiller.commands.measure.load", lambda name: replace(digits, train=few))
    path = tmp_path / "out" / "digits.npz"
    path.parent.mkdir()
    path.write_bytes(b"the one before")
    with failing(path.parent, number, 1):
        assert main(["reference", "--dataset", "digits", "--out", str(path)]) == 2
    assert f"{path} could not be read or written" in capsys.readouterr().err
    assert [p.read_bytes() for p in path.parent.iterdir()] == [b"the one before"]
    arguments = ["reference", "--dataset", "digits", "--out", str(path)]
    assert refused_until_it_fits(arguments, path.parent, number, capsys) == 1
    check_seal(path)
    assert len(np.load(path)["labels"]) == 60


def test_a_card_that_cannot_be_written_leaves_a_prior_that_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert main(["train-prior", "--dataset", "digits", "--out", str(out)]) == 0
    monkeypatch.setattr(quality, "PER_CLASS", 2)
    weights = load_prior(out, "cpu").fingerprint()
    for at in (1, 2, 3):  # the sheet, the record, the card
        with failing(out, errno.ENOSPC, at):
            assert main(["card", str(out)]) == 2
        assert "could not be read or written (No space left" in capsys.readouterr().err
        assert load_prior(out, "cpu").fingerprint() == weights
        assert not (out / "README.md").exists()
        assert not list(out.rglob("*.partial"))
    assert main(["card", str(out)]) == 0
    assert "# A small diffusion prior" in (out / "README.md").read_text()
    assert "measured" in read_json(out / "prior.json")


def test_a_prior_that_is_trained_further_on_a_full_disk_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["train-prior", "--dataset", "digits", "--out", str(out)]
    assert main(arguments) == 0
    before = {
        p: p.read_bytes() for p in out.rglob("*") if p.is_file() and ".training" not in str(p)
    }
    assert {path.name for path in before} >= {"model_index.json", "prior.json"}
    assert not (out / training.NEW).exists()
    with pytest.MonkeyPatch.context() as patched:

        def full(pipeline: object, folder: Path) -> None:
            folder.mkdir()
            (folder / "model_index.json").write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

        patched.setattr(training, "_save", full)
        assert main([*arguments, "--steps", "3"]) == 2
    assert {path: path.read_bytes() for path in before} == before
    assert not list(out.rglob("*.partial"))


def test_a_teacher_that_cannot_be_written_is_in_the_cache(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with failing(out, errno.ENOSPC, 1):
        assert main(["train-teacher", *COMMANDS["train-teacher"], "--out", str(out)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "The teacher is kept in" in said
    (kept,) = (tmp_path / "cache").glob("teacher-*")
    assert str(kept) in said
    assert sorted(path.name for path in kept.iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_a_checkpoint_that_cannot_be_converted_to_its_end_leaves_nothing(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vae = save_tiny_pipeline(tmp_path / "pipeline")
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({str(k): name for k, name in enumerate("abcde")}))
    file = test_original.save(test_original.random_state(), tmp_path)
    out = tmp_path / "out" / "prior"
    arguments = ["convert-prior", str(file), "--out", str(out), "--vae", str(vae), "--heads", "3"]
    arguments += ["--labels", str(labels)]
    with failing(out.parent, number, 1):
        assert main(arguments) == 2
    assert not out.exists()
    assert refused_until_it_fits(arguments, out.parent, number, capsys) > 2
    assert load_prior(out, "cpu").labels


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_a_preparation_goes_on_after_each_write_that_failed(
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    monkeypatch.setattr("viz.draw.embedding.add_umap", lambda reference: reference)
    write_root(tmp_path / "imagenet")
    dit, out = save_standin(tmp_path / "dit"), tmp_path / "out"
    arguments = ["prepare", "--dataset", "imagenette", "--prior", str(dit), "--device", "cpu"]
    arguments += ["--imagenet", str(tmp_path / "imagenet"), "--out", str(out)]
    monkeypatch.setenv("DISTILLER_IMAGENET", "")  # which the command sets
    assert refused_until_it_fits(arguments, out, number, capsys) > 5
    assert (out / "dataset.json").is_file()
    assert len(list((out / "latents").iterdir())) == 10


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
@pytest.mark.parametrize("words", [["score"], ["evaluate", "--seeds", "1", "--epochs", "1"]])
def test_a_result_is_told_though_nothing_of_it_can_be_kept(
    words: list[str], number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, cache = tmp_path / "set", tmp_path / "cache"
    two = ["--dataset", "digits", "--classes", "1,7", "--ipc", "2", "--steps", "2"]
    assert main(["distill", *two, "--out", str(folder)]) == 0
    capsys.readouterr()
    command, *more = words
    with failing(cache, number, 1):
        assert main([command, str(folder), *more, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert not list(cache.rglob("*.partial"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_fits_go_on_after_each_write_that_failed(
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = tiny_world()[1]
    monkeypatch.setattr("distiller.commands.ship.load", lambda name: world)
    monkeypatch.setattr("distiller.training.fits.Minimax", partial(Minimax, steps=2))
    out = save_tiny_pipeline(tmp_path / "prior")
    arguments = ["fits", "--dataset", "digits", "--out", str(out)]
    assert refused_until_it_fits(arguments, tmp_path, number, capsys) > 2
    assert (out / SHIPPED_FITS).is_file()
    assert (out / "minimax.safetensors").is_file()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_a_record_of_what_ships_that_cannot_be_written_leaves_the_one_before(
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = tmp_path / "shipped" / "digits.json"
    record.parent.mkdir()
    record.write_text("{}")
    monkeypatch.setattr(shipment, "_path", lambda name: record)
    monkeypatch.setattr("distiller.commands.ship.subprocess.run", made_without_work)
    arguments = ["ship", "digits", "--only", "card", "--anew"]
    with failing(record.parent, number, 1):
        assert main(arguments) == 2
    assert record.read_text() == "{}"
    assert refused_until_it_fits(arguments, record.parent, number, capsys) == 1
    assert "card" in read_json(record)


def made_without_work(command: list[str], cwd: Path) -> CompletedProcess[bytes]:
    return CompletedProcess(command, 0)
