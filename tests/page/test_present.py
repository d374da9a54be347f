"""The page for an audience: it steps through a list, hides what its link says, shows its code."""

import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.page.visitor import finished, open_digit, shared

LIST = "One|dataset=digits&classes=3&ipc=4&steps=4\nTwo|tab=evaluate"


def still(page: Page, clip: Any) -> bytes:
    """A picture of a part of the window, as soon as two in a row agree."""
    last = b""
    while (now := page.screenshot(clip=clip)) != last:
        last = now
    return now


@pytest.mark.slow
def test_a_list_is_stepped_through(page: Page, address: str) -> None:
    page.goto(f"{address}?tab=evaluate&present=1&hide=tabs&at=2&list={quote(LIST)}")
    expect(page.locator(".d-presenter .d-where")).to_have_text("2 / 2 Two")
    expect(page.locator("#tabs [role=tablist]").first).to_be_hidden()
    page.locator("body").press("ArrowLeft")
    page.wait_for_url("**/*at=1*")
    page.wait_for_function("() => window.distiller?.shared.run?.n === 4")
    expect(page.locator(".d-presenter .d-where")).to_have_text("1 / 2 One")
    page.get_by_role("button", name="QR code").click()
    expect(page.locator("dialog[open] svg path")).to_be_visible()
    expect(page.locator("dialog[open] .d-note")).to_contain_text("Only this machine")
    page.locator("dialog[open]").get_by_role("button", name="Close").click()
    page.locator("body").press("p")
    expect(page.locator(".d-presenter")).to_be_hidden()
    page.wait_for_function("() => !new URLSearchParams(location.search).has('present')")
    expect(page.locator("#tabs [role=tablist]").first).to_be_visible()


@pytest.mark.slow
def test_the_bar_hides_no_more_of_a_map_than_lies_beneath_it(page: Page, address: str) -> None:
    page.goto(address + "?present=1")
    finished(page)
    expect(page.locator("#map canvas").first).to_be_visible()
    box = page.locator("#map .d-plot").bounding_box()
    bar = page.locator(".d-presenter").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] < bar["y"] < box["y"] + box["height"]
    above = {**box, "height": bar["y"] - box["y"]}
    with_bar = still(page, above)
    page.evaluate("() => { document.querySelector('.d-presenter').style.visibility = 'hidden'; }")
    assert still(page, above) == with_bar


@pytest.mark.slow
def test_the_card_of_the_tour_is_whole_on_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(address + "?present=1&tour=distillation")
    expect(page.locator(".d-ask button").first).to_be_visible()
    box = page.locator(".d-tour").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375


@pytest.mark.slow
def test_a_list_is_edited_and_kept_in_the_browser(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#present").click()
    page.get_by_role("button", name="List").click()
    text = page.get_by_role("textbox", name="links, one in each line")
    text.fill("no link")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("dialog[open] .d-state")).to_contain_text("Line 1 has no link")
    text.fill("Mine | ?tab=evaluate")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("dialog[open] .d-state")).to_have_text("Kept in this browser.")
    page.goto(address + "?present=1")
    expect(page.locator(".d-presenter .d-where")).to_have_text("0 / 1")


@pytest.mark.slow
def test_a_file_that_is_dropped_opens_again(page: Page, address: str, tmp_path: Path) -> None:
    open_digit(page, address, "&method=dap&dap.gamma=1.5&seed=3")
    manifest = {
        "request": {
            "dataset": "digits", "method": "dap", "classes": [7], "ipc": 4, "steps": 4, "seed": 9,
            "cfg_scale": 2.0, "sampler": "ddim", "options": {"dap.gamma": 0.5}, "prior": None,
        },
        "selection": {"of": 4, "images": [2]},
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "mine.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mine/manifest.json", json.dumps(manifest))
    content = list((tmp_path / "mine.zip").read_bytes())
    page.evaluate(
        """(content) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(content)], 'mine.zip'));
            const drop = { dataTransfer: files, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent('drop', drop));
        }""",
        content,
    )
    expect(page.locator("#notice")).to_contain_text("mine.zip: its run is made again.")
    page.wait_for_function("() => window.distiller.shared.run?.query?.seed === '9'")
    page.wait_for_function("() => window.distiller.shared.chosen.has(2)")
    assert shared(page, "s.run.query.classes") == "7"
    expect(page.get_by_label("number input for DAP: gamma")).to_have_value("0.5")
