"""What Gradio holds of each visitor."""

import gradio as gr
from gradio.state_holder import SessionState

from viz.page.states import _States


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


def test_a_state_of_gradio_is_made_of_no_more_than_is_copied() -> None:
    """Gradio's own state has these parts; another release may hold more that is one visitor's."""
    with gr.Blocks() as demo:
        gr.Textbox("a")
    assert set(vars(SessionState(demo))) == {
        "blocks_config", "config_values", "state_data", "_state_ttl", "is_closed",
        "STATE_TTL_WHEN_CLOSED",
    }  # fmt: skip
