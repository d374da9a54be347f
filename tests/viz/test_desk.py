"""The desk: what is made once is not made again, and never under another's name."""

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller.errors import Refused
from distiller.lab import Lab, open_lab
from distiller.sets.request import Request
from viz.serving import desk as desks
from viz.serving.beforehand import pass_cost
from viz.serving.desk import Desk, Made
from viz.serving.job import Busy, Place, words_of
from viz.serving.kept import Kept
from viz.serving.line import Line

RAW = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 3, "cfg_scale": 1.5}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = new_desk(tmp_path)
    yield made
    made.line.close()


def new_desk(folder: Path, most: int = 50) -> Desk:
    return Desk(Line(most), Kept(folder / "runs", memory=10**8, disk=10**8))


def request(**given: Any) -> Request:
    return Request.parse({**RAW, **given})


async def shown(desk: Desk, asked: Request, visitor: str = "a") -> list[Any]:
    dials = {"cfg_scale": asked.cfg_scale, **asked.options}
    return [value async for value in desk.run(visitor, asked, dials)]


def counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests that are really distilled from now on."""
    begun: list[Request] = []
    work = desks.explore

    def explore(lab: Lab, asked: Request, *given: Any) -> Any:
        begun.append(asked)
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    return begun


def test_thirty_equal_requests_are_made_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = counted(desk, monkeypatch)

    async def everyone() -> list[list[Any]]:
        return await asyncio.gather(*(shown(desk, request(), f"v{i}") for i in range(30)))

    results = [values[-1] for values in asyncio.run(everyone())]
    assert len(begun) == 1
    assert all(isinstance(made, Made) for made in results)
    assert len({made.packed for made in results}) == 1


def test_what_was_made_comes_back_at_once_in_another_process_too(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *steps, first = asyncio.run(shown(desk, request()))
    assert steps  # it was sampled
    begun = counted(desk, monkeypatch)
    for other in (desk, new_desk(tmp_path)):
        (again,) = asyncio.run(shown(other, request(), "b"))
        assert again.packed == first.packed
        assert json.dumps(again.shown) == json.dumps(first.shown)
        assert (again.images == first.images).all()
        assert again.prior == first.prior
        lab = open_lab("digits")
        assert np.allclose(again.measure(lab).z, first.measure(lab).z, atol=1e-5)
    assert begun == []


def test_whatever_is_different_is_made_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(shown(desk, request()))
    begun, lab = counted(desk, monkeypatch), open_lab("digits")
    others = [{"seed": 1}, {"steps": 4}, {"classes": [4]}, {"cfg_scale": 2}, {"method": "dap"}]
    for other in others:
        asyncio.run(shown(desk, request(**other)))
    assert len(begun) == len(others)
    trained = replace(lab, prior=replace(lab.prior, weights="trained further"))
    monkeypatch.setattr(desks, "open_lab", lambda name: trained)
    asyncio.run(shown(desk, request()))
    assert len(begun) == len(others) + 1


def test_how_much_work_a_run_is_is_found_out_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line asks for the cost of all that wait at every step of every run."""
    asked = list[str]()
    monkeypatch.setattr(desks, "pass_cost", lambda name: asked.append(name) or 1.0)
    result = asyncio.run(shown(desk, request(steps=5)))
    assert len(result) > 3
    assert asked == ["digits"]


def test_a_run_for_nobody_tells_how_long_runs_take(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one reads models: it tells nothing. A machine may be slower than what is usual."""
    asked, begun = request(), counted(desk, monkeypatch)
    usual, work = desk.cost(asked), desks.explore
    naps = iter([50.0, 20.0])
    now = [0.0]
    monkeypatch.setattr(desks.time, "monotonic", lambda: now[0])

    def slowly(lab: Lab, asked: Request, *given: Any) -> Any:
        now[0] += next(naps)
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", slowly)
    job = desk.try_out("digits")
    while not job.over:
        time.sleep(0.01)
    assert job.error is None
    assert len(begun) == 2
    work = 50 * pass_cost("digits") + desks.BESIDE
    slower = (0.8 * 0.31 + 20) / (0.8 * 22 + work) / (0.31 / 22)  # the second, beside what is usual
    assert slower > 10
    assert desk.cost(asked) / usual == pytest.approx(slower, rel=0.01)
    assert not list(tmp_path.rglob("*.kept"))


def test_what_is_private_is_kept_nowhere(desk: Desk, tmp_path: Path) -> None:
    asked = request(method="dp-merf", options={"dp-merf.secret": 7})
    for _ in range(2):
        assert len(asyncio.run(shown(desk, asked))) > 1  # it is sampled each time
    assert not list(tmp_path.rglob("*.kept"))


def test_a_run_whose_dial_moved_is_nobody_elses(desk: Desk, tmp_path: Path) -> None:
    asked, dials = request(method="dap", steps=12), {"cfg_scale": 1.5, "dap.gamma": 0.3}

    async def move() -> Made:
        jobs: list[Any] = []
        made = None
        async for value in desk.run("a", asked, dials, jobs.append):
            if isinstance(value, dict) and value["sheet"] and desk.line.claim(jobs[0]):
                dials["dap.gamma"] = 3.0
            made = value
        assert isinstance(made, Made)
        return made

    made = asyncio.run(move())
    assert not made.repeatable
    assert made.request.options["dap.gamma"] == 3.0
    assert not list(tmp_path.rglob("*.kept"))
    assert len(asyncio.run(shown(desk, asked))) > 1


def test_a_damaged_result_is_made_anew(desk: Desk, tmp_path: Path) -> None:
    *_, first = asyncio.run(shown(desk, request()))
    (path,) = tmp_path.rglob("*.kept")
    path.write_bytes(path.read_bytes()[:-1])
    *steps, again = asyncio.run(shown(new_desk(tmp_path), request()))
    assert steps
    assert again.packed == first.packed
    with zipfile.ZipFile(io.BytesIO(again.packed)) as file:
        assert file.testzip() is None


def test_a_full_line_lets_in_whoever_waits_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "AGAIN", 0.05)
    desk = new_desk(tmp_path, most=1)

    async def crowd() -> list[list[Any]]:
        asked = [request(seed=seed) for seed in range(5)]
        return await asyncio.gather(*(shown(desk, r, f"v{r.seed}") for r in asked))

    all_shown = asyncio.run(crowd())
    assert all(isinstance(values[-1], Made) for values in all_shown)
    waited = [value for values in all_shown for value in values if isinstance(value, Busy)]
    assert waited
    assert "tries again by itself" in words_of(waited[0])
    desk.line.close()


def test_what_is_refused_is_refused_to_everyone_who_asked(desk: Desk) -> None:
    def refuse() -> None:
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        asyncio.run(desk.do("a", refuse, ("score",)))
    assert asyncio.run(desk.do("a", lambda: 5, ("score",))) == 5


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(1, 2.7), "one run comes first, about 3 s"),
        (Place(4, 0.2), "4 runs come first, about 1 s"),
        (Place(40, 130.0), "40 runs come first, about 2 min"),
    ],
)
def test_words_say_how_long_it_takes(place: Place, words: str) -> None:
    assert words_of(place) == words
