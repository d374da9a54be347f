"""Guess in a browser: an example first, then a question that is answered by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.visitor import fits
from viz.guess import game as guess
from viz.guess.question import pair_of, study_of


@pytest.mark.slow
def test_a_question_is_guessed_by_keyboard_and_then_has_its_names(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = pair_of(study_of("solids"), ("dap", "dit"), 4)  # whose images ship
    monkeypatch.setattr(guess, "draw_pair", lambda *given: pair)
    page.goto(address)
    page.get_by_role("tab", name="Guess").click()
    board = page.locator(".d-guess")
    expect(board).to_contain_text("Example.")
    expect(board).to_contain_text("The study found the same")
    page.locator("#guess-start").click()
    left = board.get_by_role("button", name="Set A teaches better")
    expect(left).to_be_visible()
    for name in ("DAP", "DiT"):
        expect(board).not_to_contain_text(name)
    left.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(board.locator("h3")).to_have_text(["DAP", "DiT"])
    expect(board).to_contain_text("neither guess is wrong")
    expect(board).to_contain_text("So far: 1 question.")
    link = board.get_by_role("link", name="Open both in Compare")
    expect(link).to_have_attribute("href", "?" + "&".join(f"{k}={v}" for k, v in QUERY.items()))
    page.get_by_role("button", name="Find the real ones").click()
    expect(board).to_contain_text("11 of 12 images are where they belong.")
    page.set_viewport_size({"width": 375, "height": 800})
    fits(page, 375)


QUERY = {
    "tab": "compare", "dataset": "solids", "classes": "torus", "ipc": "10", "steps": "8",
    "seed": "0", "lane1": "dap", "lane2": "dit",
}  # fmt: skip
