"""One of two processes that train together is killed: the same command makes the rest, the same."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = """
import os, signal, sys
import distiller.event
from distiller.__main__ import main
from distiller.machine import checkpoint
from distiller.training import own, prior, spec, transformer

checkpoint.SECONDS = -1.0  # a checkpoint after every step
small = spec.PriorSpec(
    channels=(8, 8), autoencoder_steps=5, autoencoder_batch=8, width=16, depth=1, heads=1,
    patch=2, steps=5, batch=8, warmup=2,
)
spec.PRESETS["digits"] = own.SIZES[32] = small
own.JUDGE_STEPS, prior.PREVIEW_STEPS = (6, 6), 2
transformer._has_compiler = lambda device: False
finish, fatal = distiller.event.finish, os.environ.get("FATAL")


def noted(events):
    # The process that does not lead follows with this: it notes each step, and dies at one.
    with open(os.environ["NOTES"], "a") as notes:
        for event in follow(events):
            print(event.stage, event.i, file=notes, flush=True)
            if f"{event.stage} {event.i}" == fatal:
                os.kill(os.getpid(), signal.SIGKILL)


def follow(events):
    noted.result = yield from events


def finished(events):
    noted(events)
    return noted.result


if os.environ["RANK"] == "1":
    distiller.event.finish = finished
sys.exit(main(sys.argv[1:]))
"""
TRAINED = ["train-prior", "--device", "cpu"]
COMMANDS = {
    "minimax": [
        "distill", "--dataset", "digits", "--method", "minimax", "--together", "--device", "cpu",
        "--classes", "0,3,5", "--ipc", "2", "--steps", "3", "--set", "steps=6", "--set", "batch=6",
        "--set", "images=10", "--set", "memory=5",
    ],
    "autoencoder": [*TRAINED, "--dataset", "digits"],
    "transformer": [*TRAINED, "--size", "32", "--data", "PICTURES"],
}  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name in ("ants", "bees"):
        (root / name).mkdir()
        for k in range(12):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{k}.png")
    return root


def run(command: list[str], folder: Path, *, fatal: str = "") -> tuple[int, list[str], str]:
    """Two processes, the second of which may die: the exit code, its steps, and what was said."""
    folder.mkdir(exist_ok=True)
    (folder / "script.py").write_text(SCRIPT)
    notes = folder / "notes"
    notes.write_text("")
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [sys.executable, *launch, str(folder / "script.py"), *command, "--out", str(folder / "o")],
        env=os.environ | {
            "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "NOTES": str(notes), "FATAL": fatal,
            "DISTILLER_CACHE": str(folder / "cache"), "DISTILLER_PRIORS": str(folder / "none"),
        },
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.returncode, notes.read_text().splitlines(), done.stdout + done.stderr


def made(out: Path) -> dict[str, str]:
    """What a run is for: not how long it took, nor what it goes on from."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".training" not in path.parts and path.name != "prior.json"
    }


@pytest.mark.parametrize("stage", COMMANDS)
def test_a_killed_worker_loses_no_finished_step_and_the_result_is_the_same(
    stage: str, pictures: Path, tmp_path: Path
) -> None:
    command = [str(pictures) if word == "PICTURES" else word for word in COMMANDS[stage]]
    code, steps, said = run(command, tmp_path / "whole")
    assert code == 0, said
    whole = made(tmp_path / "whole/o")
    assert len(whole) > 2
    assert f"{stage} 3" in steps
    code, steps, said = run(command, tmp_path / "killed", fatal=f"{stage} 3")
    assert code != 0
    assert steps[-1] == f"{stage} 3"
    assert "SIGKILL" in said or "-9" in said
    assert made(tmp_path / "killed/o") != whole
    code, steps, said = run(command, tmp_path / "killed")
    assert code == 0, said
    again = [int(line.split()[1]) for line in steps if line.startswith(f"{stage} ")]
    assert again[0] in (3, 4)  # the fourth step was made by both, and maybe kept
    assert made(tmp_path / "killed/o") == whole


def test_one_of_two_takes_the_pictures_in_and_what_is_refused_is_said(
    pictures: Path, tmp_path: Path
) -> None:
    command = [*TRAINED, "--size", "32", "--data", str(pictures)]
    code, _, said = run(command, tmp_path)
    assert code == 0, said
    assert said.count("training and") == said.count("A data set 'o' with its prior") == 1
    about = json.loads((tmp_path / "o/dataset.json").read_text())
    assert about["classes"] == ["ants", "bees"]
    code, steps, said = run([*command[:-1], str(tmp_path / "nowhere")], tmp_path)
    assert code != 0
    assert steps == []
    assert f"{tmp_path / 'nowhere'} cannot be read: No such file" in said
