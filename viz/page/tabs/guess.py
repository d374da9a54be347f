"""Guess: which of two sets without names teaches a net better, and which images are real.

What is asked on top, the question beneath; before any click one of each kind is answered already.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import gradio as gr

from ... import payloads
from ...catalogue import titles
from ...guess.game import asked, examples, found, guessed
from ...settings import OPEN
from ...visitor.session import Session
from ..frame import add_part
from ..refusal import answered
from ..run import QUIET, Run
from ..tab import Page, Tab, add_dataset

__all__ = ["TAB"]


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    with gr.Row(elem_id="guess", elem_classes=["d-panel", "d-choices", "d-guess-bar"]):
        with gr.Column(scale=55, min_width=300):
            frame = "<div class='d-game' role='group' aria-label='what is guessed'></div>"
            game = add_part("game", "guess/game", frame, "pair")
        with gr.Column(scale=20, min_width=180):
            dataset = add_dataset(tab)
        with gr.Column(scale=25, min_width=220):
            run = Run.lay_out("guess", "Next question")
    with gr.Row(elem_classes="d-panel"):
        frame = "<div class='d-guess'></div>"
        functions = [answered(examples_of_both), answered(guessed), answered(found)]
        question = add_part("question", "guess/board", frame, server_functions=functions)
    again = gr.State(0)  # counts what is to be followed again

    def follow(resumed: Mapping[str, Any], count: int) -> list[Any]:
        if "guess" not in resumed:
            return [gr.skip()] * 3
        value = resumed["guess"]
        return [gr.Dropdown(titles(), value=value["dataset"]), value["game"], count + 1]

    page.resumed.change(follow, [page.resumed, again], [dataset, game, again], **QUIET)
    run.wire(page.session, ask, [dataset, game], question, OPEN, also=[again.change])


async def ask(
    session: Session, dataset: Any, game: Any
) -> AsyncGenerator[payloads.GuessWait | payloads.GuessQuestion, None]:
    """Asks the next question.

    Raises:
        Refused: if it cannot be asked here.
    """
    async for shown in asked(session, dataset, game):
        yield shown


def examples_of_both(_: Any) -> payloads.GuessExamples:
    """A question of each kind that is answered already.

    Raises:
        Refused: if what they show does not ship.
    """
    return examples()


TAB = Tab("guess", "Guess", 17, lay_out)
