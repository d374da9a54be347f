"""What a visitor asks for: runs, evaluations and trainings, and what is refused."""

import asyncio
import io
import json
import math
import time
import zipfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.protocol import protocol_for
from distiller.lab import open_lab
from tests.followed import everything
from viz import endpoints
from viz.draw.steps import glimpse_of
from viz.serving import desk as desks
from viz.visitor import visit
from viz.visitor.session import Session


def drive(session: Session, turn: float | None = None) -> dict[str, Any]:
    """Runs DAP on a digit, turning its dial on the way; what is shown at the end."""
    raw = {
        "dataset": "digits", "method": "dap", "classes": [3], "ipc": 3, "steps": 12,
        "cfg_scale": 1.5, "seed": 0, "options": {"dap.gamma": 0.3},
    }  # fmt: skip
    shown: dict[str, Any] = {}

    async def watch() -> None:
        nonlocal shown
        async for stage, _ in visit.run(session, raw):
            if stage is not None:
                shown = stage
            if turn is not None and shown["live"] and shown["sheet"]:
                session.set_dial("dap.gamma", turn)

    asyncio.run(watch())
    return shown


def test_a_dial_acts_in_every_run_of_a_session() -> None:
    """What was fitted in the first run must read the dials of the second."""
    session = Session()
    still = drive(session)["sheet"]
    assert drive(session)["sheet"] == still
    assert drive(session, turn=3.0)["sheet"] != still
    assert drive(session)["sheet"] == still


def test_a_run_opens_its_lab_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training may put another prior in the place of the one that a run began with."""
    opened = [open_lab("digits")]

    def open_another(name: str) -> Any:
        opened.append(replace(opened[0], prior=replace(opened[0].prior, weights="another")))
        return opened[-2]

    monkeypatch.setattr(desks, "open_lab", open_another)
    session = Session()
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    everything(visit.run(session, {**raw, "cfg_scale": 1.5, "seed": 0}))
    assert session.last is not None
    with zipfile.ZipFile(io.BytesIO(session.last[1].packed)) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["prior"]["sha256"] == opened[0].prior.fingerprint()
    (candidate,) = session.shelf.kept.values()
    assert candidate.prior == opened[0].prior.fingerprint()
    shown = asyncio.run(visit.measured(session))
    assert shown is not None
    assert len(shown["rows"]) > 10
    assert len(opened) == 2


def test_a_click_encodes_and_judges_its_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scores, its map, its discrepancies and its manifest are made of one measurement."""
    lab, seen = open_lab("digits"), list[str]()

    def counted(name: str, work: Any) -> Any:
        return lambda x: (seen.append(f"{name} {len(x)}"), work(x))[1]

    prior = replace(lab.prior, encode=counted("encode", lab.prior.encode))
    monkeypatch.setattr(lab.judge, "judge", counted("judge", lab.judge.judge))
    watched, glimpse = replace(lab, prior=prior), glimpse_of(lab)
    monkeypatch.setattr("viz.draw.steps.glimpse_of", lambda lab: glimpse)
    for module in (visit, endpoints, desks):
        monkeypatch.setattr(module, "open_lab", lambda name: watched)
    session = Session()
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    packed = []
    everything(
        visit.run(session, {**raw, "cfg_scale": 1.5, "seed": 0}),
        lambda value: packed.append(zipfile.is_zipfile(value[1])) if value[1] else None,
    )
    assert packed == [True]
    assert asyncio.run(visit.measured(session))
    assert seen == ["encode 2", "judge 2"]
    seen.clear()
    *_, answer = everything(endpoints.distill("digits", label="3", ipc=2, steps=2))
    assert len(answer["images"]) == 2
    assert seen == ["encode 2", "judge 2"]


def test_a_result_outlives_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(visit.tempfile, "TemporaryDirectory", full)
    session, seen = Session(), []
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    run = visit.run(session, {**raw, "cfg_scale": 1.5, "seed": 0})
    with pytest.raises(Refused, match="could not be packed: No space left"):
        everything(run, lambda value: seen.append(value[0]))
    assert seen[-1]["live"] is False
    assert list(session.shelf.kept)  # and it can be evaluated


