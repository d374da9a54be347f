"""Explore: one class is distilled, step by step, and judged.

Choices on the left, the images in the middle, the map on the right, scores beneath.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from distiller.data.registry import DATASETS
from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.limits import choice, whole
from distiller.sets.request import Request

from ...catalogue import chooser_of, first_run, map_of, real_images
from ...compare.lineup import comparing
from ...settings import BUDGET, FIRST, OPEN
from ...take.taken import packed_run, run_texts
from ...visitor import visit
from ...visitor.coming_back import resume
from ...visitor.link import opening
from ...visitor.session import Session
from .. import scripts
from ..form import Form
from ..frame import add_part
from ..refusal import answered, detail, said, warn, worded
from ..run import PRIVATE, QUIET, Run
from ..tab import Page, Tab, picked_up

__all__ = ["TAB"]


@dataclass(frozen=True, eq=False)
class _Explore:
    """The components of the tab."""

    form: Form
    chooser: gr.HTML
    run: Run
    stage: gr.HTML
    export: gr.DownloadButton
    plane: gr.HTML
    scores: gr.HTML

    @property
    def view(self) -> list[gr.components.Component]:
        """What shows a class: as `_view` gives it."""
        return [self.chooser, self.plane, self.run.start]


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    form = Form()
    frame = "<section class='d-lead' aria-label='what the page is about'></section>"
    add_part("lead", "explore/lead", frame)
    with gr.Row(elem_id="explore", elem_classes="d-columns"):
        with gr.Column(scale=21, min_width=264, elem_classes=["d-panel", "d-choices"]):
            chooser, run = _add_choices(form, tab)
        with gr.Column(scale=34, min_width=320, elem_classes="d-panel"):
            frame = "<div class='d-stage'></div>"
            stage = add_part("stage", "explore/sheet", frame, first_run(FIRST))
            export = gr.DownloadButton(
                "Download this set", interactive=False, size="sm", elem_id="export"
            )
            frame = "<div class='d-send-frame'></div>"
            add_part("send", "compare/send", frame, server_functions=[comparing])
            frame = "<div class='d-take-frame'></div>"
            taken = [worded(run_texts), worded(packed_run)]
            add_part("take-run", "take/run", frame, server_functions=taken)
            frame = "<div class='d-history'></div>"
            history = add_part("history", "explore/history", frame, events=["pick"])
        with gr.Column(scale=45, min_width=320, elem_classes="d-panel"):
            frame = "<div class='d-map'></div>"
            plane = add_part("map", "explore/map", frame, server_functions=[answered(real_images)])
    scores = add_part("scores", "explore/scores", "<div class='d-scoreboard'></div>")
    parts = _Explore(form, chooser, run, stage, export, plane, scores)
    again = gr.State(0)  # counts what asks for the same noise again
    form.wire()
    asked = add_part("asked", "explore/asked", "<i></i>", form.usual(), events=["go"])
    _wire_run(page, parts, again)
    _wire_choices(parts)
    _wire_history(page, parts, history)
    _wire_tour(page, parts)
    _wire_asked(parts, asked, again)
    _wire_link(page, parts, again)


def _add_choices(form: Form, tab: gr.Tab) -> tuple[gr.HTML, Run]:
    """The left column: the chooser of the class, and the buttons."""
    form.add_dataset(tab)
    frame = "<div class='d-classes' role='radiogroup' aria-label='class'></div>"
    chooser = add_part("classes", "explore/chooser", frame, chooser_of(FIRST, 0), events=["pick"])
    form.add_class()
    form.add_method()
    form.add_numbers()
    form.add_more()
    return chooser, Run.lay_out("explore", "Distil")


def _view(dataset: str, label: int) -> list[Any]:
    """A class on the chooser, on the map and on the button."""
    words = f"Distil {DATASETS[dataset].classes[label]}"
    return [chooser_of(dataset, label), map_of(dataset, label), words]


def _wire_run(page: Page, parts: _Explore, again: gr.State) -> None:
    """A click distils; so does a live slider that is let go of, unless a run takes it up."""

    async def distil(session: Session, *values: Any) -> AsyncGenerator[tuple[Any, Any], None]:
        def begin(session: Session, *values: Any) -> AsyncGenerator[Any, None]:
            return visit.run(session, parts.form.read(values))

        sheet: Any = gr.skip()
        sheets = picked_up(session, "explore", begin, visit.run_again, values)
        async for shown, file in sheets:
            # Gradio's script turns what was sent last into what comes next, in place: a run that
            # is followed by nothing would itself be nothing where both arrive at once.
            sheet = shown or sheet
            button = gr.DownloadButton(value=str(file), interactive=True) if file else gr.skip()
            yield sheet, button

    async def measure(session: Session) -> Any:
        return await visit.measured(session) or gr.skip()

    outputs = [parts.stage, parts.export]
    inputs = parts.form.inputs
    runs = parts.run.wire(page.session, distil, inputs, outputs, OPEN, also=[again.change])
    for finished in runs:
        # Apart from the run, since a button whose event goes on takes no click.
        finished.success(said(measure), page.session, parts.scores, **PRIVATE, **OPEN)
    for key, slider in parts.form.live.items():
        slider.input(said(_dial(key)), [page.session, slider], None, **QUIET)
        slider.release(_let_go(key), [page.session, again], again, **PRIVATE)


def _dial(key: str) -> Callable[[Session, Any], None]:
    def turn(session: Session, value: Any) -> None:
        session.turned.add(key)
        session.set_dial(key, value)

    return turn


def _let_go(key: str) -> Callable[[Session, int], Any]:
    """Has the run made again; a slider that only lost the focus was not turned."""

    def ask_again(session: Session, count: int) -> Any:
        turned = key in session.turned
        session.turned.discard(key)
        if session.acts or not turned:
            return gr.skip()
        session.turn("explore").ask()
        return count + 1

    return ask_again


def _wire_choices(parts: _Explore) -> None:
    """Another class or another data set is shown at once."""
    dataset, label = (parts.form.plain[key] for key in ("dataset", "classes"))

    def pick(dataset: str, event: gr.EventData) -> list[Any]:
        name = choice("data set", dataset, DATASETS)
        chosen = whole("class", detail(event, "label"), 0, len(DATASETS[name].classes) - 1)
        return [chosen, *_view(name, chosen)[1:]]

    def change(dataset: str | None) -> list[Any]:
        if dataset is None:  # the one that was there already
            return [gr.skip() for _ in changed]
        dataset = choice("data set", dataset, DATASETS)
        if first := first_run(dataset):  # the controls are those of the run that is shown
            shown = parts.form.show_all(Request.from_query(first["query"]))
            return [*shown, *_view(dataset, first["label"]), first]
        kept = [gr.skip() for _ in parts.form.inputs]
        for key, value in (("classes", 0), ("cfg_scale", default_cfg_scale(dataset))):
            kept[parts.form.inputs.index(parts.form.plain[key])] = value
        return [*kept, *_view(dataset, 0), gr.skip()]

    parts.chooser.pick(said(pick), dataset, [label, *parts.view[1:]], **QUIET)
    changed = [*parts.form.inputs, *parts.view, parts.stage]
    another = "(dataset) => [window.distiller.another(dataset)]"
    dataset.input(said(change), dataset, changed, js=another, **QUIET)


def _wire_history(page: Page, parts: _Explore, history: gr.HTML) -> None:
    """A run that is shown again brings its settings; only the last one can be downloaded."""

    def recall(session: Session, event: gr.EventData) -> list[Any]:
        query = detail(event, "query")
        if not isinstance(query, dict):
            raise Refused("The settings of a run are needed.")
        asked = Request.from_query({str(k): str(v) for k, v in query.items()}, BUDGET)
        last = session.last is not None and session.last[1].request == asked
        button = gr.DownloadButton(interactive=last)
        return [*parts.form.show_all(asked), *_view(asked.dataset, asked.classes[0]), button]

    outputs = [*parts.form.inputs, *parts.view, parts.export]
    history.pick(said(recall), page.session, outputs, **QUIET)


def _wire_tour(page: Page, parts: _Explore) -> None:
    """A run that the tour shows brings its settings; the tour shows the run itself."""

    def show(event: gr.EventData) -> list[Any]:
        query = detail(event, "query")
        if not isinstance(query, dict):
            raise Refused("The settings of a run are needed.")
        asked = Request.from_query({str(k): str(v) for k, v in query.items()}, BUDGET)
        return [*parts.form.show_all(asked), *_view(asked.dataset, asked.classes[0])]

    page.tour.show(said(show), None, [*parts.form.inputs, *parts.view], **QUIET)


def _wire_asked(parts: _Explore, part: gr.HTML, again: gr.State) -> None:
    """A script may ask for a run by its link: it is set, and made if the script says so."""

    def ask(count: int, event: gr.EventData) -> list[Any]:
        query, runs = detail(event, "query"), detail(event, "run")
        if not isinstance(query, dict):
            raise Refused("The settings of a run are needed.")
        asked = Request.from_query({str(k): str(v) for k, v in query.items()}, BUDGET)
        shown = _view(asked.dataset, asked.classes[0])
        return [*parts.form.show_all(asked), *shown, count + 1 if runs is True else gr.skip()]

    outputs = [*parts.form.inputs, *parts.view, again]
    part.go(said(ask), again, outputs, **PRIVATE, **OPEN)


def _wire_link(page: Page, parts: _Explore, again: gr.State) -> None:
    """A link brings its settings, and the shipped run of its data set until its own comes.

    A page that was loaded again goes on with what it had.
    """

    def read(request: gr.Request, brought: Any, count: int, *returned: int) -> list[Any]:
        asked, back = opening(dict(request.query_params)), resume(brought)
        if asked.refusal:
            warn(f"The link cannot be followed: {asked.refusal} What can be had of it is set.")
        chosen = back.request or asked.request
        dataset, label = chosen.dataset, chosen.classes[0]
        shown = [*_view(dataset, label), first_run(dataset) or gr.skip()]
        runs = "explore" in back.picked or (asked.linked and back.request is None)
        named = chosen.changed() if asked.linked or back.request else {}
        begin = [
            [named, runs] if named else gr.skip(),
            count + 1 if runs and not named else gr.skip(),
        ]
        going_on = [
            back.session or gr.skip(),
            {"words": back.words} if back.words else gr.skip(),
            back.values or gr.skip(),
            gr.Tabs(selected=f"{front}-tab") if (front := back.front or asked.front) else gr.skip(),
            *(
                number + 1 if name in back.picked else gr.skip()
                for name, number in zip(page.returned, returned, strict=True)
            ),
        ]
        return [*parts.form.show(chosen), *shown, *begin, *going_on]

    def fill(asked: tuple[dict[str, Any], bool] | None, count: int) -> list[Any]:
        named, runs = asked or ({}, False)  # nothing has named any yet
        return [*parts.form.show_options(named), count + 1 if runs else gr.skip()]

    options = gr.State()  # those that a link or a run names, and whether it is to be run
    kept = [page.session, page.notice, page.resumed, page.tabs, *page.returned.values()]
    outputs = [*parts.form.plain.values(), *parts.view, parts.stage, options, again, *kept]
    inputs = [page.notice, again, *page.returned.values()]
    brings: dict[str, Any] = {"js": scripts.brought(), **PRIVATE, **OPEN}
    page.demo.load(said(read), inputs, outputs, **brings).then(**parts.form.telling())
    options.change(fill, [options, again], [*parts.form.options.values(), again], **PRIVATE, **OPEN)


TAB = Tab("explore", "Explore", 10, lay_out)
