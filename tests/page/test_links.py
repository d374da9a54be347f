"""Links to runs in a browser: what they bring back, and what they do where that fails."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from tests.page.visitor import DIGIT, finished, open_digit, shared


def test_a_link_brings_back_the_run(page: Page, address: str) -> None:
    open_digit(page, address, "&seed=11&cfg_scale=3")
    sheet, query = shared(page, "s.run.sheet"), shared(page, "s.run.query")
    assert query["seed"] == "11"
    assert float(query["cfg_scale"]) == 3
    page.goto(address + "?" + "&".join(f"{k}={v}" for k, v in query.items()))
    page.wait_for_function(
        "() => window.distiller?.shared.run?.query?.seed === '11'"
        " && window.distiller.shared.run.live === false"
    )
    assert shared(page, "s.run.sheet") == sheet


@pytest.mark.slow
def test_a_link_with_an_option_sets_its_slider_before_it_runs(page: Page, address: str) -> None:
    open_digit(page, address, "&method=dap&dap.gamma=1.5")
    assert shared(page, "s.run.query['dap.gamma']") == "1.5"
    expect(page.get_by_label("number input for DAP: gamma")).to_have_value("1.5")


@pytest.mark.slow
def test_a_link_whose_run_is_refused_shows_the_shipped_run_of_its_data_set(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("It cannot be made here.")

    monkeypatch.setattr("viz.serving.desk.explore", refuse)
    page.goto(address + DIGIT)
    expect(page.get_by_text("It cannot be made here.")).to_be_visible()
    finished(page)
    assert shared(page, "s.run.dataset") == "digits"
    expect(page.locator(".d-tile")).to_have_count(10)


@pytest.mark.slow
def test_a_link_that_leaves_out_the_scale_has_that_of_its_prior(page: Page, address: str) -> None:
    open_digit(page, address)
    assert float(shared(page, "s.run.query.cfg_scale")) == default_cfg_scale("digits")


@pytest.mark.slow
def test_a_link_may_ask_for_as_much_as_the_library_takes(page: Page, address: str) -> None:
    page.goto(address + "?dataset=digits&classes=3&ipc=100&steps=5&cfg_scale=20")
    page.wait_for_function("() => window.distiller?.shared.run?.query?.ipc === '100'")
    finished(page)
    expect(page.locator(".d-tile")).to_have_count(100)
    assert float(shared(page, "s.run.query.cfg_scale")) == 20


@pytest.mark.slow
def test_a_link_that_asks_for_too_much_sets_what_can_be_had(page: Page, address: str) -> None:
    page.goto(address + "?dataset=digits&classes=3&ipc=64&steps=1000&seed=11")
    expect(page.get_by_text("64 images of 1 class in 1000 steps are 64,000")).to_be_visible()
    expect(page.get_by_label("Images", exact=True)).to_have_value("64")
    expect(page.get_by_label("Seed")).to_have_value("11")
    expect(page.locator("#explore-start")).to_have_text("Distil 3")


@pytest.mark.slow
def test_a_broken_link_shows_the_first_screen_and_says_so(page: Page, address: str) -> None:
    page.goto(address + "?dataset=digits&ipc=1e9&<script>alert(1)</script>=1")
    expect(page.get_by_text("The link cannot be followed")).to_be_visible()
    expect(page.locator(".d-tile")).to_have_count(10)
