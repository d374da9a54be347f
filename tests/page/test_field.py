"""The field of colour beneath the map, in a browser."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.page.gate import MakeGate, at
from tests.page.visitor import at_rest, expect_points, finished, live_at, open_digit, shared

pytestmark = pytest.mark.slow

PICTURE = "() => document.querySelector('.d-field').toDataURL()"


def field_at(page: Page, highest: bool) -> list[int]:
    """The colour (red, green, blue, opacity) of the field at its highest or lowest value."""
    colour: list[int] = page.evaluate(
        """(highest) => {
            const run = window.distiller.shared.run, f = run.witness.fields.class;
            const values = window.distiller.numbers(f.values, Int16Array);
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


EVERYTHING_ELSE = """() => {
    const plot = document.querySelector('.d-plot'), l = plot._fullLayout;
    const place = (name) => document.querySelector(name).getBoundingClientRect();
    return [plot.data.map((t) => [t.type, [...t.x], [...t.y], t.marker, t.selectedpoints]),
        l.xaxis.range, l.yaxis.range, [...window.distiller.shared.chosen],
        ['.d-plot', '.d-map', '#scores', '.d-sheet'].map(place)];
}"""
"""The traces, the axes, the selection, and where the parts of the map lie."""


def test_the_witness_is_drawn_beneath_the_map_and_changes_nothing_else(
    page: Page, address: str
) -> None:
    page.goto(address)  # the shipped run, which has both signs
    finished(page)
    expect_points(page, "distilled", 10)
    canvas, switch = page.locator(".d-field"), page.locator(".d-witness button")
    expect(canvas).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-scale")).to_contain_text("too much")
    expect(page.locator(".d-scale")).to_contain_text("missed")
    at_rest(page, PICTURE)
    red, _, blue, opacity = field_at(page, highest=True)
    assert blue > red  # missed: blue
    assert opacity > 40
    red, _, blue, opacity = field_at(page, highest=False)
    assert red > blue  # too much: amber
    assert opacity > 10
    switch.scroll_into_view_if_needed()  # a click does so too, and all else would move with it
    before = at_rest(page, EVERYTHING_ELSE)
    switch.click()
    expect(canvas).to_be_hidden()
    expect(page.locator(".d-scale")).to_be_hidden()
    assert at_rest(page, EVERYTHING_ELSE) == before
    switch.press("Enter")
    expect(canvas).to_be_visible()
    assert at_rest(page, EVERYTHING_ELSE) == before
    for part in (canvas, page.locator(".d-scale")):
        assert part.evaluate("(node) => getComputedStyle(node).pointerEvents") == "none"


def test_the_field_follows_the_axes(page: Page, address: str) -> None:
    open_digit(page, address)
    expect(page.locator(".d-field")).to_be_visible()
    whole = json.loads(at_rest(page, PICTURE))
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.d-plot'),"
        " {'xaxis.range': [-1, 1], 'yaxis.range': [-1, 1]})"
    )
    page.wait_for_function(f"(whole) => ({PICTURE})() !== whole", arg=whole)
    still = json.loads(at_rest(page, PICTURE))
    box = page.locator(".d-plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 200, steps=4)
    page.wait_for_function(f"(still) => ({PICTURE})() !== still", arg=still)  # while dragged
    page.mouse.up()


def test_a_stale_witness_goes_and_its_switch_is_kept(
    page: Page, address: str, gate: MakeGate
) -> None:
    open_digit(page, address)
    canvas = page.locator(".d-field")
    expect(canvas).to_be_visible()
    page.locator(".d-class").nth(7).click()  # another class: nothing is known of it
    expect(canvas).to_be_hidden()
    held = gate("viz.serving.desk.explore", at(3))
    page.get_by_label("Steps").fill("6")
    page.locator("#explore-start").click()
    live_at(page, 3)
    expect(canvas).to_be_hidden()
    held.open()
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
