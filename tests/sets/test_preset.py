"""Presets: valid requests that hold what the papers say, and where each value comes from."""

from dataclasses import asdict, fields

import pytest

from distiller.diffusion.schedule import Schedule
from distiller.errors import Refused
from distiller.evaluation.nets import make_net
from distiller.evaluation.plan import REPORTS
from distiller.evaluation.protocol import PROTOCOLS
from distiller.methods import METHODS, make_methods
from distiller.sets.preset import PRESETS, READINGS, evaluation_of, settings_of
from distiller.sets.request import Request

CASES = [
    (name, reading)
    for name, preset in PRESETS.items()
    for reading in READINGS
    if reading == "paper" or preset.released is not None
]


def request_of(name: str, reading: str = "paper", ipc: int = 10) -> Request:
    said = settings_of(name, reading, "digits", ipc)
    plain = {key: value for key, (value, _) in said.items() if "." not in key}
    options = {key: value for key, (value, _) in said.items() if "." in key}
    return Request.parse({**plain, "dataset": "digits", "method": name, "options": options})


@pytest.mark.parametrize(("name", "reading"), CASES)
def test_every_preset_is_a_valid_request_and_says_where_every_value_comes_from(
    name: str, reading: str
) -> None:
    said = settings_of(name, reading, "digits", 10)
    assert set(said) == {"steps", "sampler", "cfg_scale", "cfg_channels", "seed"} | {
        f"{name}.{f.name}" for f in fields(METHODS[name])
    }
    assert all(source for _, source in said.values())
    request = request_of(name, reading)
    for key, (value, _) in said.items():
        assert (request.options[key] if "." in key else getattr(request, key)) == value, key
    found = {key: value for key, (value, _) in evaluation_of(name, reading, 10).items()}
    assert found["protocol"] in PROTOCOLS
    assert found["report"] in REPORTS
    for net in found["net"].split(","):
        make_net(net, 224, 10)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_holds_the_papers_options_of_its_method(name: str) -> None:
    """`--paper` and `paper:NAME` say the same of a method."""
    options = {key: said.value for key, said in PRESETS[name].options.items()}
    assert options.items() >= METHODS[name].paper.items()
    assert set(options) <= {f.name for f in fields(METHODS[name])}
    usual = asdict(METHODS[name]())
    explicit = {"inversion_cfg_scale"}  # 0 is the prior's own, which is DiT's 4
    changed = {key for key, value in options.items() if value != usual[key]}
    assert changed - explicit == set(METHODS[name].paper)


def test_where_they_used_it_sampling_is_50_steps_of_ddpm_on_3_of_4_channels() -> None:
    for name in ("minimax", "mgd3", "igd", "cao2", "dap"):
        request = request_of(name)
        assert (request.sampler, request.steps) == ("ddpm", 50)
        assert (request.cfg_scale, request.cfg_channels) == (4.0, 3)
    d3hr = request_of("d3hr")
    assert (d3hr.sampler, d3hr.steps, d3hr.cfg_scale, d3hr.cfg_channels) == ("ddim", 31, 4.0, None)


def test_the_released_code_differs_where_it_does() -> None:
    def changed(name: str) -> dict[str, object]:
        paper, code = (settings_of(name, reading, "imagenette", 10) for reading in READINGS)
        return {key: code[key].value for key in code if code[key].value != paper[key].value}

    assert changed("minimax") == changed("mgd3") == {}
    assert changed("igd") == {"seed": 1}
    assert changed("cao2") == {"cfg_scale": 2.7, "cao2.pool": 2}
    assert changed("d3hr") == {
        "steps": 32, "d3hr.start": 621, "d3hr.query": "target", "d3hr.candidates": 100_000,
        "d3hr.skew_axis": "sample", "d3hr.skew_weight": 0.1,
    }  # fmt: skip
    with pytest.raises(Refused, match="No code of dap is public"):
        settings_of("dap", "released", "digits", 10)
    with pytest.raises(Refused, match="no paper 'dit'"):
        settings_of("dit", "paper", "digits", 10)


def test_the_times_of_d3hr_are_those_of_its_grid() -> None:
    """0, 20, 40 ... counted from 0: inverted to 600, decoded from 600 or, as released, from 620."""
    schedule = Schedule.linear()
    for reading, first in (("paper", 601), ("released", 621)):
        request = request_of("d3hr", reading)
        times = schedule.times(request.steps, int(request.options["d3hr.start"]))
        assert times == [*range(first, 0, -20), 0]
    steps, time = (request.options[f"d3hr.{key}"] for key in ("inversion_steps", "time"))
    assert schedule.times(steps, time)[-2::-1] == list(range(1, 602, 20))


def test_cao2_keeps_by_the_size_of_the_set_and_mgd3_trains_longer_on_a_hundred() -> None:
    keep = [settings_of("cao2", "paper", "digits", ipc)["cao2.keep"].value for ipc in (10, 50)]
    assert keep == ["most", "least"]
    assert evaluation_of("mgd3", "paper", 100)["epochs"].value == 1500
    assert "epochs" not in evaluation_of("mgd3", "released", 100)
    assert "epochs" not in evaluation_of("mgd3", "paper", 50)
    assert make_methods("cao2")["cao2"].pool == 4
