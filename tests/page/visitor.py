"""What a visitor does on the page, and looks at. All of it waits for what it needs."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

__all__ = [
    "DIGIT", "PATIENCE", "SLOW", "at_rest", "contrasts", "count_runs", "expect_points", "finished",
    "fits", "live_at", "new_tab", "open_digit", "open_evaluation", "shared", "trace", "trace_of",
]  # fmt: skip

DIGIT = "?dataset=digits&classes=3&ipc=5&steps=5"
PATIENCE = 300_000  # milliseconds that anything may take, on the busiest machine
SLOW = 600_000  # milliseconds, for what trains nets


def new_tab(browser: Browser, **options: Any) -> Page:
    """A tab of a visitor who was never here before; whoever opens it closes its context."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def shared(page: Page, expression: str) -> Any:
    """A value of the state that the scripts share, `s`."""
    return page.evaluate(f"() => {{ const s = window.distiller.shared; return {expression}; }}")


def finished(page: Page) -> None:
    """Waits until a run is on the page, whole."""
    page.wait_for_function("() => window.distiller?.shared.run?.live === false")


def live_at(page: Page, step: int) -> None:
    """Waits until a run that goes on is on the page at a step."""
    page.wait_for_function(
        "(step) => { const run = window.distiller?.shared.run;"
        " return run?.live && run.step === step; }",
        arg=step,
        polling=50,  # frames are rare on a loaded machine
    )


def open_digit(page: Page, address: str, more: str = "") -> None:
    """Opens a link to five images of a digit, and waits for them."""
    page.goto(address + DIGIT + more)
    page.wait_for_function(
        "() => window.distiller?.shared.run?.live === false"
        " && window.distiller.shared.run.dataset === 'digits'"
        " && window.distiller.shared.run.n === 5"  # not the shipped run, which stands in for it
    )
    expect_points(page, "distilled", 5)


def count_runs(page: Page) -> None:
    """Counts finished runs from now on: a short one may come and go between two looks."""
    page.evaluate(
        """() => {
            window.runs = 0;
            window.distiller.on('run', (run) => { window.runs += run.live ? 0 : 1; });
        }"""
    )


def trace_of(name: str) -> str:
    """The trace of the map with that name, as JavaScript: nothing while there is none."""
    return f"document.querySelector('.d-plot')?.data?.find((trace) => trace.name === '{name}')"


def trace(page: Page, name: str, what: str) -> Any:
    """A value of a trace of the map."""
    return page.evaluate(f"() => {trace_of(name)}.{what}")


def expect_points(page: Page, name: str, count: int) -> None:
    """Waits until a trace of the map has so many points."""
    page.wait_for_function(f"(count) => {trace_of(name)}?.x.length === count", arg=count)


def at_rest(page: Page, look: str) -> str:
    """What a function of the page, in JavaScript, gives as soon as ten frames in a row agree."""
    seen: str = page.evaluate(
        f"""async () => {{
            const now = () => JSON.stringify(({look})());
            for (let last = now(), same = 0; ; ) {{
                await new Promise(requestAnimationFrame);
                const next = now();
                same = next === last ? same + 1 : 0;
                last = next;
                if (same === 10) return last;
            }}
        }}"""
    )
    return seen


def fits(page: Page, width: int) -> None:
    """Waits until nothing is wider than the window."""
    page.wait_for_function("(w) => document.documentElement.scrollWidth <= w", arg=width)


def contrasts(page: Page, ground: str, *texts: str) -> list[float]:
    """The contrasts, by WCAG, of the first element of each selector with the ground's colour."""
    for text in texts:
        expect(page.locator(text).first).to_be_attached()
    found: list[float] = page.evaluate(
        """([ground, texts]) => {
            const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
            const luminance = (text) => text.match(/[0-9.]+/g).slice(0, 3)
                .reduce((sum, v, k) => sum + linear(v / 255) * [.2126, .7152, .0722][k], 0);
            const style = (name) => getComputedStyle(document.querySelector(name));
            const panel = luminance(style(ground).backgroundColor);
            return texts.map((name) => luminance(style(name).color))
                .map((ink) => (Math.max(ink, panel) + .05) / (Math.min(ink, panel) + .05));
        }""",
        [ground, list(texts)],
    )
    return found


def open_evaluation(page: Page, dataset: str = "Digits") -> None:
    """Opens the tab of evaluations and chooses a data set there."""
    page.get_by_role("tab", name="Evaluate").click()
    expect(page.locator("#board .d-note")).to_contain_text("trained from scratch")
    page.locator("#evaluate .d-choices").get_by_label("Data set").click()
    page.get_by_role("option", name=dataset).click()
    expect(page.locator("#evaluate")).to_contain_text(f"What every method teaches: {dataset}")
    expect(page.locator("#sets label").first).to_contain_text("CFG")
