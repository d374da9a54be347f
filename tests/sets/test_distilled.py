"""The front door: one call gives the images that the command line writes."""

import ast
from pathlib import Path

import numpy as np
import pytest

import distiller
from distiller import Refused, Request, distill_request, distill_set, finish, open_lab
from distiller.__main__ import main
from distiller.sets.folder import read_set


@pytest.mark.parametrize(
    ("method", "options"),
    [("dit", {}), ("dap+diversity", {"gamma": 1.5}), ("random", {})],
)
def test_a_call_gives_the_images_that_the_command_writes(
    tmp_path: Path, method: str, options: dict[str, float]
) -> None:
    asked = ["--method", method, "--ipc", "2", "--steps", "3", "--classes", "3,7", "--seed", "5"]
    given = [f"--set={key}={value}" for key, value in options.items()]
    out = tmp_path / "set"
    assert main(["distill", "--dataset", "digits", *asked, *given, "--out", str(out)]) == 0
    written = read_set(out, tuple("0123456789"))
    made = distill_set("digits", method, ipc=2, steps=3, classes=[3, "7"], seed=5, options=options)
    assert made.images.tobytes() == written.images.tobytes()
    np.testing.assert_array_equal(made.labels, written.labels)


def test_a_generator_gives_the_same_set_and_says_how_far_it_is() -> None:
    request = Request.parse({"dataset": "digits", "classes": "3", "ipc": 2, "steps": 3})
    steps = []
    events = distiller.translated(distill_request(request, open_lab("digits")), steps.append)
    made = finish(events)
    assert [(event.stage, event.i, event.n) for event in steps] == [
        ("sample", 0, 3), ("sample", 1, 3), ("sample", 2, 3),
    ]  # fmt: skip
    again = distill_set("digits", classes=3, ipc=2, steps=3)
    assert made.images.tobytes() == again.images.tobytes()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"method": "dam"}, "no method 'dam'"),
        ({"ipc": 0}, "ipc must be"),
        ({"classes": ["ten"]}, "no class 'ten'"),
        ({"options": {"gamma": 1}}, "no option 'gamma'"),
        ({"device": "abacus"}, "device 'abacus' cannot be used"),
        ({"prior": "/nowhere"}, "There is no prior '/nowhere'"),
    ],
)
def test_what_cannot_be_had_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        distill_set(**{"dataset": "digits", **given})


def test_the_examples_of_the_front_door_run(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, with fewer and smaller sets."""
    about = distiller.__doc__
    assert about is not None
    lines = [line[4:] for line in about.splitlines() if line.startswith("    ")]
    code = "\n".join(lines).replace("ipc=10", "ipc=2, steps=2")
    code = code.replace('"ipc": 10', '"ipc": 2, "steps": 2')
    assert code.count("steps") == 2
    ast.parse(code)
    exec(code, {})
    out = capsys.readouterr().out
    assert out.startswith("(20, 32, 32, 3)")
    assert "sample 1 2" in out
    assert "random_real_mean" in out
