"""The guided tour, gone through in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from distiller.diffusion.prior import default_cfg_scale
from tests.page.axe import accessible
from tests.page.test_compare import filled
from tests.page.visitor import expect_points, finished, fits, new_tab, open_digit, shared

pytestmark = pytest.mark.slow


def predict(page: Page, option: int) -> None:
    """Predicts, and looks that nothing was told before."""
    told = page.locator(".d-tour .d-tell")
    expect(page.locator(".d-ask button").first).to_be_visible()
    expect(told).to_be_empty()
    page.locator(".d-ask button").nth(option).click()
    expect(told.locator("p")).to_have_count(1)
    expect(told).to_contain_text("→")


def done(page: Page) -> str:
    """What is told once the action was done."""
    expect(page.locator(".d-tour .d-tell")).to_contain_text("✓")
    text: str = page.locator(".d-tour .d-tell").inner_text()
    return text


def turn_guidance(page: Page) -> None:
    slider = page.get_by_label("number input for Class guidance (CFG)")
    slider.fill("8")
    slider.press("Enter")
    page.get_by_role("button", name="Distil 3").click()


def test_the_tour_sets_the_page_asks_and_tells(page: Page, address: str) -> None:
    page.goto(address)
    finished(page)
    expect(page.locator(".d-tour")).to_be_hidden()
    page.get_by_role("button", name="Tour", exact=True).click()
    tour = page.locator(".d-tour")
    expect(tour.get_by_role("heading")).to_have_text("What distillation is")
    expect_points(page, "distilled", 10)
    predict(page, 0)
    page.locator(".d-uncovered").click()
    covered = next(
        s["value"] for s in shared(page, "s.run.scores") if s["name"] == "coverage"
    )  # in latent space, which comes first
    told = done(page)
    assert f"cover {covered:.1f} % of the real ones" in told
    assert "You predicted “nearly all”. It was measured: “more than half”." in told

    steps: list[tuple[str, int, Callable[[], None], str]] = [
        ("Random real images are a strong baseline", 2,
         lambda: page.get_by_role("tab", name="Evaluate").click(), "are not told apart from"),
        ("What class guidance does", 0, lambda: turn_guidance(page),
         f"went from {default_cfg_scale('digits'):g} to 8"),
        ("What DAP’s guidance does, and what it pays", 0,
         lambda: page.get_by_role("button", name="difference", exact=True).click(),
         "and so it was measured"),
        ("D³HR’s inversion", 2, lambda: scrub(page), "You predicted “Both”"),
    ]  # fmt: skip
    for title, option, act, words in steps:
        tour.get_by_role("button", name="Next").click()
        expect(tour.get_by_role("heading")).to_have_text(title)
        predict(page, option)
        act()
        assert words in done(page)

    # It is remembered where one was: the page of the tour is there again, and nothing is set.
    page.reload()
    finished(page)
    expect(tour.get_by_role("heading")).to_have_text("D³HR’s inversion")
    expect(tour.get_by_role("button", name="Show it")).to_be_visible()
    tour.get_by_role("button", name="close the tour").click()
    expect(tour).to_be_hidden()


def test_what_a_visitor_had_is_back_when_the_tour_is_closed(page: Page, address: str) -> None:
    open_digit(page, address)
    mine = shared(page, "s.run.query")
    page.get_by_role("button", name="Tour", exact=True).click()
    tour = page.locator(".d-tour")
    page.wait_for_function("() => window.distiller.shared.run.dataset === 'solids'")
    tour.get_by_role("button", name="page 4", exact=False).first.click()
    filled(page, 40)
    expect(page.locator("#compare").get_by_label("Data set")).to_have_value("digits")
    tour.get_by_role("button", name="close the tour").click()
    expect(page.locator("#notice")).to_contain_text("What you had before it is back")
    expect(page.get_by_role("tab", name="Explore")).to_have_attribute("aria-selected", "true")
    expect_points(page, "distilled", 5)
    assert shared(page, "s.run.query") == mine
    expect(page.get_by_role("button", name="Distil 3")).to_be_visible()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare").get_by_label("Data set")).to_have_value("solids")


def scrub(page: Page) -> None:
    page.get_by_role("button", name="steps", exact=True).click()
    page.get_by_label("step of all lanes").fill("0")


def test_a_link_opens_a_page_of_the_tour_and_one_may_judge(page: Page, address: str) -> None:
    page.goto(address + "?tour=judge")
    tour = page.locator(".d-tour")
    expect(tour.get_by_role("heading")).to_have_text("Judge it yourself")
    page.get_by_role("button", name="Set A teaches better").click()
    expect(tour.locator(".d-tell")).to_contain_text("This was the tour.")
    expect(page.locator(".d-answer")).to_be_visible()
    tour.get_by_role("button", name="Back").click()
    page.wait_for_function("() => location.search.includes('tour=map')")
    tour.get_by_role("button", name="page 8").click()
    expect(tour.get_by_role("heading")).to_have_text("Judge it yourself")
    tour.get_by_role("button", name="End").click()
    expect(tour).to_be_hidden()
    page.wait_for_function("() => !location.search.includes('tour')")
    page.goto(address + "?tour=moon")
    expect(page.get_by_text("The tour cannot be opened there")).to_be_visible()
    expect(tour).to_be_hidden()


def test_two_memories_are_compared_within_seconds_and_a_map_misleads(
    page: Page, address: str
) -> None:
    page.goto(address + "?tour=minimax")
    tour = page.locator(".d-tour")
    filled(page, 20)
    predict(page, 0)
    page.get_by_role("button", name="Distil all lanes").click()
    assert "with Minimax" in done(page)
    tour.get_by_role("button", name="Next").click()
    expect(tour.get_by_role("heading")).to_have_text("Why a map can mislead")
    predict(page, 2)
    page.get_by_role("button", name="PCA").click()
    assert " of 10. That map’s trustworthiness is " in done(page)


def test_the_card_can_be_used_by_everybody_on_any_width(browser: Browser, address: str) -> None:
    page = new_tab(browser, viewport={"width": 1440, "height": 900})
    page.goto(address + "?tour=dap")
    filled(page, 40)
    predict(page, 1)
    page.get_by_role("button", name="difference", exact=True).click()
    done(page)
    accessible(page, ".d-tour")
    page.set_viewport_size({"width": 375, "height": 800})
    fits(page, 375)
    box = page.locator(".d-tour").bounding_box()
    assert box is not None
    assert box["height"] <= 0.5 * 800
    page.get_by_role("button", name="Fold", exact=True).click()
    expect(page.locator(".d-ask")).to_be_hidden()
    page.context.close()
