"""Training on a visitor's own pictures, in a browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from distiller.data.registry import DATASETS
from distiller.training import own
from tests.page.axe import accessible
from tests.page.gate import MakeGate
from tests.page.visitor import SLOW, finished
from tests.tiny import train_in_a_moment
from tests.viz.test_training import SPEC, flat, pack


@pytest.fixture
def in_a_moment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks that are trained in a moment, in folders and a registry that are left alone."""
    train_in_a_moment(monkeypatch)
    monkeypatch.setitem(own.SIZES, 64, replace(SPEC, channels=(8, 8, 8)))
    monkeypatch.setattr("viz.training.add_umap", flat)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "runs"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))


def begin(page: Page, address: str, pictures: Path, steps: int) -> None:
    """Has the page train on pictures, until it trains the transformer."""
    page.goto(address)
    page.get_by_role("tab", name="Your pictures").click()
    page.locator("#train .d-choices").get_by_label("Steps").fill(str(steps))
    page.locator("#train input[type=file]").set_input_files(pictures)
    expect(page.locator("#called input")).to_have_value("squares0")
    page.locator("#train-start").click()
    expect(page.locator("#samples .d-h")).to_contain_text("trains the transformer", timeout=SLOW)


@pytest.mark.slow
@pytest.mark.usefixtures("in_a_moment")
def test_a_visitor_trains_on_pictures_and_explores_them(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Your pictures").click()
    expect(page.locator("#samples .d-note")).to_contain_text("a folder of pictures for each class")
    page.locator("#train .d-choices").get_by_label("Steps").fill("4")
    page.locator("#train-start").click()
    expect(page.get_by_text("A name has up to 40 small letters")).to_be_visible()
    page.locator("#train input[type=file]").set_input_files(pack(tmp_path, seed=0))
    expect(page.locator("#called input")).to_have_value("squares0")
    page.locator("#train-start").click()
    expect(page.locator("#samples .d-h")).to_contain_text("done", timeout=SLOW)
    expect(page.locator(".d-report")).to_contain_text("broken.png")
    expect(page.locator(".d-lesson-body .d-names span")).to_have_text(["7", "blue", "red light"])
    page.wait_for_function("() => document.querySelector('.d-samples img').naturalWidth === 4 * 64")
    accessible(page)
    for tab in ("Explore", "Evaluate"):
        page.get_by_role("tab", name=tab).click()
        page.locator(f"#{tab.lower()} .d-choices").get_by_label("Data set").click()
        expect(page.get_by_role("option", name="squares0")).to_be_visible()
        page.keyboard.press("Escape")
    page.goto(address + "?dataset=squares0&classes=blue&ipc=2&steps=2")
    page.wait_for_function("() => window.distiller?.shared.run?.dataset === 'squares0'")
    finished(page)
    expect(page.locator(".d-tile")).to_have_count(2)
    expect(page.locator(".d-class")).to_have_text(["7", "blue", "red light"])
    picture = page.locator(".d-class i").first.evaluate("e => e.style.backgroundImage")
    assert picture.startswith('url("data:image')


@pytest.mark.slow
@pytest.mark.usefixtures("in_a_moment")
def test_a_training_is_stopped_and_goes_on(page: Page, address: str, tmp_path: Path) -> None:
    begin(page, address, pack(tmp_path, seed=0), steps=100000)
    page.locator("#train-stop").click()
    expect(page.locator("#samples .d-h")).to_contain_text("stopped; Train goes on from here")
    page.locator("#train .d-choices").get_by_label("Steps").fill("4")
    page.locator("#train-start").click()
    expect(page.locator("#samples .d-h")).to_contain_text("done", timeout=SLOW)


@pytest.mark.slow
@pytest.mark.usefixtures("in_a_moment")
def test_a_training_goes_on_when_its_page_is_loaded_again(
    page: Page, address: str, tmp_path: Path, gate: MakeGate
) -> None:
    held = gate(
        "viz.visitor.visit.train_pictures", lambda shown: shown["now"].startswith("trains the tr")
    )
    begin(page, address, pack(tmp_path, seed=0), steps=4)
    page.reload()
    expect(page.locator("#notice")).to_contain_text("Your training went on while the page was away")
    expect(page.locator("#samples .d-h")).to_contain_text("trains the transformer")
    held.open()
    expect(page.locator("#samples .d-h")).to_contain_text("done", timeout=SLOW)
