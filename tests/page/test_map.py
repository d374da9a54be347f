"""The map in a browser: points and images are linked, and real images can be looked at."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from distiller.data.registry import DATASETS, load, load_here
from tests.page.visitor import at_rest, expect_points, open_digit, trace, trace_of
from viz import catalogue

pytestmark = pytest.mark.slow

ACROSS = "() => document.querySelector('.d-plot').layout.xaxis.range"
PLACE = """() => {
    const { xaxis, yaxis } = document.querySelector('.d-plot')._fullLayout;
    return [document.querySelector('.d-plot').getBoundingClientRect(), xaxis.range, yaxis.range];
}"""


def point_at(page: Page, x: float, y: float) -> None:
    """Moves the mouse to a place, in pixels of the plot, and a little there."""
    for aside in (3, 0):
        page.locator(".d-plot").hover(position={"x": x + aside, "y": y})


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
    before = json.loads(at_rest(page, ACROSS))
    assert before == pytest.approx([-2, 2], abs=1.5)  # equal axes may widen one
    say_on_the_map(page, "plotly_click", [("distilled", 4)])
    expect(page.locator(".d-tile").nth(4)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-tile").nth(2)).to_have_attribute("aria-pressed", "false")
    say_on_the_map(page, "plotly_selected", [("distilled", 0), ("distilled", 1), ("real", 5)])
    pressed = page.locator(".d-tile[aria-pressed=true]")
    expect(pressed).to_have_count(2)
    expect(page.locator(".d-real img")).to_have_count(1)
    # The picked images make the plot a little lower, and equal axes then widen one: what was
    # zoomed to stays in the middle, at nearly the same scale.
    after = json.loads(at_rest(page, ACROSS))
    assert sum(after) == pytest.approx(sum(before), abs=1e-3)
    assert after[1] - after[0] == pytest.approx(before[1] - before[0], rel=0.2)


def test_a_real_mouse_selects_a_point_of_the_map(page: Page, address: str) -> None:
    open_digit(page, address)
    at_rest(page, PLACE)
    x, y = page.evaluate(
        f"""() => {{
            const l = document.querySelector('.d-plot')._fullLayout;
            const {{ x, y }} = {trace_of("distilled")};
            return [l.xaxis.l2p(x[3]) + l._size.l, l.yaxis.l2p(y[3]) + l._size.t];
        }}"""
    )
    point_at(page, x, y)
    expect(page.locator(".d-card")).to_be_visible()
    page.locator(".d-plot").click(position={"x": x, "y": y})
    page.wait_for_function("() => window.distiller.shared.chosen.size === 1")
    expect(page.locator(".d-tile[aria-pressed=true]")).to_have_count(1)


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
    expect_points(page, "uncovered", len(uncovered))
    at_rest(page, PLACE)
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
    point_at(page, free[1], free[2])
    page.locator(".d-plot").click(position={"x": free[1], "y": free[2]})
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
    expect(page.locator(".d-tile[aria-pressed=true]")).to_have_count(0)
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
    expect_points(page, "picked", 2)  # a ring around it, a line to its nearest
    page.keyboard.press("Escape")
    expect(page.locator(".d-picked")).to_be_hidden()
    expect(page.locator(".d-uncovered")).to_be_focused()
    expect_points(page, "picked", 0)


def test_words_stand_for_real_images_that_are_not_here(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = replace(DATASETS["digits"], here=lambda: False)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": away})
    monkeypatch.setattr(catalogue, "open_images", lambda name: load_here("digits"))
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
    expect(page.locator(".d-panel img:not([src])")).to_have_count(0)
