"""Runs in a browser: what a visitor starts, turns, stops and keeps."""

import zipfile
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from distiller.errors import Refused
from distiller.methods import METHODS
from distiller.recipes.recipe import Group
from tests.page.gate import MakeGate, at, wait_until
from tests.page.visitor import (
    SLOW,
    contrasts,
    count_runs,
    expect_points,
    finished,
    fits,
    live_at,
    new_tab,
    open_digit,
    shared,
    trace_of,
)


def test_the_first_screen_is_useful_before_any_click(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".d-tile")).to_have_count(10)
    expect(page.locator(".d-class")).to_have_count(10)
    expect(page.locator(".d-score").first).to_be_visible()
    expect_points(page, "distilled", 10)
    assert shared(page, "s.run.live") is False


def test_a_page_on_which_nothing_moves_asks_for_no_frames(page: Page, address: str) -> None:
    """Else every browser that has it open draws sixty times a second, and a phone grows warm."""
    page.add_init_script(
        """const grant = window.requestAnimationFrame.bind(window);
        window.frames = 0;
        window.requestAnimationFrame = (draw) => { window.frames += 1; return grant(draw); }"""
    )
    page.goto(address)
    expect_points(page, "distilled", 10)
    assert page.evaluate("window.frames") > 0  # they are counted
    page.wait_for_function(
        """() => { const now = window.frames, was = window.before ?? -1;
        window.before = now; return now === was; }""",
        polling=1000,
    )


def test_scripts_that_cannot_be_loaded_are_told_of(browser: Browser, address: str) -> None:
    page = new_tab(browser)
    page.route("**/scripts/**", lambda route: route.abort())
    with page.expect_event("pageerror"):  # nothing is hidden
        page.goto(address)
    expect(page.locator("#stage")).to_contain_text("could not be loaded. Reload the page.")
    page.context.close()


def test_a_click_streams_a_run_and_ends_with_images_map_and_scores(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address)
    page.evaluate(
        """() => { window.seen = []; window.distiller.on('run', (run) =>
            window.seen.push([run.live, run.step, run.points?.class?.[0]?.[0],
                document.querySelector('#stage .d-status').checkVisibility(
                    { visibilityProperty: true })])); }"""
    )
    held = gate("viz.serving.desk.explore", at(3, 6, 9))
    page.get_by_label("Steps").fill("12")
    page.locator(".d-class").nth(7).click()
    expect(page.locator("#explore-start")).to_have_text("Distil 7")
    page.locator("#explore-start").click()
    for step in (3, 6, 9):
        live_at(page, step)
        held.open()
    page.wait_for_function("() => window.seen.at(-1)?.[0] === false")
    seen = page.evaluate("() => window.seen")
    steps = [step for live, step, where, _ in seen if live and where is not None]
    assert {3, 6, 9} <= set(steps)
    assert steps == sorted(steps)
    assert len({where for live, _, where, _ in seen if live and where is not None}) >= 3
    assert all(told is not live for live, _, _, told in seen)  # of the run that is shown
    assert shared(page, "s.run.class") == "7"
    expect(page.locator(".d-tile")).to_have_count(5)
    expect(page.locator(".d-score").filter(has_text="Coverage").locator("svg")).to_be_visible()
    expect(page.locator(".d-status").first).to_contain_text("12 steps")
    expect_points(page, "distilled", 5)


def test_a_finished_run_plays_its_steps_again(page: Page, address: str) -> None:
    open_digit(page, address)
    page.evaluate(f"() => {{ window.mark = () => {trace_of('distilled')}.x[0]; }}")
    page.evaluate(
        """() => { window.seen = [];
            const { style } = document.querySelector('#stage .d-tile:nth-child(2)');
            const look = () => [style.backgroundImage, style.backgroundPosition];
            window.seen.push([null, ...look(), window.mark()]);
            const see = (at) => window.seen.push([at, ...look(), window.mark()]);
            window.distiller.on('film', see); }"""
    )
    page.get_by_role("button", name="play how all images came about").click()
    page.wait_for_function("() => window.seen.length > 1 && window.seen.at(-1)[0] === null")
    before, *way, after = page.evaluate("() => window.seen")
    ways = [at for at, *_ in way]
    assert ways[0] == 0
    assert ways == sorted(ways)
    assert len(ways) == shared(page, "s.run.film.frames") - 1
    assert all(image for _, image, _, _ in way)
    assert len({mark for *_, mark in way}) > 2
    assert after == before
    expect(page.get_by_role("button", name="play how all images came about")).to_be_visible()


