"""Comparing in a browser: what a visitor sees before a click, makes, marks, and shares."""

import pytest
from playwright.sync_api import Browser, Page, expect

from distiller.diffusion.prior import default_cfg_scale
from distiller.methods import METHODS
from tests.page.gate import MakeGate, at
from tests.page.visitor import PATIENCE, fits, new_tab

LINK = (
    "?tab=compare&dataset=digits&classes=3&ipc=4&steps=4&seed=2"
    "&lane1=random&lane2=dit&lane3=dap&lane3.dap.gamma=1"
)


def filled(page: Page, count: int) -> None:
    """Waits until so many images of finished lanes are in the matrix."""
    page.wait_for_function(
        """(count) => document.querySelectorAll(
            '.d-row:not(.d-live) .d-cell i[style*="url"]').length === count""",
        arg=count,
    )


def on_map(page: Page, *counts: int) -> None:
    """Waits until the lanes have so many marks on the map, by slot."""
    page.wait_for_function(
        """(counts) => {
            const data = document.querySelector('.d-lane-map .d-plot')?.data;
            return data && counts.every((count, slot) => data[4 + slot].x.length === count);
        }""",
        arg=list(counts),
    )


@pytest.mark.slow
def test_a_link_makes_its_lanes_and_the_keyboard_walks_them(page: Page, address: str) -> None:
    page.goto(address + LINK)
    filled(page, 12)
    on_map(page, 4, 4, 4)
    rows = page.locator("#matrix [role=row]")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("real images: a column is no noise here")
    expect(rows.nth(2)).to_contain_text("gamma 1")
    expect(page.locator("#lane-table thead th")).to_have_count(3)
    expect(page.locator("#lane-table")).to_contain_text("on this one class")

    first = page.locator("#matrix [role=gridcell] button").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#matrix button.d-hot")).to_have_count(3)
    expect(page.locator("#matrix [role=gridcell] [aria-pressed=true]")).to_have_count(1)
    expect(rows.nth(1).locator("[role=gridcell] [aria-pressed=true]")).to_be_focused()
    page.wait_for_function(
        """() => document.querySelector('.d-lane-map .d-plot').data[3].x.length === 2"""
    )  # the thread from DiT to DAP: a real image has no noise
    page.keyboard.press("Enter")
    large = page.locator("dialog.d-large")
    expect(large).to_contain_text("column 2")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()

    page.get_by_role("button", name="difference", exact=True).click()
    expect(rows.nth(2).locator("canvas")).to_have_count(4)
    expect(rows.nth(0).locator("canvas")).to_have_count(0)
    page.get_by_role("button", name="steps", exact=True).click()
    page.get_by_role("slider", name="step of all lanes").fill("0")
    page.wait_for_function(
        """() => document.querySelector('#matrix [role=row]:nth-child(2) .d-cell i')
            .style.backgroundPosition.startsWith('0%')"""
    )


@pytest.mark.slow
def test_the_first_screen_compares_before_any_click_and_a_link_holds_a_change(
    browser: Browser, address: str
) -> None:
    page = new_tab(browser, viewport={"width": 375, "height": 812})
    page.goto(address + "?tab=compare")
    filled(page, 40)
    on_map(page, 10, 10, 10, 10)
    fits(page, 375)
    setup = page.locator("#setup")
    setup.get_by_label("Data set").select_option("digits")
    expect(setup.get_by_label("Class")).to_have_value("3")  # the comparison that ships with it
    images = setup.get_by_label("Images", exact=True)
    images.fill("3")
    images.press("Tab")
    page.get_by_role("button", name="remove lane D³HR").click()
    expect(page.locator("#matrix [role=row]")).to_have_count(3)
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.to = text; } }")
    page.locator("#link").click()
    page.wait_for_function("() => window.to")
    page.goto(page.evaluate("() => window.to"))
    filled(page, 9)
    expect(page.locator("#setup .d-chip b")).to_have_text(["Random real", "DiT", "DAP"])
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["compare", "sweep"])
def test_a_method_that_needs_more_steps_sets_them(page: Page, address: str, tab: str) -> None:
    fewest = METHODS["igd"].fewest_steps
    page.goto(f"{address}?tab={tab}&dataset=solids&classes=torus&steps={fewest - 1}")
    setup = page.locator("#setup" if tab == "compare" else ".d-sweep-setup")
    steps = setup.get_by_label("Steps", exact=True)
    expect(steps).to_have_value(str(fewest - 1))
    if tab == "compare":
        setup.get_by_role("button", name="change lane D³HR").click()
    else:
        setup.locator("summary").click()
    for method, said in [("MGD³", fewest - 1), ("IGD", fewest)]:
        setup.get_by_role("button", name=method, exact=True).click()
        expect(steps).to_have_value(str(said))


@pytest.mark.slow
def test_a_run_of_explore_becomes_a_lane(page: Page, address: str) -> None:
    page.goto(address + "?dataset=digits&classes=3&ipc=3&steps=3&method=dap&dap.gamma=1")
    page.wait_for_function(
        "() => window.distiller?.shared.run?.n === 3 && !window.distiller.shared.run.live"
    )
    page.get_by_role("button", name="Add to Compare").click()
    expect(page.locator("#setup .d-chip b")).to_have_text(["Random real", "DAP"])
    page.locator("#compare-start").click()
    filled(page, 6)
    link = page.get_by_role("link", name="open DAP in Explore")
    expect(link).to_have_attribute(
        "href",
        "?dataset=digits&method=dap&classes=3&ipc=3&steps=3"
        f"&cfg_scale={default_cfg_scale('digits')}&seed=0&sampler=ddim&dap.gamma=1.0",
        timeout=PATIENCE,
    )


