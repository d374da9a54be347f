"""Gates: what is missed is said to be missed."""

import json
import re
from typing import Any

import numpy as np
import pytest

from distiller.machine.assets import ASSETS
from distiller.training.gates import FRECHET_RATIO, TRIED, gates_of
from distiller.training.shipment import shipped_priors

MEASURED: dict[str, Any] = {
    "frechet": {"samples": 1.2, "random_real": 0.3}, "psnr_db": 27.0,
    "recognised_percent": {"a": 100.0, "b": 74.0},
    "memorisation": {
        "latents": {"samples": 2.0, "held_out": 2.5, "spread": 0.4},
        "efficientnet-lite0": {"samples": 2.2, "held_out": 2.5, "spread": 0.4},
    },
}  # fmt: skip


def test_a_gate_is_met_missed_or_not_measured() -> None:
    found = gates_of("imagenette", MEASURED)
    assert [gate.met for gate in found] == [True, False, False, False, False, True]
    assert [gate.reached for gate in found][:4] == [4.0, 87.0, 74.0, 27.0]
    assert found[4].aim == pytest.approx(2.1)
    found = gates_of("digits", {k: v for k, v in MEASURED.items() if k != "memorisation"})
    assert [gate.met for gate in found] == [False, False, False, None]
    assert len(gates_of("solids", MEASURED)) == 3
    assert gates_of("somebody's own pictures", MEASURED) == []


def test_every_shipped_prior_has_gates() -> None:
    assert set(shipped_priors()) == set(FRECHET_RATIO) == set(TRIED)


@pytest.mark.parametrize("name", shipped_priors())
def test_the_card_says_truthfully_which_gates_are_missed(name: str) -> None:
    """Its table is worked out again from what was measured, without the code that wrote it."""
    folder = ASSETS / "priors" / name
    measured = json.loads((folder / "prior.json").read_text())["measured"]
    card = (folder / "README.md").read_text()
    verdicts = ("| met |", "| **missed** |", "| not measured |")
    lines = [line for line in card.splitlines() if line.endswith(verdicts)]
    rows = [line.strip("| ").split(" | ") for line in lines]
    said = {what: (aim, reached, verdict.strip("*")) for what, aim, reached, verdict in rows}
    shares = list(measured["recognised_percent"].values())
    distance = measured["frechet"]
    true = {
        "Fréchet": (distance["samples"] / distance["random_real"], "most"),
        "samples that": (np.mean(shares), "least"),
        "the same": (min(shares), "least"),
        "reconstruction": (measured["psnr_db"], "least"),
    }
    missed = False
    for what, (aim, reached, verdict) in said.items():
        if verdict == "not measured":
            assert "memorisation" not in measured
            assert reached == ""
            continue
        bound, number = re.fullmatch(r"at (least|most) ([\d.]+).*", aim).groups()  # type: ignore[union-attr]
        value = float(reached.split()[0])
        for begins, (expected, kind) in true.items():
            if what.startswith(begins):
                assert value == pytest.approx(expected, rel=1e-3)
                assert bound == kind
        met = value >= float(number) if bound == "least" else value <= float(number)
        assert verdict == ("met" if met else "missed"), what
        missed |= not met
    assert len(said) >= 3
    assert ("What was tried" in card) == missed
