"""The terms of the page say what they mean: to a mouse, to the keyboard and to a finger."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.axe import accessible
from tests.page.test_compare import filled
from tests.page.visitor import expect_points, finished, fits, new_tab

pytestmark = pytest.mark.slow


def terms(page: Page) -> list[str]:
    """The terms that are marked on the tab that is shown, each once, in their order."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('[data-term]')]
            .filter((mark) => mark.checkVisibility()).map((mark) => mark.dataset.term)"""
    )
    return found


def test_a_term_says_what_it_means_and_where_it_comes_from(page: Page, address: str) -> None:
    page.goto(address)
    finished(page)
    expect_points(page, "distilled", 10)
    tip, card = page.get_by_role("tooltip"), page.locator(".d-word")
    term = page.locator("#scores [data-term=Coverage]")
    expect(term).to_have_count(1)
    found = terms(page)
    assert len(set(found)) == len(found)
    assert {"Class guidance, CFG, cfg_scale", "Seed", "ipc", "Coverage", "MMD, MMD²"} <= {*found}

    term.hover()
    expect(tip).to_contain_text("share of real images")
    expect(term).to_have_attribute("aria-describedby", "d-tip")
    tip.get_by_role("button").click()  # the mouse may go there
    expect(card).to_contain_text("|s − r| ≤ reach(r)")
    expect(card.get_by_role("link")).to_have_attribute("href", "https://arxiv.org/abs/2002.09797")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()

    seed = page.locator("#explore [data-term=Seed]")
    seed.focus()
    expect(tip).to_contain_text("The same seed gives the same set.")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(seed).to_be_focused()
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Seed")
    page.keyboard.press("Escape")
    expect(seed).to_be_focused()

    pca = page.locator("#map .d-view [data-term=PCA]")  # what is a button stays one
    pca.focus()
    expect(tip).to_contain_text("the first two principal components.")  # its own title
    expect(tip).to_contain_text("a straight projection")
    page.keyboard.press("?")
    expect(card).to_contain_text("y = Vᵀ (z − mean)")
    page.keyboard.press("Escape")
    expect(pca).to_have_attribute("title", "the first two principal components")
    expect(pca).to_have_attribute("aria-pressed", "false")
    pca.click()
    expect(pca).to_have_attribute("aria-pressed", "true")
    expect(card).to_be_hidden()
    seed.focus()
    accessible(page)


def test_each_tab_has_its_own_and_a_finger_opens_them(browser: Browser, address: str) -> None:
    page = new_tab(browser, viewport={"width": 375, "height": 800}, has_touch=True)
    page.goto(address + "?tab=compare")
    filled(page, 40)
    seed = page.locator("#compare [data-term=Seed]")
    seed.tap()
    card = page.locator(".d-word")
    expect(card).to_contain_text("The same seed gives the same set.")
    expect(page.locator("#compare input:focus")).to_have_count(0)
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375
    fits(page, 375)
    card.get_by_role("button", name="Close").tap()
    expect(card).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})  # where all tabs have room
    page.get_by_role("tab", name="Evaluate").tap()
    expect(page.locator("#evaluate [data-term=Protocol]")).to_have_count(1)
    page.context.close()
