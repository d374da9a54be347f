"""What Gradio does with the results of an event, for less."""

import asyncio
import json
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from viz.page.blocks import PageBlocks
from viz.page.frame import add_part

SKIP = gr.skip()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The text boxes that are made from now on."""
    boxes: list[Any] = []
    begin = gr.Textbox.__init__

    def counted(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        boxes.append(self)

    monkeypatch.setattr(gr.Textbox, "__init__", counted)
    return boxes


@pytest.mark.parametrize(
    ("results", "copies"),
    [
        (["a", SKIP, gr.Textbox(label="Name"), SKIP, {"x": [1]}, SKIP], 2),
        ([SKIP, "b", SKIP, SKIP, SKIP, SKIP], 1),
        ([SKIP] * 6, 2),  # of two Gradio makes copies in any case
        (["a", "b", "c", "d", {"y": 2}, "f"], 0),
    ],
)
def test_what_is_skipped_costs_nothing_and_the_rest_is_as_gradio_has_it(
    results: list[Any], copies: int, made: list[Any]
) -> None:
    with PageBlocks() as demo:
        boxes = [gr.Textbox(label=f"{k}") for k in range(4)]
        boxes += [gr.JSON(), gr.Textbox(label="last")]
        gr.Button().click(lambda: None, None, boxes)
    function = next(iter(demo.fns.values()))
    made.clear()

    async def both() -> tuple[list[Any], list[Any], int]:
        ours = await demo.postprocess_data(function, results, SessionState(demo))
        count = len(made)
        theirs = await gr.Blocks.postprocess_data(demo, function, results, SessionState(demo))
        return ours, theirs, count

    ours, theirs, count = asyncio.run(both())
    assert ours == theirs
    assert count == copies
    assert list(function.outputs) == boxes


def test_one_result_that_is_a_list_stays_a_list() -> None:
    with PageBlocks() as demo:
        table = gr.JSON()
        gr.Button().click(lambda: None, None, table)
    function = next(iter(demo.fns.values()))
    found = asyncio.run(demo.postprocess_data(function, [[1, 2]], SessionState(demo)))
    assert found == asyncio.run(
        gr.Blocks.postprocess_data(demo, function, [[1, 2]], SessionState(demo))
    )


def test_the_value_of_a_part_travels_as_json_and_its_function_takes_what_it_was() -> None:
    taken = list[Any]()
    with PageBlocks() as demo:
        part = gr.HTML(js_on_load="draw()")
        plain = gr.Markdown("words")
        box = gr.Textbox()
        gr.Button().click(lambda *values: taken.append(values), [part, plain, box], part)
        gr.Button().click(lambda: None, None, [part, plain, box])
    one, several = demo.fns.values()

    async def way(function: Any, results: Any) -> list[Any]:
        found: list[Any] = await demo.postprocess_data(function, results, SessionState(demo))
        return found

    for value in ({"x": [1, "a"]}, [[1]], "words", 0):
        (sent,) = asyncio.run(way(one, value))
        assert json.loads(sent) == value
        back = asyncio.run(demo.preprocess_data(one, [sent, "a", "b"], SessionState(demo)))
        assert back == [value, "a", "b"]
    assert asyncio.run(way(one, None)) == [None]
    assert asyncio.run(way(one, SKIP))[0]["__type__"] == "update"
    assert asyncio.run(way(several, [{"x": 1}, "a", "b"])) == ['{"x":1}', "a", "b"]
    assert asyncio.run(way(one, {"loss": [1.5, float("nan")]})) == ['{"loss":[1.5,null]}']
    assert asyncio.run(way(several, [SKIP, "a", SKIP]))[1:] == ["a", SKIP]


def test_what_a_part_starts_with_is_the_text_that_an_event_sends_for_it() -> None:
    rows = [{"mean": 1e-05, "spread": 0.1}, {"mean": float("nan")}]
    value = {"title": "Solids — é", "rows": rows}
    with PageBlocks() as demo:
        part = add_part("study", "evaluate/study", "<div></div>", value)
        gr.Button().click(lambda: value, None, part)
    (function,) = demo.fns.values()
    (sent,) = asyncio.run(demo.postprocess_data(function, value, SessionState(demo)))
    assert sent == part.value  # else it would be drawn anew, and its terms lose their marks


def test_a_part_that_sends_no_json_is_refused_in_words(capfd: pytest.CaptureFixture[str]) -> None:
    with PageBlocks() as demo:
        part = gr.HTML(js_on_load="draw()")
        gr.Button().click(lambda value: None, part, None)
    (function,) = demo.fns.values()
    with pytest.raises(gr.Error, match="reload the page"):
        asyncio.run(demo.preprocess_data(function, ["{nonsense"], SessionState(demo)))
    assert "was refused a value" in capfd.readouterr().err


def test_calls_are_not_summed_up_for_a_page_that_nobody_may_see() -> None:
    with PageBlocks() as demo:
        pass
    queue = demo.queue()._queue
    queue.events_recorded = 1
    call = {"function": "f", "status": "success", "process_time": 0.1, "time": 0.0}
    assert queue.compute_analytics_summary([call]) == {"functions": {}}
