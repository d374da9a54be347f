"""What a control of the page takes is what a request may hold: neither more nor less."""

from typing import Any

import gradio as gr
import pytest

from distiller.errors import Refused
from distiller.sets.request import Request
from viz.page.form import Form
from viz.page.tabs import train
from viz.settings import STEPS
from viz.visitor.link import opening


@pytest.fixture(scope="module")
def form() -> Form:
    with gr.Blocks(), gr.Tab("Explore") as tab:
        form = Form()
        form.add_dataset(tab)
        form.add_class()
        form.add_method()
        form.add_numbers()
        form.add_more()
    return form


def controls(form: Form) -> dict[str, Any]:
    found = {**form.plain, **form.options}
    assert isinstance(found.pop("classes"), gr.State)
    return found


def takes(control: Any, value: Any) -> bool:
    """Whether Gradio hands a value of a control on."""
    try:
        control.preprocess(value)
    except gr.Error:
        return False
    return True


def may_hold(key: str, value: Any) -> bool:
    """Whether a request may hold a value, which in a link is text."""
    method = key.partition(".")[0] if "." in key else "dit"
    value = "+".join(value) if isinstance(value, list) else value
    if (key, value) == ("cfg_channels", 0):  # nothing, which a link leaves out
        return True
    query = {"method": method, "classes": "0", key: str(value)}
    raw: dict[str, Any] = {"method": method, "classes": [0]}
    raw |= {"options": {key: value}} if "." in key else {key: value}
    found = []
    for read, given in ((Request.from_query, query), (Request.parse, raw)):
        try:
            read(given)
            found.append(True)
        except Refused:
            found.append(False)
    assert found[0] == found[1]
    return found[0]


def edges(control: Any) -> tuple[list[Any], list[Any]]:
    """Values of a control that are at its bounds, and some beyond them."""
    match control:
        case gr.Number() | gr.Slider():
            low, high = control.minimum, control.maximum
            return [low, high], [low - 1, high + 1]
        case gr.Checkbox():
            return [True, False], []
        case gr.CheckboxGroup():
            return [[name] for _, name in control.choices], [["nothing"]]
        case gr.Dropdown():
            return [name for _, name in control.choices], ["nothing"]
        case gr.Textbox():  # times; the request says what is wrong with other text
            return ["", "100-800", "999-1000"], []
    raise AssertionError(f"no bounds are known of a {type(control).__name__}")


def test_controls_and_requests_have_the_same_bounds(form: Form) -> None:
    found = controls(form)
    assert {"ipc", "steps", "seed", "cfg_scale", "sampler", "method", "dap.gamma"} <= set(found)
    for key, control in found.items():
        inside, beyond = edges(control)
        for value in inside:
            assert takes(control, value), (key, value)
            assert may_hold(key, value), (key, value)
        for value in beyond:
            assert not takes(control, value), (key, value)
            assert not may_hold(key, value), (key, value)


@pytest.mark.parametrize(
    "query",
    [
        {"cfg_scale": "20"},
        {"ipc": "100", "steps": "5"},
        {"ipc": "5000", "steps": "1"},
        {"ipc": "6", "steps": "1000"},
        {"seed": str(2**31 - 1)},
        {"ipc": "5001", "steps": "2000", "cfg_scale": "31"},
    ],
)
def test_the_controls_take_what_a_link_brings(form: Form, query: dict[str, str]) -> None:
    request = opening({"dataset": "digits", "classes": "3", **query}).request
    values = dict(zip([*form.plain, *form.options], form.show_all(request), strict=True))
    for key in ("ipc", "steps", "seed", "cfg_scale", "sampler", "method"):
        assert takes(form.plain[key], values[key]), key


def test_a_training_takes_as_many_steps_as_its_control() -> None:
    with gr.Blocks():
        steps = train._choices()[-1]
    assert isinstance(steps, gr.Number)
    assert (steps.minimum, steps.maximum) == (1, STEPS)
