"""Tiers: the page and the documents say the same of what a machine offers."""

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from distiller.data.registry import DATASETS
from distiller.lab import forget_labs
from distiller.machine.device import choose_device
from tests.imagenet import save_standin, write_root
from viz.catalogue import titles
from viz.papers_prior import NAME, offer, offered_here
from viz.tier import TIERS, tier_of_this, tiers

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documents_have_the_words_of_the_page() -> None:
    said = (DOCS / "deploying.md").read_text()
    for tier in TIERS.values():
        assert f"| {tier.title} | {tier.offers} |" in said


def test_a_page_says_which_machine_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [tier["here"] for tier in tiers()["tiers"]] == [True, False, False]
    assert tiers()["device"].startswith("CPU")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert tier_of_this() == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert tiers()["device"] == "ZeroGPU"
    assert choose_device("auto").type == "cpu"


def test_the_papers_prior_is_offered_on_a_gpu_unless_its_host_forbids_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISTILLER_XL", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not offered_here()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert offered_here()
    monkeypatch.setenv("DISTILLER_XL", "0")
    assert not offered_here()


@pytest.mark.slow
def test_without_a_network_the_log_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert offer().startswith("DiT-XL/2 is not offered: There is no prior")


@pytest.mark.slow
def test_what_is_prepared_is_offered_and_waits_in_line_for_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_root(tmp_path / "imagenet")
    monkeypatch.setenv("DISTILLER_IMAGENET", str(tmp_path / "imagenet"))
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "runs"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    monkeypatch.setattr("distiller.training.own.JUDGE_STEPS", (6, 6))
    threads: dict[str, str] = {}

    def noted(where: str, name: str) -> None:
        work = getattr(import_module(where), name)

        def do(*given: Any, **named: Any) -> Any:
            threads[name] = threading.current_thread().name
            return work(*given, **named)

        monkeypatch.setattr(f"{where}.{name}", do)

    for name in ("fetch", "load_at", "load_prior", "real_latents", "build_reference"):
        noted("distiller.training.prepare", name)
    noted("viz.papers_prior", "add_umap")
    standin = str(save_standin(tmp_path / "dit"))
    assert offer(standin) == f"DiT-XL/2 is offered: the data set {NAME} is ready."
    assert (NAME, NAME) in titles()
    here = threading.current_thread().name
    assert {name for name, where in threads.items() if where == here} == {
        "fetch", "load_at", "add_umap"
    }  # fmt: skip
    assert {where for where in threads.values() if where != here} == {"line"}
    forget_labs()
