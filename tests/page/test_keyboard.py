"""The page without a mouse: the Tab key reaches every control, and shows which one it is at."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.test_compare import filled, on_map
from tests.page.visitor import finished

pytestmark = pytest.mark.slow

MOST = 400  # controls of one tab

CONTROLS = r"""() => {
    const all = [...document.querySelectorAll(
        'button, a[href], input, select, textarea, summary, [tabindex], [role=slider]')];
    const shown = all.filter((node) => node.checkVisibility({ visibilityProperty: true })
        && !node.disabled && node.tabIndex >= 0 && node.type !== 'file'
        && !node.closest('footer'));
    const one = (node) => node.type === 'radio' && !node.checked;  // arrow keys reach it
    window.named = (node) => [node.tagName, node.getAttribute('aria-label'), node.id,
        node.textContent.trim().slice(0, 80).replace(/\d+/g, '#'), // counts change with the focus
        'in', node.parentElement.classList[0]].join(' ');
    return shown.filter((node) => !one(node)).map(window.named);
}"""
AT = """() => {
    const node = document.activeElement;
    const ring = (one) => {
        const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(one);
        const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
        return [outlined, boxShadow, borderColor].join();
    };
    const around = [node, node.parentElement, node.closest('label'), node.closest('.wrap')]
        .filter(Boolean);
    const focused = around.map(ring);
    const outlined = focused.some((words) => words.startsWith('true'));
    let changes = outlined;
    if (!outlined) {
        node.blur();
        changes = around.some((one, k) => ring(one) !== focused[k]);
        node.focus({ focusVisible: true, preventScroll: true });
    }
    window.first ??= node;
    return { name: window.named(node), seen: changes, around: node === window.first };
}"""
UNREACHED = """() => [...document.querySelectorAll('#tabs *')].filter((node) => {
    if (!node.checkVisibility() || getComputedStyle(node).cursor !== 'pointer') return false;
    const keys = 'button, a[href], label, summary, input, select, [tabindex], [role=listbox]';
    return !node.closest(keys);
}).map((node) => node.outerHTML.slice(0, 160))"""
"""What a mouse may click, going by its pointer, and no key reaches."""


REST = """() => new Promise((resolve) => {
    const rest = () => { watch.disconnect(); resolve(true); };
    let timer = setTimeout(rest, 1000);
    const watch = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(rest, 1000);
    });
    watch.observe(document.querySelector('#tabs'), { childList: true, subtree: true });
})"""
"""Waits until nothing was added or taken away for a second: what is drawn anew loses its mark."""


def walk(page: Page) -> tuple[list[str], list[str]]:
    """What the Tab key does not reach of the controls on show, and where no focus is to be seen."""
    page.evaluate(REST)
    stops: list[str] = page.evaluate(CONTROLS)
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    reached, hidden = set[str](), list[str]()
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(AT)
        if reached and at["around"]:
            break
        reached.add(at["name"])
        if not at["seen"] and not at["name"].startswith("BODY"):
            hidden.append(at["name"])
    return [name for name in stops if name not in reached], hidden


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("Explore", ".d-tile"),
        ("Compare", "#matrix .d-cell i[style*=url]"),
        ("Guess", ".d-guess h3"),
        ("Sweep", ".d-spot"),
        ("Evaluate", ".d-standings tbody tr"),
        ("Your pictures", "#samples .d-note"),
    ],
)
def test_tab_reaches_every_control_and_shows_where_it_is(
    page: Page, address: str, tab: str, shown: str
) -> None:
    page.goto(address)
    finished(page)
    page.get_by_role("tab", name=tab).click()
    expect(page.locator(shown).first).to_be_visible()
    left, hidden = walk(page)
    assert not left, left
    assert not hidden, hidden
    assert page.evaluate(UNREACHED) == []


def test_keys_walk_the_matrix_and_the_map(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    on_map(page, 10, 10, 10, 10)
    rows = page.locator("#matrix [role=row]")
    cells = [rows.nth(k).locator("[role=gridcell] button") for k in range(4)]
    large = page.locator("dialog.d-large")

    cells[0].first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(cells[1].nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("ArrowRight")  # there is none
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("Enter")
    expect(large).to_contain_text("column 10")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#matrix .d-hot")).to_have_count(0)

    plot = page.locator("#lane-map .d-plot")
    said = page.locator("#lane-map [role=status]")
    plot.focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("image 1: ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    name = rows.nth(1).locator("b").inner_text()
    expect(said).to_contain_text(f"{name}, image 2: ")
    expect(cells[1].nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#matrix button.d-hot")).to_have_count(4)
    page.keyboard.press("Enter")
    expect(large).to_contain_text("column 2")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(plot).to_be_focused()
    page.keyboard.press("Escape")
    expect(said).to_have_text("no image is marked")
    expect(page.locator("#matrix button.d-hot")).to_have_count(0)
