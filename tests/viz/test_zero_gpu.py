"""ZeroGPU: a run is fitted and sampled in the process that a GPU is lent to, and all else here.

The package `spaces` and its Space are stood in for: nothing here says that a real one works.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from viz.serving.zero_gpu import seconds_for

ROOT = Path(__file__).parents[2]
SCRIPT = """
import asyncio, hashlib, json, os
import spaces, torch
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.device import choose_device
from distiller.recipes.loop import draw, fit
from distiller.sets.request import Request
from viz.serving import zero_gpu
from viz.visitor.session import Session
from viz.visitor.visit import run

zero_gpu.DEVICE = "cpu"
zero_gpu.DATASETS = ("solids",)
zero_gpu.place_networks()
RAW = {"dataset": "solids", "method": "METHOD", "classes": [3], "ipc": 2, "steps": 3,
       "cfg_scale": 1.5}
session = Session()


async def shown():
    values, refused = [], ""
    try:
        async for value, file in run(session, RAW):
            if value is not None:
                values.append(value)
    except Refused as error:
        refused = str(error)
    return values, refused


values, refused = asyncio.run(shown())
request, lab = Request.parse(RAW), open_lab("solids", "cpu", "bfloat16")
label = request.classes[0]
expected = finish(
    draw(finish(fit(request.methods, lab.prior, lab.data, [label])), lab.prior, lab.data, label,
         request.settings)
)
same = session.last is not None and bool((session.last[1].images == expected.images).all())
again, _ = asyncio.run(shown())
spaces.PROCESSES.discard(os.getpid())
print(json.dumps({
    "here": str(choose_device("auto")), "asked": spaces.ASKED, "elsewhere": len(spaces.PROCESSES),
    "live": [v["live"] for v in values], "again": [v["live"] for v in again],
    "sheets": sum(v["live"] and v["sheet"] is not None for v in values),
    "same": same, "refused": refused, "dataset": values[-1].get("dataset"),
    "notice": values[-1].get("notice"), "hears": session.hears,
}))
"""


def on_a_stand_in(tmp_path: Path, method: str = "dit", **given: str) -> dict[str, Any]:
    """What the script prints with the stand-in of `spaces`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DISTILLER_")}
    paths = os.pathsep.join([str(ROOT / "tests/stand_ins"), str(ROOT)])
    env = {**kept, "SPACES_ZERO_GPU": "true", "PYTHONPATH": paths, "OMP_NUM_THREADS": "1",
           "DISTILLER_CACHE": str(tmp_path), **given}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("METHOD", method)],
        env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


@pytest.mark.slow
def test_a_run_is_sampled_where_the_gpu_is_and_shown_here(tmp_path: Path) -> None:
    found = on_a_stand_in(tmp_path)
    assert found["here"] == "cpu"  # the GPU belongs to no process for long
    assert found["same"]
    assert found["elsewhere"] == 1
    assert found["asked"] == [seconds_for(3.1 * 26 / 220)]  # asked once: the same run is kept
    assert found["live"][-1] is False
    assert found["sheets"] >= 1
    assert found["again"] == [True, False]
    assert not found["hears"]
    assert not found["refused"]


@pytest.mark.slow
def test_without_seconds_the_run_that_ships_is_shown_with_a_word(tmp_path: Path) -> None:
    found = on_a_stand_in(tmp_path, STAND_IN_SECONDS="1")
    assert found["elsewhere"] == 0
    assert found["live"][-1] is False
    assert found["dataset"] == "solids"
    assert "the run that ships" in found["notice"]
    assert "used up" in found["refused"]


@pytest.mark.slow
def test_real_images_take_no_seconds(tmp_path: Path) -> None:
    found = on_a_stand_in(tmp_path, "random", STAND_IN_SECONDS="1")
    assert found["asked"] == []
    assert found["live"][-1] is False
    assert not found["refused"]


def test_few_seconds_are_asked_for_and_never_many() -> None:
    assert seconds_for(0.1) == 10
    assert seconds_for(10) == 25
    assert seconds_for(1000) == 60
