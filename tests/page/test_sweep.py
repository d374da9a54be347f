"""Sweep in a browser: a link makes the cells, keys walk them, each opens its run."""

import pytest
from playwright.sync_api import Page, expect

from distiller.sets.request import Request
from viz.serving import desk as desks

pytestmark = pytest.mark.slow

LINK = (
    "?tab=sweep&dataset=digits&classes=3&method=dit&ipc=2&steps=2&seed=0"
    "&x=cfg_scale&x.low=1&x.high=2&x.count=2&y=steps&y.low=2&y.high=3&y.count=2"
)


def test_a_link_sweeps_and_another_score_makes_no_new_runs(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(address + LINK)
    expect(page.locator(".d-spot a[href]")).to_have_count(4)
    expect(page.get_by_text("4 of 4 there")).to_be_visible()
    expect(page.get_by_label("from, rows")).to_have_value("2")

    def work(*_: object) -> None:
        raise AssertionError("a cell was made again")

    monkeypatch.setattr(desks, "explore", work)
    before = page.locator(".d-spot a span").all_inner_texts()
    page.get_by_label("coloured by").select_option("judge recognised")
    assert all(text.endswith("%") for text in page.locator(".d-spot a span").all_inner_texts())
    page.get_by_label("coloured by").select_option("latents coverage")
    assert page.locator(".d-spot a span").all_inner_texts() == before
    page.locator(".d-spot a").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    cell = page.locator(".d-spot a:focus")
    expect(cell).to_have_attribute("tabindex", "0")
    words = cell.get_attribute("aria-label") or ""
    assert words.startswith("Steps 3, Class guidance (CFG) 2: Coverage")
    query = page.evaluate("Object.fromEntries(new URL(document.activeElement.href).searchParams)")
    request = Request.from_query(query)
    assert (request.steps, request.cfg_scale, request.ipc) == (3, 2, 2)


def test_a_broken_link_sets_what_can_be_had_beside_an_example(page: Page, address: str) -> None:
    page.goto(address + LINK.replace("y.high=3", "y.high=1000000"))
    expect(page.get_by_text("Steps, high, must be")).to_be_visible()
    expect(page.get_by_role("tab", name="Sweep")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("to, columns")).to_have_value("2")
    expect(page.get_by_label("to, rows")).to_have_value("25")
    expect(page.get_by_text("an example, made before")).to_be_visible()
    expect(page.locator(".d-spot a[href]")).to_have_count(12)
    page.get_by_label("to, rows").fill("3")
    page.get_by_label("to, rows").press("Tab")
    page.get_by_role("button", name="Sweep", exact=True).click()
    expect(page.get_by_text("4 of 4 there")).to_be_visible()
    expect(page.get_by_text("an example, made before")).to_have_count(0)