@pytest.mark.slow
def test_every_discrepancy_comes_after_the_run(page: Page, address: str) -> None:
    open_digit(page, address)
    count_runs(page)
    page.locator("#explore-start").click()
    page.wait_for_function("() => window.runs === 1")
    page.locator(".d-frame summary").click()
    rows = page.locator(".d-frame tbody tr")
    expect(rows).to_have_count(23, timeout=SLOW)
    sinkhorn = rows.filter(has_text="Sinkhorn").first
    expect(sinkhorn.locator("td").nth(1)).to_contain_text("±")
    before = sinkhorn.inner_text()
    page.get_by_role("button", name="in a classifier's features").click()
    expect(page.locator(".d-frame tbody tr").filter(has_text="Sinkhorn").first).not_to_have_text(
        before
    )


@pytest.mark.slow
def test_a_slider_acts_during_a_run_and_repeats_it_on_release(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address, "&method=dap")
    count_runs(page)
    was = shared(page, "s.run.sheet")
    slider = page.locator("input[type=range]").nth(1)
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    slider.dispatch_event("pointerup")
    page.wait_for_function("() => window.runs >= 1")
    finished(page)
    assert shared(page, "s.run.sheet") != was
    assert float(shared(page, "s.run.query['dap.gamma']")) > 0.3
    assert shared(page, "s.run.query.seed") == "0"

    held = gate("viz.serving.desk.explore", at(3))
    page.get_by_label("Steps").fill("6")
    page.locator("#explore-start").click()
    live_at(page, 3)
    dials = held.given[3]  # as they stand
    before = dict(dials)
    slider.press("ArrowRight")
    assert shared(page, "s.run.live") is True  # it was moved during the run
    wait_until(page, lambda: dict(dials) != before)
    held.open()
    finished(page)
    expect(page.locator("#stage .d-status")).to_contain_text("a dial was moved")


