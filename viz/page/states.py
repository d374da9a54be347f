"""States: what Gradio holds of each visitor.

Beside the values of a visitor's controls, Gradio keeps a description of each control for its deep
links, and makes it anew at every change. This page has links of its own, so nothing reads those
descriptions. While fifty visitors came, making them took a third of the time in which Python ran at
all (`bench.visitors`, sampled). So they are made once, and not for each visitor and change.
"""

from copy import copy
from datetime import datetime
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

__all__ = ["hold_states"]


class _State(SessionState):  # type: ignore[misc]
    """The state of one visitor, whose controls have no description of their own."""

    @classmethod
    def like(cls, first: SessionState, blocks: gr.Blocks) -> "_State":
        """A new one, for which nothing is computed that `first` has already."""
        made = cls.__new__(cls)
        made.__dict__.update(first.__dict__)
        made.blocks_config = copy(blocks.default_config)
        made.config_values, made.state_data, made._state_ttl = {}, {}, {}
        return made

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = block.time_to_live, datetime.now()
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Describes nothing."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Describes nothing."""


class _States(StateHolder):  # type: ignore[misc]
    """The states of all visitors."""

    def set_blocks(self, blocks: gr.Blocks) -> None:
        self._first = SessionState(blocks)  # first of all: from the next line on, visitors ask here
        super().set_blocks(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = _State.like(self._first, self.blocks)
        return super().__getitem__(session_id)


def hold_states(demo: gr.Blocks) -> None:
    """Has a page that is served hold its visitors' states so, from now on.

    Whoever came while it began to be served keeps the state that Gradio made.
    """
    states, before = _States(), demo.app.state_holder
    states.session_data, states.time_last_used = before.session_data, before.time_last_used
    states.set_blocks(demo)
    demo.app.state_holder = states
