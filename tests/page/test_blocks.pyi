"""What Gradio does with the results of an event, for less."""

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from viz.page.blocks import PageBlocks

SKIP = gr.skip()

from gradio.events import Dependency

class Counted(gr.Textbox):  # type: ignore[misc]
    """A text box that counts how many were made."""

    made = 0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        Counted.made += 1
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


@pytest.mark.parametrize(
    ("results", "copies"),
    [
        (["a", SKIP, gr.Textbox(label="Name"), SKIP, {"x": [1]}, SKIP], 2),
        ([SKIP, "b", SKIP, SKIP, SKIP, SKIP], 1),
        ([SKIP] * 6, 2),  # of two Gradio makes copies in any case
        (list("abcdef"), 0),
    ],
)
def test_what_is_skipped_costs_nothing_and_the_rest_is_as_gradio_has_it(
    results: list[Any], copies: int
) -> None:
    with PageBlocks() as demo:
        boxes = [Counted(label=f"{k}") for k in range(4)]
        boxes += [gr.JSON(), Counted(label="last")]
        gr.Button().click(lambda: None, None, boxes)
    function = next(iter(demo.fns.values()))
    before = Counted.made

    async def both() -> tuple[list[Any], list[Any], int]:
        ours = await demo.postprocess_data(function, results, SessionState(demo))
        made = Counted.made - before
        theirs = await gr.Blocks.postprocess_data(demo, function, results, SessionState(demo))
        return ours, theirs, made

    ours, theirs, made = asyncio.run(both())
    assert ours == theirs
    assert made == copies
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