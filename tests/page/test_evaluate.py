"""Evaluations in a browser: curves while nets are trained, tables when they are."""

import csv
import io
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from distiller.data.registry import DATASETS, load
from distiller.evaluation.protocol import protocol_for
from tests.page.axe import accessible
from tests.page.gate import MakeGate, Place, wait_until
from tests.page.visitor import SLOW, contrasts, fits, new_tab, open_digit, open_evaluation, shared
from viz.payloads import EvaluationState
from viz.results.papers import papers_tables
from viz.visitor import visit

pytestmark = pytest.mark.slow


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six epochs."""

    def six(name: str, dataset: str) -> Any:
        return replace(protocol_for(name, dataset), epochs={math.inf: 6})

    monkeypatch.setattr(visit, "protocol_for", six)


def test_a_link_to_evaluate_holds_its_data_set(page: Page, address: str) -> None:
    page.goto(address + "?dataset=imagenette&tab=evaluate")
    choices, title = page.locator("#evaluate .d-choices"), page.locator(".d-study summary").first
    expect(choices.get_by_label("Data set")).to_have_value("Imagenette")
    expect(title).to_have_text("What every method teaches: Imagenette")
    expect(page.locator("#sets label").first).to_be_visible()
    choices.get_by_label("Data set").click()
    page.get_by_role("option", name="Digits").click()
    expect(title).to_have_text("What every method teaches: Digits")
    page.wait_for_function("() => location.search.includes('dataset=digits')")
    page.goto(page.url)
    expect(title).to_have_text("What every method teaches: Digits")
    page.goto(address + "?dataset=moon&tab=evaluate")
    expect(page.get_by_text("The link cannot be followed: There is no")).to_be_visible()
    expect(title).to_have_text("What every method teaches: Solids")


def making_or_points(*counts: int) -> Place:
    """While a set is made, and when the curves have so many points together."""

    def place(shown: EvaluationState) -> object:
        lines = shown["chart"]["lines"] if shown["chart"] else []
        count = sum(len(curve) for line in lines for curve in line["curves"])
        return shown["now"].startswith("makes DiT") or (count if count in counts else None)

    return place


def two_rows(shown: EvaluationState) -> bool:
    """Whether a set and random real images are both finished once."""
    return [len(table["rows"]) for table in shown["tables"]] == [2]


@pytest.mark.usefixtures("quickly")
@pytest.mark.slow
def test_a_set_made_here_is_evaluated_beside_random_real_images(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    open_evaluation(page)
    boxes = page.locator("#sets label")
    expect(boxes).to_have_count(2)  # the shipped one, and the run of the link
    expect(boxes.nth(1)).to_contain_text("1 of 10 classes, the rest is made first")
    boxes.nth(0).click()
    boxes.nth(1).click()
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("2")
    page.evaluate(
        """() => {
            const count = ({ chart }) => (chart?.lines ?? []).flatMap((line) => line.curves)
                .reduce((n, curve) => n + curve.length, 0);
            window.points = [];
            window.distiller.on('evaluation', (e) => window.points.push(count(e)));
        }"""
    )
    held = gate("viz.visitor.visit.evaluate_sets", making_or_points(4, 12, 20))
    page.locator("#evaluate-start").click()
    status = page.locator("#board .d-h")
    expect(status).to_contain_text("makes DiT", timeout=SLOW)
    held.open()
    for count in (4, 12, 20):
        page.wait_for_function("(count) => window.points.at(-1) === count", arg=count)
        held.open()
    expect(status).to_contain_text("done", timeout=SLOW)
    points = page.evaluate("() => window.points")
    assert points == sorted(points)
    assert points[-1] == 2 * 2 * 6
    rows = page.locator(".d-table tbody tr")
    expect(rows).to_have_count(2)
    mine = rows.nth(1)
    expect(mine.locator("td").nth(2)).to_contain_text(" to ")
    link = urlsplit(mine.locator("a").get_attribute("href") or "")
    query = parse_qs(link.query)
    assert (query["method"], query["ipc"], query["steps"]) == (["dit"], ["5"], ["5"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    lines = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [line["seeds"] for line in lines] == ["2", "2"]
    each = [f"{float(a):.1f}" for a in lines[1]["accuracies"].split()]
    assert mine.locator("td").nth(3).inner_text().split(" · ") == each
    curves = page.evaluate("() => document.querySelector('.d-curves').data.map((t) => t.x.length)")
    assert curves.count(6) == 6  # of each line two seeds and their mean
    page.get_by_role("button", name="training loss").click()
    page.wait_for_function("() => document.querySelector('.d-curves').data.length === 6")
    accessible(page)
    page.get_by_role("tab", name="Explore").click()
    assert shared(page, "s.run.sheet") == before
    page.locator(".d-tile").nth(2).click()
    expect(page.locator(".d-inspector")).to_contain_text("#3")


@pytest.mark.usefixtures("quickly")
def test_stop_keeps_what_is_finished(page: Page, address: str, gate: MakeGate) -> None:
    held = gate("viz.visitor.visit.evaluate_sets", two_rows)
    page.goto(address)
    open_evaluation(page)
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("10")
    page.locator("#evaluate-start").click()
    rows = page.locator(".d-table tbody tr")
    expect(rows).to_have_count(2, timeout=SLOW)
    page.locator("#evaluate-stop").click()
    wait_until(page, held.stopped.is_set)
    held.open()
    expect(page.locator("#board .d-notice")).to_contain_text("stopped; what was finished is kept")
    expect(rows).to_have_count(2)
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("1")
    page.locator("#evaluate-start").click()  # the device is free, and nothing is left to do
    expect(page.locator("#board .d-h")).to_contain_text("done", timeout=SLOW)
    expect(rows).to_have_count(2)


@pytest.mark.usefixtures("quickly")
def test_an_uploaded_set_is_evaluated_and_a_bad_one_refused(
    page: Page, address: str, tmp_path: Path
) -> None:
    data = load("digits").train
    with zipfile.ZipFile(tmp_path / "real.zip", "w") as file:
        for label in (1, 8):
            for row in data.of(label)[:3]:
                picture = io.BytesIO()
                Image.fromarray(data.images[row]).save(picture, "PNG")
                file.writestr(f"{label}/{row}.png", picture.getvalue())
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as file:
        file.writestr("../../evil.png", b"")
    page.goto(address)
    open_evaluation(page)
    upload = page.locator("#evaluate input[type=file]")
    upload.set_input_files(tmp_path / "evil.zip")
    expect(page.get_by_text("names a file outside of itself")).to_be_visible()
    upload.set_input_files(tmp_path / "real.zip")
    boxes = page.locator("#sets label")
    expect(boxes.nth(1)).to_contain_text("upload real")
    page.locator("#evaluate-start").click()
    expect(page.get_by_text("Sets compare on the same classes only")).to_be_visible()
    boxes.nth(0).click()
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("1")
    page.locator("#evaluate-start").click()
    expect(page.locator("#board .d-h")).to_contain_text("done", timeout=SLOW)
    expect(page.locator(".d-table caption")).to_contain_text("2 of 10 classes")
    expect(page.locator(".d-table tbody th").nth(1)).to_have_text("upload real")


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_the_evaluation_fits_and_can_be_read(browser: Browser, address: str, scheme: Any) -> None:
    page = new_tab(browser, viewport={"width": 1440, "height": 812}, color_scheme=scheme)
    page.goto(address)
    open_evaluation(page)
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("1")
    page.locator("#evaluate-start").click()
    expect(page.locator("#board .d-h")).to_contain_text("done", timeout=SLOW)
    texts = ("#board .d-h", "#board .d-note", ".d-key span", ".d-table td", ".d-table th")
    texts += (".d-table a", ".d-accuracies .d-bar span", "#upload")
    assert min(contrasts(page, "#evaluate .d-choices", *texts)) >= 4.5  # WCAG AA
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 812})
        page.wait_for_function(
            "() => document.querySelector('.d-curves .main-svg').clientWidth"
            " <= document.querySelector('#board').clientWidth"
        )
        fits(page, width)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_the_shipped_study_is_there_before_any_click(
    browser: Browser, address: str, scheme: Any
) -> None:
    page = new_tab(browser, viewport={"width": 1440, "height": 812}, color_scheme=scheme)
    page.goto(address)
    page.get_by_role("tab", name="Evaluate").click()
    message = page.locator(".d-study .d-message")
    expect(message).to_contain_text("11 of 35 methods are better than random real images, 24 are")
    marks = page.locator(".d-plane .d-mark")
    expect(marks).to_have_count(36)
    assert page.locator(".d-plane .d-mark.better").count() == 11
    rows = page.locator(".d-standings tbody tr")
    expect(rows.first).to_contain_text("MGD³ + Discrepancy")
    page.locator(".d-standings").get_by_role("button", name="coverage").click()
    expect(rows.first).to_contain_text("by sinkhorn")
    page.locator(".d-standings").get_by_role("button", name="coverage").press("Enter")
    expect(rows.first).to_contain_text("K-center of real images")
    marks.first.focus()
    expect(page.locator(".d-plane-card")).to_contain_text("K-center of real images")
    marks.first.press("ArrowRight")
    expect(page.locator(".d-plane-card")).to_contain_text("Diversity")
    query = parse_qs(urlsplit(marks.nth(1).get_attribute("href") or "").query)
    assert (query["dataset"], query["lane2"], query["ipc"]) == (["solids"], ["diversity"], ["10"])
    texts = (".d-message", ".d-standings td", ".d-standings td.better", ".d-standings td.worse")
    texts += (".d-standings th a", ".d-tick", ".d-plane-names span", ".d-study .d-note p")
    assert min(contrasts(page, "#evaluate .d-choices", *texts)) >= 4.5  # WCAG AA
    page.get_by_role("button", name="50 images a class").click()
    expect(message).to_contain_text("1 of 17 methods is better than random real images, 4 are")
    page.set_viewport_size({"width": 375, "height": 812})
    fits(page, 375)
    page.set_viewport_size({"width": 1440, "height": 812})
    page.locator("#evaluate .d-choices").get_by_label("Data set").click()
    page.get_by_role("option", name="Digits").click()
    page.get_by_role("button", name="10 images a class, soft").click()
    expect(rows).to_have_count(2)
    expect(page.locator(".d-standings caption")).to_contain_text("soft labels")
    expect(page.locator(".d-plane")).to_be_hidden()
    page.context.close()


def test_a_method_of_the_study_becomes_a_lane_of_compare(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Evaluate").click()
    rows = page.locator(".d-standings tbody tr")
    rows.filter(has_text="Random real").get_by_role("link", name="compare").click()
    chips = page.locator("#setup .d-chip b")
    expect(chips).to_have_text(["Random real", "DiT"])
    page.wait_for_function(  # nothing is asked for twice: these lanes are made
        "() => document.querySelectorAll('.d-row:not(.d-live) .d-cell i[style*=url]').length === 20"
    )
    page.get_by_role("tab", name="Evaluate").click()
    mark = page.locator(".d-plane").get_by_role("link", name="DAP", exact=False).first
    name = (mark.get_attribute("aria-label") or "").partition(".")[0]
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#setup .d-chip b")).to_have_count(3)
    expect(page.locator("#setup .d-chip b").nth(2)).to_have_text(name.partition(" (")[0])
    expect(page.locator("#setup").get_by_label("Class")).to_have_value("4")


def test_the_papers_tables_are_closed_below_the_studies_of_the_same_classes(
    page: Page, address: str
) -> None:
    page.goto(address)
    papers = page.locator(".d-papers")
    open_evaluation(page)
    expect(papers).to_be_hidden()  # no paper has digits
    page.locator("#evaluate .d-choices").get_by_label("Data set").click()
    page.get_by_role("option", name="Imagenette", exact=True).click()
    expect(papers.locator("summary")).to_be_visible()
    expect(papers.locator("table").first).to_be_hidden()
    papers.locator("summary").click()
    tables = papers_tables(DATASETS["imagenette"])
    expect(papers.locator("caption")).to_have_text([table["caption"] for table in tables])
    expect(papers.locator("p")).to_contain_text("None of these numbers was measured here")
    assert papers.locator("tbody tr").count() == sum(len(table["rows"]) for table in tables)
    texts = (".d-papers p", ".d-printed caption", ".d-printed td", ".d-printed th")
    assert min(contrasts(page, "#evaluate .d-choices", *texts)) >= 4.5  # WCAG AA
    page.set_viewport_size({"width": 375, "height": 812})
    fits(page, 375)
