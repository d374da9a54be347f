"""What is taken along in a browser: every file is what it says, and the API call makes the run."""

import asyncio
import base64
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from distiller.sets.request import Request
from tests.page.visitor import DIGIT, finished, new_tab
from viz.serving.desk import Made, open_desk
from viz.take.taken import lane_texts, packed_lanes, run_texts

LANES = "?tab=compare&dataset=digits&classes=3&ipc=3&steps=3&seed=0&lane1=random&lane2=dit"
QUERY = {
    "dataset": "digits", "method": "dap", "classes": "3", "ipc": "2", "steps": "3", "seed": "4",
    "cfg_scale": "2.0", "sampler": "ddpm", "dap.gamma": "0.7",
}  # fmt: skip


@pytest.mark.slow
def test_the_api_call_makes_the_images_of_the_pages_run(address: str) -> None:
    async def run() -> list[Any]:
        request = Request.from_query(QUERY)
        dials = {"cfg_scale": request.cfg_scale, **request.options}
        return [shown async for shown in open_desk().run("a", request, dials)]

    made = asyncio.run(run())[-1]
    assert isinstance(made, Made)
    names: dict[str, Any] = {}
    exec(run_texts([QUERY, address])["api"], names)
    with zipfile.ZipFile(io.BytesIO(made.packed)) as file:
        page = [file.read(f"3/{k}.png") for k in range(2)]
    called = [base64.b64decode(uri.partition(",")[2]) for uri in names["made"]["images"]]
    assert called == page


@pytest.mark.slow
def test_the_api_calls_make_the_images_of_every_lane(address: str) -> None:
    query = dict(parse_qsl(LANES[1:]))
    content = base64.b64decode(asyncio.run(packed_lanes(query))["content"])
    names: dict[str, Any] = {}
    exec(lane_texts([query, address])["api"], names)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        for lane in ("lane1", "lane2"):
            page = [file.read(f"{lane}/3/{k}.png") for k in range(3)]
            called = [base64.b64decode(uri.partition(",")[2]) for uri in names[lane]["images"]]
            assert called == page


def saved(page: Page, words: str, folder: Path) -> Path:
    """What a button of the open menu saves."""
    with page.expect_download() as coming:
        page.locator(".d-take[open]").get_by_role("button", name=words, exact=True).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    expect(page.locator(".d-take[open] .d-state")).to_have_text(f"{words}: saved")
    return path


@pytest.mark.slow
def test_a_comparison_is_taken_along(
    page: Page, address: str, browser: Browser, tmp_path: Path
) -> None:
    page.goto(address + LANES)
    expect(page.locator("#lane-table td .d-value").nth(3)).to_be_visible()
    page.locator("#take-lanes summary").click()
    expect(page.locator(".d-take[open] pre")).to_contain_text("--out runs/lane2")
    page.get_by_role("button", name="API call").click()
    expect(page.locator(".d-take[open] pre")).to_contain_text("lane2 = client.predict(")
    for words in ("Matrix (PNG)", "Map (PNG)"):
        picture = Image.open(saved(page, words, tmp_path))
        assert picture.width > 900
        assert len(picture.convert("L").histogram()) > 10
    for words in ("Matrix (SVG)", "Map (SVG)"):
        root = ET.parse(saved(page, words, tmp_path)).getroot()
        assert root.tag.endswith("svg")
    with zipfile.ZipFile(saved(page, "All images (ZIP)", tmp_path)) as file:
        assert len([name for name in file.namelist() if name.endswith(".png")]) == 6
        assert json.loads(file.read("manifest.json"))["comparison"]["lane2"] == "dit"
    atlas = saved(page, "For Embedding Atlas (JSONL)", tmp_path).read_text().splitlines()
    assert json.loads(atlas[3])["source"] == "lane2 dit"
    report = saved(page, "Report (HTML)", tmp_path)
    offline = new_tab(browser)
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    offline.goto(report.as_uri())
    expect(offline.locator("svg")).not_to_have_count(0)
    assert set(asked) <= {"file", "data"}
    expect(offline.get_by_role("heading", name="Scores")).to_be_visible()
    offline.context.close()


@pytest.mark.slow
def test_selected_images_are_taken_along(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address + DIGIT)
    page.wait_for_function("() => window.distiller?.shared.run?.n === 5")
    finished(page)
    page.locator("#take-run summary").click()
    expect(page.locator(".d-take[open] pre")).to_contain_text("--ipc 5")
    page.get_by_role("button", name="Selected images (ZIP)").click()
    expect(page.locator(".d-take[open] .d-state")).to_contain_text("No image is selected")
    page.locator(".d-tile").nth(1).click()
    with zipfile.ZipFile(saved(page, "Selected images (ZIP)", tmp_path)) as file:
        assert [name for name in file.namelist() if name.endswith(".png")] == ["3/1.png"]
    rows = saved(page, "For Embedding Atlas (JSONL)", tmp_path).read_text().splitlines()
    assert [row["source"] for row in map(json.loads, rows[:6])] == ["dit"] * 5 + ["real"]
    assert Image.open(saved(page, "Map (PNG)", tmp_path)).width > 500
