"""What Gradio holds of each visitor."""

from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.state_holder import SessionState, StateHolder

from viz.page.states import _State, _States, hold_states


def test_each_visitor_has_values_and_controls_of_their_own_and_no_descriptions() -> None:
    with gr.Blocks() as demo:
        kept, box = gr.State([1]), gr.Textbox("a", label="Name")
    states = _States()
    states.set_blocks(demo)
    mine, theirs = states["me"], states["them"]
    assert states["me"] is mine
    mine[kept._id].append(2)
    mine[box._id] = gr.Textbox("b", label="Surname", render=False)
    mine._update_config(box._id)
    mine._update_value_in_config(box._id, "b")
    assert theirs[kept._id] == [1]
    assert theirs[box._id].label == "Name"
    assert states["later"][box._id].label == "Name"
    assert list(mine.components) == []


def test_who_comes_while_the_page_begins_is_answered_and_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox("a")
    demo.app = SimpleNamespace(state_holder=StateHolder())
    demo.app.state_holder.set_blocks(demo)
    first = demo.app.state_holder["first"]

    def slow(blocks: gr.Blocks) -> SessionState:
        assert demo.state_holder["meanwhile"][box._id].value == "a"  # another thread asks
        return SessionState(blocks)

    monkeypatch.setattr("viz.page.states.SessionState", slow)
    hold_states(demo)
    assert demo.app.state_holder is demo.state_holder
    assert demo.state_holder["first"] is first
    assert type(demo.state_holder["later"]) is _State
    assert list(demo.state_holder.session_data) == ["meanwhile", "first", "later"]


def test_a_state_of_gradio_is_made_of_no_more_than_is_copied() -> None:
    """Gradio's own state has these parts; another release may hold more that is one visitor's."""
    with gr.Blocks() as demo:
        gr.Textbox("a")
    assert set(vars(SessionState(demo))) == {
        "blocks_config", "config_values", "state_data", "_state_ttl", "is_closed",
        "STATE_TTL_WHEN_CLOSED",
    }  # fmt: skip
