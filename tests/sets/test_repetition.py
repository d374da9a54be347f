"""Repetitions: what a text makes is what the request made, to the byte."""

import shlex
from pathlib import Path

import numpy as np
import pytest

from distiller.__main__ import main
from distiller.event import finish
from distiller.lab import open_lab
from distiller.sets.distilled import distill_request, distill_set
from distiller.sets.folder import read_set
from distiller.sets.repetition import command_of, python_of, said_of, warning_of
from distiller.sets.request import Request

ASKED = {
    "dataset": "digits", "method": "dap+diversity", "classes": "3,7", "ipc": 2, "steps": 3,
    "seed": 11, "cfg_scale": 2.5, "sampler": "ddpm", "cfg_between": "100-900",
    "options": {"dap.gamma": 0.7},
}  # fmt: skip


def test_the_command_and_the_python_make_the_same_bytes(tmp_path: Path) -> None:
    request = Request.parse(ASKED)
    lab = open_lab("digits")
    made = finish(distill_request(request, lab))
    words = shlex.split(command_of(request, str(tmp_path / "a set")))
    assert words[:3] == ["python", "-m", "distiller"]
    assert main(words[3:]) == 0
    found = read_set(tmp_path / "a set", lab.data.classes)
    assert np.array_equal(found.images, made.images)
    names = {"distill_set": distill_set}
    exec(python_of(request), names)
    assert np.array_equal(names["made"].images, made.images)  # type: ignore[attr-defined]
    assert np.array_equal(names["made"].labels, made.labels)  # type: ignore[attr-defined]


def test_every_number_is_said_and_no_usual_option() -> None:
    request = Request.parse({"dataset": "digits", "method": "dap", "classes": "3"})
    said = said_of(request)
    assert {"ipc", "steps", "seed", "sampler", "classes"} <= set(said)
    assert not {"options", "prior", "cfg_scale"} & set(said)
    assert "--set" not in command_of(request, "set")


@pytest.mark.parametrize("folder", ["it's; rm -rf ~", "$(date)", "--out", "a b"])
def test_a_shell_takes_no_part_of_a_name_for_a_command(folder: str) -> None:
    request = Request.parse({"dataset": "digits"})
    last = shlex.split(command_of(request, folder))[-1]
    assert last.removeprefix("--out=") == folder


def test_what_is_private_stands_in_no_text() -> None:
    options = {"dp-merf.secret": 8_675_309_123}
    request = Request.parse({"dataset": "digits", "method": "dp-merf", "options": options})
    assert "8675309123" not in command_of(request, "set") + python_of(request)
    assert "dp-merf.secret is private" in warning_of(request)
    assert warning_of(Request.parse({"dataset": "digits"})) == ""
