"""Whole sets in a browser: rows fill, are ordered, and nets are trained on them."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.axe import accessible
from tests.page.visitor import SLOW

pytestmark = pytest.mark.slow

LINK = "?tab=compare&dataset=digits&classes=3&ipc=2&steps=2&seed=2&lane1=random&lane2=dit&lane3=dap"


def made(page: Page, address: str) -> Locator:
    """The panel of the whole sets, once every class of the link's lanes is made."""
    page.goto(address + LINK)
    expect(page.locator("#setup .d-chip b")).to_have_count(3)
    page.locator("#whole-start").click()
    panel = page.locator("#whole")
    expect(panel.locator(".d-h")).to_contain_text("done, and kept", timeout=SLOW)
    return panel


def test_every_class_is_made_browsed_and_taught_to_nets(page: Page, address: str) -> None:
    panel = made(page, address)
    expect(panel.locator(".d-rows tbody tr")).to_have_count(10)
    expect(panel.locator("img.d-images")).to_have_count(30)
    expect(panel.locator(".d-sentence").first).to_contain_text("10 pairs")
    expect(panel.locator(".d-rows thead")).to_contain_text("between classes")

    names = panel.locator(".d-rows tbody th")
    listed = names.all_text_contents()
    panel.get_by_label("score", exact=True).select_option("latents.vendi")
    panel.get_by_label("lane that orders").select_option("1")
    worst = panel.get_by_role("button", name="worst first")
    worst.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        """() => {
            const cells = document.querySelectorAll('.d-rows tbody td:nth-child(3) .d-value');
            const values = [...cells].map((cell) => Number(cell.textContent));
            return values.length === 10 && values.every((v, k) => !k || v >= values[k - 1]);
        }"""
    )
    assert sorted(names.all_text_contents()) == sorted(listed)
    accessible(page)

    page.locator("#nets").click()
    chosen = page.locator("#sets input:checked")
    expect(chosen).to_have_count(2, timeout=SLOW)
    expect(page.locator("#board .d-h")).to_contain_text("done", timeout=SLOW)
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="mean of all classes").click()
    table = page.locator("#lane-table")
    expect(table).to_contain_text("Means over 10 classes of 2 images")
    expect(table.locator("tr", has_text="Diversity").locator("td")).to_have_count(3)
    accuracy = table.locator("tr", has_text="Accuracy, %")
    expect(accuracy.locator("td .d-value")).to_have_count(3)
    expect(accuracy).to_contain_text("protocol quick")


def test_the_map_of_all_classes_is_browsed_with_the_rows(page: Page, address: str) -> None:
    panel = made(page, address)
    data = "document.querySelector('.d-class-map .d-plot')?.data"
    page.wait_for_function(f"() => {data}?.[4]?.x.length === 20")  # DAP's, two of each class
    rows = panel.locator(".d-rows tbody tr")
    rows.nth(2).get_by_role("button").focus()
    expect(panel.locator("tr.d-on")).to_have_count(1)
    page.wait_for_function(f"() => {data}[1].x.length > 100")  # the real images of that class
    bright = f"() => {data}[3].marker.opacity.filter((value) => value > 0.5).length"
    assert page.evaluate(bright) == 2
    panel.get_by_role("button", name="class colours").click()
    page.wait_for_function(f"() => Array.isArray({data}[3].marker.color)")
    panel.locator(".d-class-map .d-key", has_text="DAP").click()
    page.wait_for_function(f"() => {data}[4].x.length === 0 && {data}[3].x.length === 20")