def test_stop_ends_a_run_and_brings_back_the_one_before(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    held = gate("viz.serving.desk.explore", at(4))
    page.get_by_label("Steps").fill("8")
    page.locator("#explore-start").click()
    live_at(page, 4)
    page.locator("#explore-stop").click()
    expect(page.locator(".d-notice")).to_contain_text("stopped at step 4 of 8")
    wait_until(page, held.stopped.is_set)
    held.open()
    assert shared(page, "s.run.sheet") == before
    count_runs(page)
    page.get_by_label("Steps").fill("3")
    page.locator("#explore-start").click()  # the device is free at once
    page.wait_for_function("() => window.runs === 1")
    expect(page.locator("#stage .d-status")).to_contain_text("3 steps")


def test_a_refusal_is_said_and_loses_nothing(page: Page, address: str) -> None:
    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    page.get_by_label("Steps").fill("1000")
    page.get_by_label("Images", exact=True).fill("64")
    page.locator("#explore-start").click()
    expect(page.get_by_text("image steps; at most")).to_be_visible()
    assert shared(page, "s.run.sheet") == before


@pytest.mark.slow
def test_a_run_that_is_refused_at_once_makes_way(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("Not today.")

    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    monkeypatch.setattr("viz.serving.desk.explore", refuse)
    page.evaluate(
        """() => {
            window.failed = 0;
            window.distiller.on('end', ({ how }) => { window.failed += how === 'failed'; });
        }"""
    )
    for count in (1, 2, 3):
        page.locator("#explore-start").click()
        expect(page.get_by_text("Not today.").last).to_be_visible()
        page.wait_for_function("(count) => window.failed === count", arg=count)
        assert shared(page, "s.run.live") is False
        assert shared(page, "s.run.sheet") == before


@pytest.mark.slow
def test_the_set_can_be_downloaded(page: Page, address: str) -> None:
    open_digit(page, address)
    button = page.locator("#export")
    expect(button).to_be_enabled()
    with page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(download.value.path()) as file:
        beside = {"README.md", "manifest.json", "metadata.jsonl"}
        assert beside < set(file.namelist())
        assert len(file.namelist()) == 5 + len(beside)


@pytest.mark.slow
def test_the_keyboard_reaches_everything(page: Page, address: str) -> None:
    open_digit(page, address)
    page.locator(".d-class[aria-checked=true]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#explore-start")).to_have_text("Distil 4")
    page.locator(".d-tile").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".d-tile").nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".d-tile[aria-pressed=true]")).to_have_count(0)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll(
                '.d-panel button, #header button, .d-scoreboard button')]
            .filter((b) => !(b.textContent.trim() || b.ariaLabel || b.title)).length"""
    )
    assert unnamed == 0


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (375, "light"),
        (1440, "dark"),
        pytest.param(375, "dark", marks=pytest.mark.slow),
        pytest.param(1440, "light", marks=pytest.mark.slow),
    ],
)
def test_the_page_fits_and_can_be_read(
    browser: Browser, address: str, width: int, scheme: Any
) -> None:
    page = new_tab(browser, viewport={"width": width, "height": 812}, color_scheme=scheme)
    page.goto(address)
    expect(page.locator(".d-tile").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.d-plot')?.data")
    fits(page, width)
    texts = (".d-h", ".d-status", ".d-score p", ".d-score header", ".d-class span")
    assert min(contrasts(page, ".d-panel", *texts)) >= 4.5  # WCAG AA
    expect(page.locator("body.dark")).to_have_count(int(scheme == "dark"))
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_controls_are_those_of_the_run_that_is_shown(
    browser: Browser, address: str, scheme: Any
) -> None:
    page = new_tab(browser, viewport={"width": 1440, "height": 812}, color_scheme=scheme)
    page.goto(address)
    finished(page)
    chosen = page.locator("#methods label:has(input:checked)")

    def in_step() -> None:
        query = shared(page, "s.run.query")
        titles = [METHODS[name].title for name in query["method"].split("+")]
        expect(chosen).to_have_text(titles)
        expect(page.get_by_label("Steps")).to_have_value(query["steps"])
        expect(page.get_by_label("Images", exact=True)).to_have_value(query["ipc"])

    in_step()
    page.locator("#methods label").filter(has_text="MGD").click()
    page.get_by_label("Steps").fill("7")
    page.locator("#explore .d-choices").get_by_label("Data set").click()
    page.get_by_role("option", name="Digits").click()
    page.wait_for_function("() => window.distiller.shared.run?.dataset === 'digits'")
    in_step()
    assert page.locator("#methods .d-group").all_inner_texts() == list(get_args(Group))
    about = page.locator(".d-method > div").first
    page.locator("#methods label").filter(has_text="Kernel thinning").hover()
    expect(about).to_contain_text("It excludes CaO₂, Greedy, Herding, K-center, S³.")
    box = page.locator("#methods input").nth(1)
    box.focus()
    expect(about).to_contain_text("Random real")
    assert page.locator(f"#{box.get_attribute('aria-describedby')}").text_content()
    assert min(contrasts(page, "#explore .d-choices", ".d-method", "#methods .d-group")) >= 4.5
    page.set_viewport_size({"width": 375, "height": 812})
    fits(page, 375)
    page.context.close()


@pytest.mark.slow
def test_the_runs_of_a_visit_are_shown_again_pinned_and_renamed(page: Page, address: str) -> None:
    open_digit(page, address)
    first = shared(page, "s.run.sheet")
    rows = page.locator(".d-visited li")
    count = rows.count()
    expect(page.locator("#export")).to_be_enabled()  # the run is over, with its file
    page.get_by_label("Seed").fill("5")
    page.locator("#explore-start").click()
    page.wait_for_function(
        "() => !window.distiller.shared.run.live && window.distiller.shared.run.query.seed === '5'"
    )
    expect(rows).to_have_count(max(2, count + 1))
    expect(rows.first).to_contain_text("seed 5")
    rows.filter(has_text="5 images").filter(has_text="seed 0").locator(".d-recall").click()
    page.wait_for_function("(sheet) => window.distiller.shared.run.sheet === sheet", arg=first)
    expect(page.get_by_label("Seed")).to_have_value("0")
    expect(page.locator("#explore-start")).to_have_text("Distil 3")
    expect_points(page, "distilled", 5)
    row = rows.filter(has_text="seed 5")
    row.locator(".d-rename").click()
    page.get_by_label("name of the run").fill("<b>mine</b>")
    page.get_by_label("name of the run").press("Enter")
    expect(row.locator("b")).to_have_text("<b>mine</b>")
    expect(row.locator(".d-rename")).to_be_focused()
    row.locator(".d-pin").press("Enter")
    expect(rows.first).to_contain_text("<b>mine</b>")
    expect(rows.first.locator(".d-pin")).to_have_attribute("aria-pressed", "true")
    page.set_viewport_size({"width": 375, "height": 812})
    fits(page, 375)


@pytest.mark.slow
def test_a_look_at_the_data_sets_leaves_the_run_where_it_is(page: Page, address: str) -> None:
    open_digit(page, address)
    chosen = page.locator("#explore .d-choices").get_by_label("Data set")
    page.get_by_label("Steps").fill("7")
    chosen.click()
    with page.expect_response("**/run/predict*"):  # Gradio says that a data set was chosen
        page.keyboard.press("Tab")
    chosen.click()
    with page.expect_response("**/run/predict*"):
        page.get_by_role("option", name="Digits").click()
    page.wait_for_timeout(500)  # what an answer changes is there by then
    assert shared(page, "s.run.query.steps") == "5"
    assert shared(page, "s.run.n") == 5
    expect(page.get_by_label("Steps")).to_have_value("7")
    expect(page.get_by_label("Images", exact=True)).to_have_value("5")
    chosen.click()
    page.get_by_role("option", name="Solids").click()
    page.wait_for_function("() => window.distiller.shared.run.dataset === 'solids'")
    expect(page.get_by_label("Steps")).to_have_value(shared(page, "s.run.query.steps"))
