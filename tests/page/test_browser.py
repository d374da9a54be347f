"""The page in a browser: what a visitor sees and does.

Without Chromium these tests are skipped, and fail where CI is set. DISTILLER_CHROMIUM may name it.
"""

import base64
import csv
import io
import math
import os
import shutil
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from distiller.data.registry import DATASETS, load, load_here
from distiller.errors import Refused
from distiller.evaluation.protocol import protocol_for
from distiller.training import own
from tests.viz.test_training import SPEC, flat, pack
from viz import catalogue, visit
from viz.page import serve

CHROMIUM = os.environ.get("DISTILLER_CHROMIUM") or next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("no Chromium on this machine (apt install chromium)", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

DIGIT = "?dataset=digits&classes=3&ipc=5&steps=5"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = serve("127.0.0.1", port, block=False)
    yield f"http://127.0.0.1:{port}/"
    demo.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is needed: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(90_000)
    expect.set_options(timeout=90_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors
    context.close()


def finished(page: Page) -> None:
    """Waits until a run is on the page, whole."""
    page.wait_for_function("() => window.distiller?.shared.run?.live === false")


def shared(page: Page, expression: str) -> Any:
    return page.evaluate(f"() => {{ const s = window.distiller.shared; return {expression}; }}")


def open_digit(page: Page, address: str, more: str = "") -> None:
    page.goto(address + DIGIT + more)
    page.wait_for_function(
        "() => window.distiller?.shared.run?.live === false"
        " && window.distiller.shared.run.dataset === 'digits'"
        " && window.distiller.shared.run.n === 5"  # not the shipped run, which stands in for it
    )
    page.wait_for_function(f"() => {trace_of('distilled')}?.x.length > 0")


def trace_of(name: str) -> str:
    """The trace of the map with that name, as JavaScript: nothing while there is none."""
    return f"document.querySelector('.d-plot')?.data?.find((trace) => trace.name === '{name}')"


def trace(page: Page, name: str, what: str) -> Any:
    return page.evaluate(f"() => {trace_of(name)}.{what}")


def say_on_the_map(page: Page, event: str, points: list[tuple[str, int]]) -> None:
    """Has Plotly say that something happened to points, each the name of a trace and its place."""
    page.evaluate(
        """([name, points]) => {
            const plot = document.querySelector('.d-plot');
            const number = (trace) => plot.data.findIndex(({ name }) => name === trace);
            plot.emit(name, { event: {}, points: points.map(
                ([trace, pointIndex]) => ({ curveNumber: number(trace), pointIndex })) });
        }""",
        [event, points],
    )


def test_the_first_screen_is_useful_before_any_click(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".d-tile")).to_have_count(10)
    expect(page.locator(".d-class")).to_have_count(10)
    expect(page.locator(".d-score").first).to_be_visible()
    page.wait_for_function(f"() => {trace_of('distilled')}?.x.length === 10")
    assert shared(page, "s.run.live") is False


def test_scripts_that_cannot_be_loaded_are_told_of(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/scripts/**", lambda route: route.abort())
    with page.expect_event("pageerror"):  # nothing is hidden
        page.goto(address)
    expect(page.locator("#stage")).to_contain_text("could not be loaded. Reload the page.")
    context.close()


def count_runs(page: Page) -> None:
    """Counts finished runs from now on: a short one may come and go between two looks."""
    page.evaluate(
        """() => {
            window.runs = 0;
            window.distiller.on('run', (run) => { window.runs += run.live ? 0 : 1; });
        }"""
    )


def test_a_click_streams_a_run_and_ends_with_images_map_and_scores(
    page: Page, address: str
) -> None:
    open_digit(page, address)
    page.evaluate(
        """() => { window.seen = []; window.distiller.on('run', (run) =>
            window.seen.push([run.live, run.step, run.points?.class?.[0]?.[0],
                document.querySelector('#stage .d-status').checkVisibility(
                    { visibilityProperty: true })])); }"""
    )
    page.get_by_label("Steps").fill("200")
    page.locator(".d-class").nth(7).click()
    expect(page.locator("#explore-start")).to_have_text("Distil 7")
    page.locator("#explore-start").click()
    page.wait_for_function("() => window.seen.at(-1)?.[0] === false")
    seen = page.evaluate("() => window.seen")
    steps = [step for live, step, where, _ in seen if live and where is not None]
    assert len(steps) >= 3
    assert steps == sorted(steps)
    assert len({where for live, _, where, _ in seen if live and where is not None}) >= 3
    assert all(told is not live for live, _, _, told in seen)  # of the run that is shown
    assert shared(page, "s.run.class") == "7"
    expect(page.locator(".d-tile")).to_have_count(5)
    expect(page.locator(".d-score").filter(has_text="Coverage").locator("svg")).to_be_visible()
    expect(page.locator(".d-status").first).to_contain_text("200 steps")
    assert len(trace(page, "distilled", "x")) == 5


def test_every_discrepancy_comes_after_the_run(page: Page, address: str) -> None:
    open_digit(page, address)
    count_runs(page)
    page.locator("#explore-start").click()
    page.wait_for_function("() => window.runs === 1")
    page.locator(".d-frame summary").click()
    rows = page.locator(".d-frame tbody tr")
    expect(rows).to_have_count(23, timeout=120_000)
    sinkhorn = rows.filter(has_text="Sinkhorn").first
    expect(sinkhorn.locator("td").nth(1)).to_contain_text("±")
    before = sinkhorn.inner_text()
    page.get_by_role("button", name="in a classifier's features").click()
    expect(page.locator(".d-frame tbody tr").filter(has_text="Sinkhorn").first).not_to_have_text(
        before
    )


def test_gallery_and_map_are_linked_both_ways_and_keep_the_zoom(page: Page, address: str) -> None:
    open_digit(page, address)
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.d-plot'),"
        " {'xaxis.range': [-2, 2], 'yaxis.range': [-2, 2]})"
    )
    page.locator(".d-tile").nth(2).click()
    page.wait_for_function(f"() => {trace_of('distilled')}.selectedpoints?.[0] === 2")
    expect(page.locator(".d-tile").nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-inspector")).to_contain_text("#3")
    ranges = page.evaluate("() => document.querySelector('.d-plot').layout.xaxis.range")
    assert ranges == pytest.approx([-2, 2], abs=1.5)  # equal axes may widen one
    before = ranges
    say_on_the_map(page, "plotly_click", [("distilled", 4)])
    expect(page.locator(".d-tile").nth(4)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-tile").nth(2)).to_have_attribute("aria-pressed", "false")
    say_on_the_map(page, "plotly_selected", [("distilled", 0), ("distilled", 1), ("real", 5)])
    pressed = page.locator(".d-tile[aria-pressed=true]")
    expect(pressed).to_have_count(2)
    expect(page.locator(".d-real img")).to_have_count(1)
    # The picked images make the plot a little lower, and equal axes then widen one: what was
    # zoomed to stays in the middle, at nearly the same scale.
    after = page.evaluate("() => document.querySelector('.d-plot').layout.xaxis.range")
    assert sum(after) == pytest.approx(sum(before), abs=1e-3)
    assert after[1] - after[0] == pytest.approx(before[1] - before[0], rel=0.2)


def test_a_real_mouse_selects_a_point_of_the_map(page: Page, address: str) -> None:
    open_digit(page, address)
    box = page.locator(".d-plot").bounding_box()
    assert box
    x, y = page.evaluate(
        f"""() => {{
            const l = document.querySelector('.d-plot')._fullLayout;
            const {{ x, y }} = {trace_of("distilled")};
            return [l.xaxis.l2p(x[3]) + l._size.l, l.yaxis.l2p(y[3]) + l._size.t];
        }}"""
    )
    page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    expect(page.locator(".d-card")).to_be_visible()
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_function("() => window.distiller.shared.chosen.size === 1")
    assert page.locator(".d-tile[aria-pressed=true]").count() == 1


def field_at(page: Page, highest: bool) -> list[int]:
    """The colour (red, green, blue, opacity) of the field at its highest or lowest value."""
    colour: list[int] = page.evaluate(
        """(highest) => {
            const run = window.distiller.shared.run, f = run.witness.fields.class;
            const values = window.distiller.numbers(f.values, Int8Array);
            const k = values.indexOf(highest ? Math.max(...values) : Math.min(...values));
            const rows = values.length / f.columns, [left, right, bottom, top] = f.box;
            const x = left + ((k % f.columns) + .5) * (right - left) / f.columns;
            const y = bottom + (Math.floor(k / f.columns) + .5) * (top - bottom) / rows;
            const { xaxis, yaxis } = document.querySelector('.d-plot')._fullLayout;
            const canvas = document.querySelector('.d-field');
            const px = Math.round(canvas.width * xaxis.l2p(x) / xaxis._length);
            const py = Math.round(canvas.height * yaxis.l2p(y) / yaxis._length);
            return [...canvas.getContext('2d').getImageData(px, py, 1, 1).data];
        }""",
        highest,
    )
    return colour


def everything_else(page: Page) -> Any:
    """The traces, the axes, the selection, and where the parts of the map lie."""
    return page.evaluate(
        """() => {
            const plot = document.querySelector('.d-plot'), l = plot._fullLayout;
            const place = (name) => document.querySelector(name).getBoundingClientRect();
            return JSON.stringify([
                plot.data.map((t) => [t.type, [...t.x], [...t.y], t.marker, t.selectedpoints]),
                l.xaxis.range, l.yaxis.range, [...window.distiller.shared.chosen],
                ['.d-plot', '.d-map', '#scores', '.d-sheet'].map(place)]);
        }"""
    )


def test_the_witness_is_drawn_beneath_the_map_and_changes_nothing_else(
    page: Page, address: str
) -> None:
    page.goto(address)  # the shipped run, which has both signs
    finished(page)
    page.wait_for_function(f"() => {trace_of('distilled')}?.x.length === 10")
    canvas, switch = page.locator(".d-field"), page.locator(".d-witness button")
    expect(canvas).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-scale")).to_contain_text("too much")
    expect(page.locator(".d-scale")).to_contain_text("missed")
    red, _, blue, opacity = field_at(page, highest=True)
    assert blue > red  # missed: blue
    assert opacity > 40
    red, _, blue, opacity = field_at(page, highest=False)
    assert red > blue  # too much: amber
    assert opacity > 10
    before = everything_else(page)
    switch.click()
    expect(canvas).to_be_hidden()
    expect(page.locator(".d-scale")).to_be_hidden()
    assert everything_else(page) == before
    switch.press("Enter")
    expect(canvas).to_be_visible()
    assert everything_else(page) == before
    for part in (canvas, page.locator(".d-scale")):
        assert part.evaluate("(node) => getComputedStyle(node).pointerEvents") == "none"


def test_the_field_follows_the_axes(page: Page, address: str) -> None:
    open_digit(page, address)
    expect(page.locator(".d-field")).to_be_visible()
    picture = "() => document.querySelector('.d-field').toDataURL()"
    whole = page.evaluate(picture)
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.d-plot'),"
        " {'xaxis.range': [-1, 1], 'yaxis.range': [-1, 1]})"
    )
    page.wait_for_function(f"(whole) => ({picture})() !== whole", arg=whole)
    box = page.locator(".d-plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    still = page.evaluate(picture)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 200, steps=4)
    page.wait_for_function(f"(still) => ({picture})() !== still", arg=still)  # while dragged
    page.mouse.up()


def test_a_stale_witness_goes_and_its_switch_is_kept(page: Page, address: str) -> None:
    open_digit(page, address)
    canvas = page.locator(".d-field")
    expect(canvas).to_be_visible()
    page.locator(".d-class").nth(7).click()  # another class: nothing is known of it
    expect(canvas).to_be_hidden()
    page.get_by_label("Steps").fill("60")
    page.locator("#explore-start").click()
    page.wait_for_function(
        "() => window.distiller.shared.run.live && window.distiller.shared.run.step > 2",
        polling=50,  # frames are rare on a loaded machine
    )
    expect(canvas).to_be_hidden()
    finished(page)
    expect(canvas).to_be_visible()
    page.locator(".d-witness button").click()
    page.get_by_label("Steps").fill("5")
    before = shared(page, "s.run.id")
    page.locator("#explore-start").click()
    page.wait_for_function("(before) => window.distiller.shared.run.id !== before", arg=before)
    finished(page)
    expect(page.locator(".d-witness button")).to_have_attribute("aria-pressed", "false")
    expect(canvas).to_be_hidden()


def test_an_uncovered_image_is_shown_with_what_is_nearest_to_it(page: Page, address: str) -> None:
    open_digit(page, address)
    data = load("digits").train
    rows = data.of(3)
    distance, reach = (
        np.array(page.evaluate(
            f"() => [...window.distiller.numbers(window.distiller.shared.run.standing.{key},"
            " Float32Array)]"
        ))
        for key in ("distance", "reach")
    )  # fmt: skip
    uncovered = rows[distance > reach]
    assert 0 < len(uncovered) < len(rows)
    expect(page.locator(".d-uncovered")).to_have_text(f"not covered ({len(uncovered)})")
    assert len(trace(page, "uncovered", "x")) == len(uncovered)
    free = page.evaluate(  # a ring that nothing else lies on
        """() => {
            const { data, _fullLayout: l } = document.querySelector('.d-plot');
            const at = (t) => [...t.x].map((x, k) => [l.xaxis.l2p(x), l.yaxis.l2p(t.y[k])]);
            const of = (wanted) => data.find(({ name }) => name === wanted);
            const others = [...at(of('real')), ...at(of('distilled'))];
            const near = ([x, y]) => others.map(([u, v]) => Math.hypot(x - u, y - v))
                .sort((a, b) => a - b)[1]; // the first is its own point
            const places = at(of('uncovered')), rooms = places.map(near);
            const k = rooms.indexOf(Math.max(...rooms));
            return [k, places[k][0] + l._size.l, places[k][1] + l._size.t];
        }"""
    )
    row = int(uncovered[free[0]])
    box = page.locator(".d-plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + free[1], box["y"] + free[2], steps=4)
    page.mouse.click(box["x"] + free[1], box["y"] + free[2])
    shown = page.locator(".d-real")
    expect(shown).to_contain_text(f"training image {row}")
    expect(shown).to_contain_text("not covered")
    k = int(np.flatnonzero(rows == row)[0])
    expect(shown).to_contain_text(f"{distance[k]:.2f}")
    expect(shown).to_contain_text(f"reach of {reach[k]:.2f}")
    page.wait_for_function("() => document.querySelector('.d-real img').src.startsWith('data:')")
    picture = base64.b64decode(shown.locator("img").get_attribute("src").partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), float)
    error = np.abs(data.images[rows].astype(float) - pixels).mean((1, 2, 3))
    assert rows[error.argmin()] == row  # it is that image and no other
    nearest = page.evaluate(
        f"() => window.distiller.numbers(window.distiller.shared.run.standing.nearest,"
        f" Uint16Array)[{k}]"
    )
    link = shown.locator(".d-link")
    expect(link).to_have_text(f"#{nearest + 1}")
    assert page.locator(".d-tile[aria-pressed=true]").count() == 0
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".d-tile[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".d-tile").nth(nearest)).to_have_attribute("aria-pressed", "true")
    expect(shown).to_contain_text(f"training image {row}")  # it stays
    expect(link).to_be_focused()


def test_the_uncovered_images_are_gone_through_by_keyboard(page: Page, address: str) -> None:
    open_digit(page, address)
    page.locator(".d-uncovered").focus()
    page.keyboard.press("Enter")
    strip = page.locator(".d-strip button")
    expect(strip.first).to_be_visible()
    count = len(trace(page, "uncovered", "x"))
    expect(strip).to_have_count(min(count, 24))
    page.wait_for_function(
        "() => [...document.querySelectorAll('.d-strip img')].every((i) => i.naturalWidth)"
    )
    strip.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(strip.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(strip.nth(1)).to_be_focused()
    name = strip.nth(1).locator("img").get_attribute("alt")
    assert name
    expect(page.locator(".d-real")).to_contain_text(name)
    assert len(trace(page, "picked", "x")) == 2  # a ring around it, a line to its nearest
    page.keyboard.press("Escape")
    expect(page.locator(".d-picked")).to_be_hidden()
    expect(page.locator(".d-uncovered")).to_be_focused()
    assert trace(page, "picked", "x") == []


def test_words_stand_for_real_images_that_are_not_here(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = catalogue.open_lab("digits")
    away = replace(DATASETS["digits"], here=lambda: False)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": away})
    absent = replace(lab, data=load_here("digits"))
    monkeypatch.setattr(catalogue, "open_lab", lambda name: absent)
    open_digit(page, address)
    page.locator(".d-uncovered").click()
    strip = page.locator(".d-strip")
    expect(strip).to_contain_text("not on this machine")
    expect(strip.locator("img")).to_have_count(0)
    strip.locator("button").nth(1).click()
    shown = page.locator(".d-real")
    expect(shown.locator(".d-absent")).to_have_text("not on this machine")
    expect(shown.locator("img")).to_have_count(0)
    expect(shown).to_contain_text("the nearest distilled image is")
    assert page.locator(".d-panel img:not([src])").count() == 0


def test_a_slider_acts_during_a_run_and_repeats_it_on_release(page: Page, address: str) -> None:
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

    page.get_by_label("Steps").fill("100")
    page.locator("#explore-start").click()
    page.wait_for_function(
        "() => window.distiller.shared.run.live && window.distiller.shared.run.step > 2",
        polling=50,  # frames are rare on a loaded machine
    )
    slider.press("ArrowRight")
    assert shared(page, "s.run.live") is True  # it was moved during the run
    page.wait_for_function("() => window.distiller.shared.run.live === false")
    expect(page.locator("#stage .d-status")).to_contain_text("a dial was moved")


def test_stop_ends_a_run_and_brings_back_the_one_before(page: Page, address: str) -> None:
    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    page.get_by_label("Steps").fill("1000")
    page.locator("#explore-start").click()
    page.wait_for_function(
        "() => window.distiller.shared.run.live && window.distiller.shared.run.step > 3",
        polling=50,  # frames are rare on a loaded machine
    )
    page.locator("#explore-stop").dispatch_event(
        "click"
    )  # at once: a click waits for a page at rest
    expect(page.locator(".d-notice")).to_contain_text("stopped at step")
    assert shared(page, "s.run.sheet") == before
    count_runs(page)
    page.get_by_label("Steps").fill("4")
    page.locator("#explore-start").click()  # the device is free at once
    page.wait_for_function("() => window.runs === 1")
    expect(page.locator("#stage .d-status")).to_contain_text("4 steps")


def test_a_refusal_is_said_and_loses_nothing(page: Page, address: str) -> None:
    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    page.get_by_label("Steps").fill("1000")
    page.get_by_label("Images", exact=True).fill("64")
    page.locator("#explore-start").click()
    expect(page.get_by_text("image steps; at most")).to_be_visible()
    assert shared(page, "s.run.sheet") == before


def test_a_run_that_is_refused_at_once_makes_way(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("Not today.")

    open_digit(page, address)
    before = shared(page, "s.run.sheet")
    monkeypatch.setattr("viz.desk.explore", refuse)
    for _ in range(3):
        page.locator("#explore-start").click()
        expect(page.get_by_text("Not today.").last).to_be_visible()
        page.wait_for_timeout(500)
        assert shared(page, "s.run.live") is False
        assert shared(page, "s.run.sheet") == before


def test_the_set_can_be_downloaded(page: Page, address: str) -> None:
    open_digit(page, address)
    button = page.locator("#export")
    expect(button).to_be_enabled()
    with page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(download.value.path()) as file:
        assert sorted(file.namelist())[-1] == "metadata.jsonl"
        assert len(file.namelist()) == 5 + 2


def test_a_link_brings_back_the_run(page: Page, address: str) -> None:
    open_digit(page, address, "&seed=11&cfg_scale=3")
    sheet, query = shared(page, "s.run.sheet"), shared(page, "s.run.query")
    assert query["seed"] == "11"
    assert float(query["cfg_scale"]) == 3
    page.goto(address + "?" + "&".join(f"{k}={v}" for k, v in query.items()))
    page.wait_for_function("() => window.distiller?.shared.run?.query?.seed === '11'")
    assert shared(page, "s.run.sheet") == sheet


def test_a_link_whose_run_is_refused_shows_the_shipped_run_of_its_data_set(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("It cannot be made here.")

    monkeypatch.setattr("viz.desk.explore", refuse)
    page.goto(address + DIGIT)
    expect(page.get_by_text("It cannot be made here.")).to_be_visible()
    finished(page)
    assert shared(page, "s.run.dataset") == "digits"
    expect(page.locator(".d-tile")).to_have_count(10)


def test_a_link_that_leaves_out_the_scale_has_that_of_its_prior(page: Page, address: str) -> None:
    open_digit(page, address)
    assert float(shared(page, "s.run.query.cfg_scale")) == 1.5


def test_a_broken_link_shows_the_first_screen_and_says_so(page: Page, address: str) -> None:
    page.goto(address + "?dataset=digits&ipc=1e9&<script>alert(1)</script>=1")
    expect(page.get_by_text("The link was not understood")).to_be_visible()
    expect(page.locator(".d-tile")).to_have_count(10)


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_the_page_fits_and_can_be_read(
    browser: Browser, address: str, width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 812}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".d-tile").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.d-plot')?.data")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    contrasts = page.evaluate(
        """() => {
            const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
            const luminance = (text) => text.match(/[0-9.]+/g).slice(0, 3)
                .reduce((sum, v, k) => sum + linear(v / 255) * [.2126, .7152, .0722][k], 0);
            const style = (name) => getComputedStyle(document.querySelector(name));
            const panel = luminance(style('.d-panel').backgroundColor);
            return ['.d-h', '.d-status', '.d-score p', '.d-score header', '.d-class span']
                .map((name) => luminance(style(name).color))
                .map((ink) => (Math.max(ink, panel) + .05) / (Math.min(ink, panel) + .05));
        }"""
    )
    assert min(contrasts) >= 4.5  # WCAG AA
    dark = page.evaluate("() => Boolean(document.querySelector('.dark'))")
    assert dark == (scheme == "dark")
    context.close()


def open_evaluation(page: Page, dataset: str = "Digits") -> None:
    page.get_by_role("tab", name="Evaluate").click()
    expect(page.locator("#board .d-note")).to_contain_text("trained from scratch")
    page.locator("#evaluate .d-choices").get_by_label("Data set").click()
    page.get_by_role("option", name=dataset).click()
    expect(page.locator("#sets label").first).to_contain_text("CFG 1.5")


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six epochs."""

    def six(name: str, dataset: str) -> Any:
        return replace(protocol_for(name, dataset), epochs={math.inf: 6})

    monkeypatch.setattr(visit, "protocol_for", six)


SLOW = 120_000


@pytest.mark.usefixtures("quickly")
def test_a_set_made_here_is_evaluated_beside_random_real_images(page: Page, address: str) -> None:
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
    page.locator("#evaluate-start").click()
    status = page.locator("#board .d-h")
    expect(status).to_contain_text("makes DiT", timeout=SLOW)
    expect(status).to_contain_text("done", timeout=SLOW)
    points = page.evaluate("() => window.points")
    assert points == sorted(points)
    assert points[-1] == 2 * 2 * 6
    assert len(set(points)) > 10  # they grow
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
    page.get_by_role("tab", name="Explore").click()
    assert shared(page, "s.run.sheet") == before
    page.locator(".d-tile").nth(2).click()
    expect(page.locator(".d-inspector")).to_contain_text("#3")


@pytest.mark.usefixtures("quickly")
def test_stop_keeps_what_is_finished(page: Page, address: str) -> None:
    page.goto(address)
    open_evaluation(page)
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("10")
    page.locator("#evaluate-start").click()
    rows = page.locator(".d-table tbody tr")
    expect(rows).to_have_count(2, timeout=SLOW)
    page.locator("#evaluate-stop").click()
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
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_evaluation_fits_and_can_be_read(browser: Browser, address: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 812}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    open_evaluation(page)
    page.locator("#evaluate .d-choices").get_by_label("Seeds").fill("1")
    page.locator("#evaluate-start").click()
    expect(page.locator("#board .d-h")).to_contain_text("done", timeout=SLOW)
    contrasts = page.evaluate(
        """() => {
            const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
            const luminance = (text) => text.match(/[0-9.]+/g).slice(0, 3)
                .reduce((sum, v, k) => sum + linear(v / 255) * [.2126, .7152, .0722][k], 0);
            const style = (name) => getComputedStyle(document.querySelector(name));
            const panel = luminance(style('#evaluate .d-choices').backgroundColor);
            return ['#board .d-h', '#board .d-note', '.d-key span', '.d-table td', '.d-table th',
                    '.d-table a', '.d-accuracies .d-bar span', '#upload']
                .map((name) => luminance(style(name).color))
                .map((ink) => (Math.max(ink, panel) + .05) / (Math.min(ink, panel) + .05));
        }"""
    )
    assert min(contrasts) >= 4.5  # WCAG AA
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 812})
        page.wait_for_function(
            "() => document.querySelector('.d-curves .main-svg').clientWidth"
            " <= document.querySelector('#board').clientWidth"
        )
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


@pytest.fixture
def in_a_moment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks that are trained in a moment, in folders and a registry that are left alone."""
    monkeypatch.setattr("distiller.training.transformer._has_compiler", lambda device: False)
    monkeypatch.setitem(own.SIZES, 64, replace(SPEC, channels=(8, 8, 8)))
    monkeypatch.setattr(own, "JUDGE_STEPS", (6, 6))
    monkeypatch.setattr("viz.training.add_umap", flat)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DISTILLER_PRIORS", str(tmp_path / "runs"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))


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
    expect(page.locator(".d-names span")).to_have_text(["7", "blue", "red light"])
    assert page.evaluate("() => document.querySelector('.d-samples img').naturalWidth") == 4 * 64
    page.set_viewport_size({"width": 375, "height": 812})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("tab", name="Evaluate").click()
    page.locator("#evaluate .d-choices").get_by_label("Data set").click()
    expect(page.get_by_role("option", name="squares0")).to_be_visible()
    page.goto(address + "?dataset=squares0&classes=blue&ipc=2&steps=2")
    page.wait_for_function("() => window.distiller?.shared.run?.dataset === 'squares0'")
    finished(page)
    expect(page.locator(".d-tile")).to_have_count(2)
    expect(page.locator(".d-class")).to_have_text(["7", "blue", "red light"])
    picture = page.locator(".d-class i").first.evaluate("e => e.style.backgroundImage")
    assert picture.startswith('url("data:image')


@pytest.mark.usefixtures("in_a_moment")
def test_a_training_is_stopped_and_goes_on(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Your pictures").click()
    page.locator("#train .d-choices").get_by_label("Steps").fill("100000")
    page.locator("#train input[type=file]").set_input_files(pack(tmp_path, seed=0))
    expect(page.locator("#called input")).to_have_value("squares0")
    page.locator("#train-start").click()
    expect(page.locator("#samples .d-h")).to_contain_text("trains the transformer", timeout=SLOW)
    page.locator("#train-stop").click()
    expect(page.locator("#samples .d-h")).to_contain_text("stopped; Train goes on from here")
    page.locator("#train .d-choices").get_by_label("Steps").fill("4")
    page.locator("#train-start").click()
    expect(page.locator("#samples .d-h")).to_contain_text("done", timeout=SLOW)
