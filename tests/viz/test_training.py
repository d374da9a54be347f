"""A training on the page: from a ZIP file to a data set that is known by its name."""

import base64
import errno
import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.event import Event, finish
from distiller.scores.reference import Reference, load_reference
from distiller.training import own
from tests.test_full_disk import failing
from tests.tiny import train_in_a_moment
from tests.training.test_own import SPEC, draw_pictures
from tests.viz.sent import check
from viz import payloads
from viz.settings import FIRST
from viz.training import COSTS, STAGES, _Progress, begun, example, train_pictures


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Networks that are trained in a moment, in folders and a registry that are left alone."""
    train_in_a_moment(monkeypatch)
    monkeypatch.setitem(own.SIZES, 32, SPEC)
    monkeypatch.setattr("viz.training.PAUSE", 0.0)
    monkeypatch.setattr("viz.training.add_umap", flat)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "runs"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    return tmp_path / "runs"


def flat(reference: Reference) -> Reference:
    """A map that is made in a moment; the real ones are tested where they are made."""
    return replace(reference, maps={**reference.maps, "umap": reference.maps["pca"]})


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return pack(tmp_path, seed=0)


def pack(folder: Path, seed: int) -> Path:
    """A ZIP file of class folders."""
    root = draw_pictures(folder / f"pictures{seed}", seed=seed)
    path = folder / f"squares{seed}.zip"
    with zipfile.ZipFile(path, "w") as file:
        for picture in sorted(root.rglob("*.png")):
            file.write(picture, str(picture.relative_to(root)))
    return path


def test_a_zip_file_becomes_a_data_set(packed: Path, home: Path) -> None:
    shown = list(train_pictures(packed, "blocks", 32))
    check(Sequence[payloads.TrainingState], json.loads(json.dumps(shown, allow_nan=False)))
    stages = [row["now"].split(",")[0] for row in shown]
    assert [stage for stage in STAGES.values() if stage in stages] == list(STAGES.values())
    assert all(row["live"] for row in shown[:-1])
    progress = [row["progress"] for row in shown]
    assert progress == sorted(progress)
    assert len({row["preview"] for row in shown}) > 2  # none, and more than one sheet
    last = shown[-1]
    assert (last["made"], last["live"], last["progress"]) == ("blocks", False, 1)
    assert has_models("blocks")
    assert "umap" in load_reference("blocks").maps
    assert begun() == []
    assert any("broken.png" in line for line in last["report"])
    assert sorted(last["classes"]) == ["7", "blue", "red light"]
    assert last["preview"].startswith("data:image/png;base64,")
    assert last["step"] == str(SPEC.steps)
    assert [x for x, _ in last["curves"]["transformer"]] == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_training_that_was_stopped_goes_on_by_its_name(packed: Path, home: Path) -> None:
    events = train_pictures(packed, "blocks", 32)
    for row in events:
        if row["now"].startswith("trains the transformer, 2"):
            break
    events.close()
    assert begun() == ["blocks"]
    again = list(train_pictures(None, "blocks", 32))
    steps = [r["now"] for r in again if r["now"].startswith("trains the transformer")]
    assert steps[0].startswith("trains the transformer, 3")
    assert again[-1]["made"] == "blocks"


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "only read"])
def test_a_disk_that_takes_no_more_is_said_and_the_training_goes_on_later(
    number: int, packed: Path, home: Path
) -> None:
    stages, at = set(), 1
    while True:
        shown = [""]
        with failing(home, number, at):
            try:
                for row in train_pictures(packed, "blocks", 32):
                    shown.append(row["now"])
            except Refused as refused:
                said = str(refused)
            else:
                break
        assert os.strerror(number) in said
        assert "the same " in said  # command or name
        assert ".partial" not in said
        assert not list(home.rglob("*.partial"))
        stages.add(shown[-1].split(",")[0])
        at += 1
    assert shown[-1] == list(train_pictures(None, "blocks", 32))[-1]["now"]
    assert len(stages) > 2  # it was refused in one stage after the other


@pytest.mark.slow
def test_another_file_does_not_go_on(packed: Path, tmp_path: Path) -> None:
    finish(train_pictures(packed, "blocks", 32))
    assert list(train_pictures(packed, "blocks", 32))[-1]["made"] == "blocks"
    with pytest.raises(Refused, match="another file"):
        next(train_pictures(pack(tmp_path, seed=1), "blocks", 32))
    with pytest.raises(Refused, match="another size"):
        next(train_pictures(packed, "blocks", 64))
    made = list(train_pictures(None, "blocks", 64))[-1]["made"]  # its own size is kept
    assert made == "blocks"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-a", "Big", "x" * 41, "solids"])
def test_names_that_cannot_be(name: str, packed: Path, home: Path) -> None:
    with pytest.raises(Refused, match="name"):
        finish(train_pictures(packed, name, 32))
    assert not list(home.rglob("*"))


def test_without_a_file_there_must_be_a_beginning() -> None:
    with pytest.raises(Refused, match="Choose a ZIP file"):
        next(train_pictures(None, "cats", 32))


def test_the_time_that_is_left_follows_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("viz.training.time.monotonic", lambda: now[0])
    show = _Progress("x", plan=[("autoencoder", 100.0), ("transformer", 300.0)])
    show.note(Event("autoencoder", 0, 100))
    assert show.left() is None
    now[0] = 98.0  # twice as slow as planned
    show.note(Event("autoencoder", 49, 100))
    assert show.left() == pytest.approx(98 / 49 * 350)
    show.note(Event("transformer", 99, 300))
    assert show.left() == pytest.approx(98 / 199 * 200)


def test_every_stage_has_its_words_and_its_cost() -> None:
    assert set(COSTS) == set(STAGES) - {"read"}


def test_long_curves_are_thinned_to_means() -> None:
    show = _Progress("x")
    for i in range(1200):
        show.note(Event("judge", i, 1200, scalars={"loss": float(i)}))
    values = show.curve["judge"]
    assert len(values) == 120
    assert values[3] == (31, pytest.approx(34.5))


def test_a_visitor_is_told_the_name_of_a_file_and_not_where_it_lies(tmp_path: Path) -> None:
    """What is refused, and what is reported, names the file as the visitor does."""
    hidden = tmp_path / "cache" / "0f3a" / "mine.zip"
    hidden.parent.mkdir(parents=True)
    with zipfile.ZipFile(hidden, "w") as file:
        file.writestr("cats/1.png", b"no picture")
    with pytest.raises(Refused, match=r"mine\.zip") as refused:
        list(train_pictures(hidden, "cats", 32))
    assert str(tmp_path) not in str(refused.value)
    packed = hidden.with_name("twice.zip")
    packed.write_bytes(b"PK")
    with pytest.raises(Refused, match=r"twice\.zip") as refused:
        list(train_pictures(packed, "dogs", 32))
    assert str(tmp_path) not in str(refused.value)


def test_what_a_training_comes_to_is_shown_before_there_is_one() -> None:
    shown = example()
    check(payloads.TrainingExample, shown)
    picture = base64.b64decode(shown["preview"].removeprefix("data:image/webp;base64,"))
    width, height = Image.open(io.BytesIO(picture)).size
    assert height == len(shown["classes"]) * DATASETS[FIRST].size == width
