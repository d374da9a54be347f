"""Whether everybody can use what is on the page: axe-core looks at it, in every look.

Its script comes with `npm ci`. A fault is what it calls serious or critical, such as words that
stand out too little from their ground, or a control that has no name.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.page.visitor import fits

__all__ = ["accessible", "faults"]

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
LOOKS = [(theme, width) for theme in ("light", "dark") for width in (375, 1440)]

EXCEPTED: dict[tuple[str, str], str] = {}
"""Faults of Gradio's own markup that no script of the page can mend: rule, selector, and why."""

RUN = """async (within) => {
    const { violations } = await axe.run(within, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(
        ({ target, any, all, none }) => ({ id, impact, target: target.join(' '),
            why: [...any, ...all, ...none].map(({ message }) => message).join('; ') })));
}"""
REST = """async () => {
    const brief = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
    const moves = () => document.getAnimations().some(
        (one) => brief(one) && one.playState === 'running');
    // Frame by frame: of what nobody sees the browser tells no end while the page stands still.
    for (let k = 0; k < 3 || (k < 600 && moves()); k++)
        await new Promise((resolve) => requestAnimationFrame(resolve));
}"""
"""Waits until colours have faded to what they are to be."""


def accessible(page: Page, within: str = "body") -> None:
    """Asserts that there is no grave fault on what is shown, light and dark, narrow and wide.

    `within` is the part of the page that is looked at. The page is light and 1440 pixels wide
    afterwards.
    """
    found = []
    for theme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        set_theme(page, theme)
        fits(page, width)
        found += [f"{theme}, {width} px: {fault}" for fault in faults(page, within)]
    set_theme(page, "light")
    assert not found, "\n".join(found)


def set_theme(page: Page, theme: str) -> None:
    """Has the page light or dark."""
    page.evaluate("(dark) => document.body.classList.toggle('dark', dark)", theme == "dark")


def faults(page: Page, within: str = "body") -> list[str]:
    """The grave faults of what is shown: the rule, where, and what is wrong."""
    if not page.evaluate("() => 'axe' in window"):
        assert SCRIPT.is_file(), "axe-core is needed: npm ci"
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    page.evaluate(REST)
    rows: list[dict[str, Any]] = page.evaluate(RUN, within)
    return [
        f"{row['id']} ({row['impact']}) at {row['target']}: {row['why']}"
        for row in rows
        if row["impact"] in GRAVE and (row["id"], row["target"]) not in EXCEPTED
    ]