def test_dials_take_what_a_request_may_have() -> None:
    session = Session()

    def endless() -> Generator[None, None, None]:
        while True:
            time.sleep(0.01)
            yield None

    line = desks.open_desk().line
    session.set_dial("cfg_scale", 3)  # there is no run yet
    session.job = line.join(session.visitor, endless)
    for value in (float("nan"), float("inf"), None, "much", [1], 31):
        with pytest.raises(Refused, match="cfg_scale must be a number from 0 to 30"):
            session.set_dial("cfg_scale", value)
    with pytest.raises(Refused, match=r"dap\.gamma must be a number from 0 to 5"):
        session.set_dial("dap.gamma", 6)
    with pytest.raises(Refused, match="no dial 'ipc'"):
        session.set_dial("ipc", 1)
    assert session.dials == {}
    session.set_dial("cfg_scale", 3)
    assert session.dials == {"cfg_scale": 3.0}
    line.leave(session.job, session.visitor)
    session.set_dial("cfg_scale", 4)  # it is over
    assert session.dials == {"cfg_scale": 3.0}


def quickly(name: str, dataset: str) -> Any:
    """A protocol of two epochs."""
    return replace(protocol_for(name, dataset), epochs={math.inf: 2}, net="convnet-3-w32")


def judged(session: Session, **given: Any) -> list[dict[str, Any]]:
    usual = {
        "dataset": "digits", "chosen": [next(iter(session.shelf.of("digits")))],
        "protocol": "quick", "net": "", "seeds": 1,
    }  # fmt: skip
    return everything(visit.evaluation(session, **{**usual, **given}))


def test_an_evaluation_fills_the_board_of_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "protocol_for", quickly)
    session, other = Session(), Session()
    shown = judged(session)
    assert len({s["id"] for s in shown}) == 1
    assert shown[-1]["live"] is False
    assert len(shown[-1]["tables"][0]["rows"]) == 2
    assert shown[-1]["csv"] == session.board.csv()
    assert other.board.rows() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"dataset": ["digits"]}, "no data set"),
        ({"chosen": []}, "Choose at least one set"),
        ({"chosen": None}, "Choose at least one set"),
        ({"chosen": ["theirs"]}, "no set 'theirs'"),
        ({"chosen": [{"a": 1}]}, "no set"),
        ({"chosen": 5}, "must be a list"),
        ({"protocol": "slow"}, "no protocol 'slow'"),
        ({"protocol": None}, "no protocol"),
        ({"net": "vit_huge_patch14_224"}, "no net"),
        ({"net": ["resnet-18"]}, "no net"),
        ({"seeds": 0}, "seeds must be"),
        ({"seeds": 1e9}, "seeds must be"),
        ({"seeds": float("nan")}, "seeds must be"),
        ({"seeds": None}, "seeds must be"),
    ],
)
def test_an_evaluation_of_nonsense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(Session(), **given)


def test_data_sets_without_models_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(DATASETS["digits"], title="Bare")
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "bare": bare})
    session = Session()
    assert visit.sets_of(session, "bare", []) == ({}, [])
    with pytest.raises(Refused, match="no prior of 'bare' here"):
        judged(session, dataset="bare", chosen=[])


def test_a_run_can_be_evaluated_and_one_with_a_moved_dial_is_made_anew() -> None:
    session = Session()
    drive(session)
    (candidate,) = session.shelf.kept.values()
    assert sorted(candidate.images) == [3]
    session = Session()
    drive(session, turn=3.0)
    (candidate,) = session.shelf.kept.values()
    assert candidate.images == {}
    assert candidate.request.options["dap.gamma"] == 3


def test_an_upload_is_chosen_or_refused(tmp_path: Path) -> None:
    session, path = Session(), tmp_path / "mine.zip"
    path.write_bytes(b"PK")
    for what in (str(path), None, [str(path)], str(tmp_path / "nowhere.zip")):
        with pytest.raises(Refused):
            visit.received(session, "digits", what)
    image = io.BytesIO()
    Image.new("RGB", (32, 32)).save(image, "PNG")
    with zipfile.ZipFile(path, "w") as file:
        for label in range(3):
            file.writestr(f"{label}/0.png", image.getvalue())
    name = visit.received(session, "digits", str(path))
    assert name == "upload mine"
    found, chosen = visit.sets_of(session, "digits", ["gone", name])
    assert name in found
    assert chosen == [name]
    assert name not in visit.sets_of(session, "solids", [name])[1]


def test_who_may_not_train_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLER_TRAIN", "0")
    with pytest.raises(Refused, match="switched off"):
        everything(visit.training(Session(), None, "cats", 64, 4))
