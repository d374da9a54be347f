"""Processes that train together: each holds the same, and what one process alone would hold."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from distiller.errors import Refused
from distiller.machine.replicas import ONE, Replicas, current, joined
from distiller.machine.workers import ALONE, Worker

ROOT = Path(__file__).parents[2]
SCRIPT = """
import contextlib, hashlib, sys
from pathlib import Path
import torch
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.replicas import joined
from distiller.machine.workers import this_worker
from distiller.methods import minimax
from distiller.training import autoencoder, prior as priors, transformer
from distiller.training.spec import PriorSpec

# In float32, where two orders of one sum lie closest.
torch.autocast = lambda *given, **named: contextlib.nullcontext()
transformer._has_compiler = lambda device: False
priors.PREVIEW_STEPS = 2
gradients, step = [], torch.optim.AdamW.step


def noted(optimizer, *given):
    every = [p.grad.flatten() for group in optimizer.param_groups for p in group["params"]]
    gradients.append(torch.cat(every))
    return step(optimizer, *given)


torch.optim.AdamW.step = noted
out = Path(sys.argv[1])
CPU, worker = torch.device("cpu"), this_worker()
lab = open_lab("digits", "cpu")
spec = PriorSpec(
    autoencoder_steps=3, autoencoder_batch=6, steps=3, batch=6, width=32, depth=3, heads=2,
    channels=(8, 16), warmup=2, muon=False,
)
with joined(worker, CPU) as together:
    method = minimax.Minimax(steps=6, batch=6, memory=5, images=12)
    fit = finish(method.fit_chunk(lab.prior, lab.data, [0, 1, 2]))
    finish(priors.train_prior(lab.data, out / "prior", spec, CPU))
    together.same(None)  # the first process has written what the others read
    found = {"minimax": torch.cat([c.flatten() for _, c in sorted(fit.change.items())])}
    for part, key in (("transformer", "network"), ("autoencoder", "vae")):
        kept = torch.load(out / f"prior/.training/{part}.ckpt", weights_only=True)[key]
        found[part] = torch.cat([w.flatten() for w in kept.values()])
    # Alone, since the latents of a prior come of an autoencoder that was rounded otherwise.
    z, names = torch.randn(40, 4, 8, 8, generator=torch.Generator().manual_seed(0)), [0, 1] * 20
    finish(transformer.train_transformer(z, torch.tensor(names), spec, out / "net", CPU))
first = {"minimax": gradients[1], "autoencoder": gradients[6], "transformer": gradients[12]}
digest = hashlib.sha256(torch.cat(gradients).numpy().tobytes()).hexdigest()
torch.save({"found": found, "first": first, "digest": digest}, out / f"found-{worker.rank}.pt")
"""


def trained(folder: Path, count: int) -> list[dict[str, Any]]:
    """What each of so many processes holds in the end."""
    folder.mkdir()
    (folder / "script.py").write_text(SCRIPT)
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    done = subprocess.run(
        [sys.executable, *(launch if count > 1 else []), str(folder / "script.py"), str(folder)],
        env=os.environ | {
            "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "DISTILLER_CACHE": str(folder / "c"),
        },
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"found-{rank}.pt", weights_only=True) for rank in range(count)]


@pytest.mark.slow
def test_one_two_and_three_train_alike(tmp_path: Path) -> None:
    (alone,) = trained(tmp_path / "1", 1)
    for count in (2, 3):
        found = trained(tmp_path / str(count), count)
        assert len({one["digest"] for one in found}) == 1  # every gradient is the same to the byte
        for what, most in (("first", 1e-4), ("found", 0.05)):
            for name, theirs in found[0][what].items():
                mine = alone[what][name]
                distance = float((theirs - mine).norm() / mine.norm())
                print(f"{count} processes, {what} {name}: {distance:.1e}")
                assert distance < most, (count, what, name)
    files = [p.name for p in (tmp_path / "3/prior").iterdir()]
    assert "model_index.json" in files


def test_rows_are_shared_out_and_none_twice() -> None:
    for n in (3, 7, 64):
        for count in (1, 2, 3):
            every = [Replicas(rank, count) for rank in range(count)]
            rows = [i for one in every for i in range(n)[one.rows(n)]]
            assert rows == list(range(n))
            assert sum(one.share(n) for one in every) == pytest.approx(1)
    assert ONE.share(7) == 1.0
    with pytest.raises(Refused, match="A batch of 2 cannot be shared by 3 processes"):
        Replicas(0, 3).rows(2)


def test_processes_that_cannot_meet_are_told_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(Refused, match=r"2 processes of this run cannot reach each other.*torchrun"),
        joined(Worker(0, 2), torch.device("cpu")),
    ):
        pass
    assert current() is ONE


def test_one_alone_needs_nobody() -> None:
    x = torch.ones(3, 2, requires_grad=True)
    with joined(ALONE, torch.device("cpu")) as together:
        assert together is ONE
        assert together.whole(x, 3) is x
        assert together.same(5) == 5
        assert together.total(torch.tensor(2.5)) == 2.5
        assert current() is ONE


@pytest.mark.slow
def test_a_set_is_fitted_together_and_says_so(tmp_path: Path) -> None:
    words = ["distill", "--dataset", "digits", "--method", "minimax", "--classes", "0,3,5"]
    words += ["--ipc", "2", "--steps", "3", "--device", "cpu", "--together"]
    words += ["--set", "steps=4", "--set", "batch=6", "--set", "images=10"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "DISTILLER_CACHE": str(tmp_path / "cache")}
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for _ in range(2):  # the second finds it whole
        done = subprocess.run(
            [*launch, "-m", "distiller", *words, "--out", str(tmp_path / "set")],
            env=env, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("6 images in") == 1
    manifest = json.loads((tmp_path / "set/manifest.json").read_text())
    assert manifest["processes"] == 2
    alone = subprocess.run(
        [sys.executable, "-m", "distiller", *words, "--out", str(tmp_path / "set")],
        env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert alone.returncode == 2
    assert "holds another set" in alone.stderr
