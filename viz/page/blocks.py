"""The page as Gradio builds it, but that what its controls never send is refused in words.

A control checks what it is sent before any function of the page is called. What it does not take,
such as a choice that it does not offer, Gradio tells as an error with a traceback in the log. It is
no fault of the page, so here it is a notice for the visitor and one line in the log.

The values of parts, which scripts draw, travel as JSON text. Gradio walks through whatever else a
value is made of, several times on the server and again in the browser, in search of files and
changes: for a run that took longer than to write and to read it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from copy import copy
from enum import Enum
from typing import Any

import gradio as gr
import orjson
from gradio.blocks import BlockFunction
from gradio.exceptions import ComponentProcessingError
from gradio.state_holder import SessionState

from distiller.errors import Refused

from .refusal import said

__all__ = ["PageBlocks", "pack"]

TOLD = 200  # characters of an error that are told
SHOWN = 60  # characters of a value that are shown


class PageBlocks(gr.Blocks):  # type: ignore[misc]  # Gradio has no types
    """The page: a value that none of its controls sends is refused."""

    def hide_progress_on(self, part: gr.components.Component) -> None:
        """Has one small part hold the progress of all events whose progress is hidden.

        At each message of an event, Gradio's script copies all that those components hold which
        progress was ever noted on, and of tabs all that is in them. It would copy the whole page at
        each step of a run, which takes tenths of a second.
        """
        for event in self.fns.values():
            if event.show_progress == "hidden":
                event.show_progress_on = [part]

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """The values of an event as its function takes them."""
        read = super().preprocess_data

        async def checked() -> Any:
            if block_fn.fn is None:
                raise Refused("The browser itself does this; the server has nothing to do.")
            try:
                values = await read(block_fn, inputs, state, explicit_call)
                return [_unpacked(*each) for each in zip(block_fn.inputs, values, strict=True)]
            except OSError:  # the machine's own, such as a full disk
                raise
            except Exception as error:
                if isinstance(error.__cause__, OSError):
                    raise
                line = f"distiller: {block_fn.name} was refused a value: {_reason(error)}"
                print(line, file=sys.stderr)
                raise Refused(_sentence(block_fn, inputs, state, error)) from error

        found: list[Any] = await said(checked)()
        return found

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """The results of an event as the page takes them; a control that stays costs nothing.

        For each control that an event skips, Gradio makes a copy of the control, and this page has
        more than a hundred: that took two thirds of the time in which it answered.
        """
        give, outputs = super().postprocess_data, block_fn.outputs
        predictions = _packed(outputs, predictions)
        if not isinstance(predictions, list | tuple) or len(predictions) != len(outputs):
            whole: list[Any] = await give(block_fn, predictions, state)
            return whole
        skipped = [_is_skipped(value) for value in predictions]
        # At least two, where there are two: Gradio takes what comes alone for the value itself.
        some = [k for k, skip in enumerate(skipped) if not skip or k < 2]
        few = copy(block_fn)
        few.outputs = [outputs[k] for k in some]
        given = await give(few, [predictions[k] for k in some], state)
        found = dict(zip(some, given, strict=True))
        return [found.get(k, gr.skip()) for k in range(len(outputs))]


def _is_part(block: Any) -> bool:
    """Whether a script draws it: this page has no other HTML."""
    return isinstance(block, gr.HTML)


def _packed(outputs: Sequence[Any], results: Any) -> Any:
    """The results of an event, those for parts as JSON."""
    if len(outputs) == 1:
        return pack(results) if _is_part(outputs[0]) else results
    if not isinstance(results, list | tuple) or len(results) != len(outputs):
        return results
    pairs = zip(outputs, results, strict=True)
    return [pack(value) if _is_part(block) else value for block, value in pairs]


def pack(value: Any) -> Any:
    """The value of a part as JSON; what says that there is none, or no more, stays as it is.

    A number that is none, such as the loss of a training that diverged, is null: JSON has no NaN.
    The same value is always the same text, by which a part knows that it need not be drawn anew.
    """
    none = value is None or isinstance(value, Enum) or _is_skipped(value)
    return value if none else orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _unpacked(block: Any, value: Any) -> Any:
    """The value of a control as a function of the page takes it.

    Raises:
        ValueError: if the value of a part is no JSON.
    """
    return json.loads(value) if _is_part(block) and isinstance(value, str) else value


def _is_skipped(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and value == gr.skip()


def _sentence(
    block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, error: Exception
) -> str:
    """What was refused, for whoever sent it."""
    again = "Choose another one; if the page itself sent it, reload the page."
    if len(inputs) < len(block_fn.inputs):
        counts = f"values needed: {len(block_fn.inputs)}; values that came: {len(inputs)}"
        return f"The page sent too little: {counts}. Reload the page."
    for name, value in _refusing(block_fn, inputs, state):
        why = f": {_reason(error)}" if isinstance(error, gr.Error) else ""
        return f"{name} does not take {_short(repr(value), SHOWN)}{why}. {again}"
    return f"The page was sent something that it does not take: {_reason(error)}. {again}"


def _refusing(
    block_fn: BlockFunction, inputs: list[Any], state: SessionState | None
) -> Iterator[tuple[str, Any]]:
    """The names of the controls that refuse their values, with the values; files are not tried."""
    for block, value in zip(block_fn.inputs, inputs, strict=False):
        if not isinstance(block, gr.components.Component) or block.stateful or block.data_model:
            continue
        control = state[block._id] if state is not None and block._id in state else block
        try:
            control.preprocess(value)
        except Exception:  # whatever it is, it was raised once already and is told
            yield str(getattr(control, "label", None) or control.elem_id or "A control"), value


def _reason(error: Exception) -> str:
    """Why a value was refused, in one line."""
    told = error.__cause__ if isinstance(error, ComponentProcessingError) else error
    return _short(told.message if isinstance(told, gr.Error) else str(told), TOLD).rstrip(".")


def _short(words: str, most: int) -> str:
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[:most]}…"
