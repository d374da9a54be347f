"""A page that is loaded again, or loses the server: it goes on with its run, and says so."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.gate import MakeGate, at
from tests.page.visitor import finished, live_at, open_digit, shared

pytestmark = pytest.mark.slow


def test_a_page_that_is_loaded_again_in_the_middle_of_a_run_goes_on_with_it(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address)
    held = gate("viz.serving.desk.explore", at(4))
    page.get_by_label("Steps").fill("8")
    page.locator("#explore-start").click()
    live_at(page, 4)
    run = shared(page, "s.run.id")
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Your run went on while the page was away")
    live_at(page, 4)
    assert shared(page, "s.run.id") == run
    expect(page.get_by_label("Steps")).to_have_value("8")
    held.open()
    finished(page)
    expect(page.locator("#stage .d-status")).to_contain_text("8 steps")
    assert shared(page, "s.run.id") == run
    expect(page.locator("#export")).to_be_enabled()
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Here is your last run")
    finished(page)
    expect(page.locator("#stage .d-status")).to_contain_text("8 steps")
    page.locator("#notice").get_by_role("button", name="Close").click()
    expect(page.locator("#notice .d-words")).to_be_hidden()


def test_a_run_that_was_picked_up_can_be_stopped(page: Page, address: str, gate: MakeGate) -> None:
    open_digit(page, address)
    held = gate("viz.serving.desk.explore", at(4))
    page.get_by_label("Steps").fill("8")
    page.locator("#explore-start").click()
    live_at(page, 4)
    page.reload()
    live_at(page, 4)
    page.locator("#explore-stop").click()
    held.open()
    page.wait_for_function("() => !JSON.parse(sessionStorage.getItem('distiller')).explore")
    page.get_by_label("Steps").fill("3")
    page.locator("#explore-start").click()  # the device is free at once
    finished(page)
    expect(page.locator("#stage .d-status")).to_contain_text("3 steps")
    expect(page.locator("#notice .d-words")).to_be_hidden()


def test_a_lost_connection_says_so_and_that_it_is_back(page: Page, address: str) -> None:
    page.goto(address)
    finished(page)
    notice = page.locator("#notice")
    page.context.set_offline(True)
    expect(notice).to_contain_text("The connection to the server is lost")
    expect(notice).to_contain_text("The page tries again by itself")
    page.context.set_offline(False)
    expect(notice).to_contain_text("The connection to the server is back")


def test_a_page_that_is_loaded_again_goes_on_with_its_comparison(
    page: Page, address: str, gate: MakeGate
) -> None:
    held = gate("viz.serving.desk.explore", at(4))
    shared_by_all = "?tab=compare&dataset=digits&classes=3&ipc=4&steps=8&seed=2"
    page.goto(f"{address}{shared_by_all}&lane1=random&lane2=dit&lane3=dap")
    rows = page.locator("#matrix [role=row]")
    expect(rows.nth(1)).to_contain_text("step 4 of 8")
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Your comparison went on while the page was")
    expect(rows.nth(1)).to_contain_text("step 4 of 8")
    expect(rows.nth(0)).to_contain_text("made, and not scored yet")  # it was drawn before
    page.evaluate(
        """() => window.distiller.on('end', ({ run }) => { window.over ||= run === 'compare'; })"""
    )
    held.open()
    page.wait_for_function(
        "() => document.querySelectorAll('.d-row:not(.d-live) .d-cell i[style*=url]').length === 12"
    )
    page.wait_for_function("() => window.over")  # its images are there a moment before
    expect(rows.nth(2)).not_to_contain_text("step")
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Here is your last comparison")
    page.wait_for_function(
        "() => document.querySelectorAll('.d-row:not(.d-live) .d-cell i[style*=url]').length === 12"
    )


def test_a_page_that_is_loaded_again_goes_on_with_every_class(
    page: Page, address: str, gate: MakeGate
) -> None:
    lanes = "&lane1=dit&lane2=dap"
    page.goto(f"{address}?tab=compare&dataset=digits&classes=3&ipc=2&steps=2&seed=9{lanes}")
    page.wait_for_function(
        "() => document.querySelectorAll('.d-row:not(.d-live) .d-cell i[style*=url]').length === 4"
    )
    held = gate("viz.serving.desk.explore", lambda shown: shown["step"] == 2)
    page.locator("#whole-start").click()
    panel = page.locator("#whole")
    expect(panel.locator(".d-h")).to_contain_text("0 of 10 classes")
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Your run of every class")
    expect(panel.locator(".d-h")).to_contain_text("of 10 classes")
    held.open(1000)
    expect(panel.locator(".d-h")).to_contain_text("done, and kept")
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Here is your last run of every class")
    expect(panel.locator(".d-h")).to_contain_text("done, and kept")
    expect(panel.locator("img.d-images")).to_have_count(20)