def lengths(page: Page, first: int, *counts: int) -> None:
    """Waits until traces of the map, from the first, have so many places."""
    page.wait_for_function(
        """([first, counts]) => {
            const data = document.querySelector('.d-lane-map .d-plot')?.data;
            return data && counts.every((count, k) => data[first + k].x.length === count);
        }""",
        arg=[first, list(counts)],
    )


@pytest.mark.slow
def test_the_scrubber_moves_each_image_on_its_way_over_the_map(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    lengths(page, 10, 0, 0, 0, 0)
    page.get_by_role("button", name="steps", exact=True).click()
    lengths(page, 10, 0, 100, 100, 100)  # ten images, nine frames each, and a gap between two
    slide = page.get_by_role("slider", name="step of all lanes")
    at_the_end = page.evaluate("() => document.querySelector('.d-lane-map .d-plot').data[5].x")
    slide.fill("0")
    lengths(page, 10, 0, 20, 20, 20)
    at_noise = page.evaluate("() => document.querySelector('.d-lane-map .d-plot').data[5].x")
    assert at_noise != at_the_end
    slide.fill("3")
    page.locator("#matrix [role=row]").nth(1).locator("button").nth(4).hover()
    lengths(page, 16, 0, 5, 5, 5)  # the marked column, apart from the others
    lengths(page, 10, 0, 45, 45, 45)
    page.get_by_role("button", name="images", exact=True).click()
    lengths(page, 10, *[0] * 12)


@pytest.mark.slow
def test_marks_move_over_the_map_while_a_lane_is_sampled(
    page: Page, address: str, gate: MakeGate
) -> None:
    held = gate("viz.serving.desk.explore", at(2, 4))
    page.goto(
        f"{address}?tab=compare&dataset=digits&classes=3&ipc=4&steps=5&seed=7&lane1=dit&lane2=dap"
    )
    rows, marks = page.locator("#matrix [role=row]"), page.locator("#lane-map .d-live-marks path")
    expect(rows.nth(0)).to_contain_text("step 2 of 5")
    expect(marks).to_have_count(4)
    place = "() => document.querySelector('.d-live-marks path').getAttribute('transform')"
    before = page.evaluate(place)
    marks.nth(1).dispatch_event("pointerenter")
    expect(page.locator("#lane-map .d-card")).to_be_visible()
    expect(rows.nth(0).locator("button.d-hot")).to_have_count(1)
    marks.nth(1).dispatch_event("pointerleave")
    expect(page.locator("#lane-map .d-card")).to_be_hidden()
    held.open()
    page.wait_for_function(f"(before) => ({place})() !== before", arg=before)
    held.open(100)
    filled(page, 8)
    on_map(page, 4, 4)
    expect(marks).to_have_count(0)


@pytest.mark.slow
def test_lanes_that_come_give_the_map_no_other_size_and_let_it_look_at_its_points_once(
    page: Page, address: str
) -> None:
    page.goto(address + LINK)
    filled(page, 12)
    on_map(page, 4, 4, 4)
    page.evaluate(
        """() => {
            const plot = document.querySelector('.d-lane-map .d-plot');
            const height = plot.clientHeight;
            window.noted = { drawn: 0, heights: [] };
            new ResizeObserver(() => {
                if (plot.clientHeight !== height) window.noted.heights.push(plot.clientHeight);
            }).observe(plot);
            plot.on('plotly_afterplot', () => { window.noted.drawn += 1; });
        }"""
    )
    page.locator("#setup").get_by_label("Seed").fill("3")
    page.keyboard.press("Tab")
    expect(page.locator("#matrix .d-row.d-stale")).to_have_count(3)
    page.locator("#compare-start").click()
    expect(page.locator("#matrix .d-row.d-stale")).to_have_count(0)
    filled(page, 12)
    on_map(page, 4, 4, 4)
    expect(page.locator("#lane-map .d-live-marks path")).to_have_count(0)
    noted = page.evaluate("window.noted")
    assert noted["heights"] == []
    assert 1 <= noted["drawn"] <= 3  # when they begin, and when all are there


@pytest.mark.slow
def test_the_map_shows_the_witness_of_a_lane_or_the_difference_of_two(
    page: Page, address: str
) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    picture = "() => document.querySelector('.d-lane-map .d-field').toDataURL()"
    field = page.locator(".d-lane-map .d-field")
    expect(field).to_be_hidden()
    one = page.get_by_label("the lane whose witness is shown")
    other = page.get_by_label("the lane whose witness is taken from it")
    expect(other).to_be_hidden()
    one.select_option("DiT")
    expect(field).to_be_visible()
    expect(page.locator(".d-lane-map .d-scale")).to_contain_text("missed")
    alone = page.evaluate(picture)
    other.select_option("D³HR")
    expect(page.locator(".d-lane-map .d-scale")).to_contain_text("more of D³HR")
    page.wait_for_function(f"(alone) => ({picture})() !== alone", arg=alone)
    one.select_option("no lane")
    expect(field).to_be_hidden()
    expect(other).to_be_hidden()
