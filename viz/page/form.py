"""The form: the controls of a request. Those of a method follow from its hyperparameters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any

import gradio as gr

from distiller.diffusion.prior import default_cfg_scale
from distiller.diffusion.sampler import SAMPLERS
from distiller.methods import METHODS, excluded, needed_steps
from distiller.recipes.recipe import live_knobs
from distiller.sets.request import BOUNDS, Request, interval_text

from .. import payloads
from ..catalogue import method_groups, ordered_methods, titles
from ..settings import ALONE, VISIT
from .frame import add_part
from .run import QUIET
from .tab import add_dataset

__all__ = ["Form", "settle", "settled"]


def settle(chosen: Sequence[str]) -> list[str]:
    """The methods that stay chosen after a click: the last click decides over what it excludes."""
    if not chosen:
        return [Request.method]
    last = chosen[-1]
    if last in ALONE:
        return [last]
    apart = {*ALONE, *excluded(last)}
    return [name for name in chosen if name not in apart]


def settled(chosen: Sequence[str], steps: float | None) -> tuple[list[str], int | float | None]:
    """The methods that stay chosen, and as many steps as they need where there are fewer."""
    stay = settle(chosen)
    return stay, steps if steps is None else needed_steps("+".join(stay), int(steps))


class Form:
    """The controls of a request for one class.

    They are laid out part by part, by the `add` functions, wherever the caller stands; `wire`
    follows once all are there.
    """

    def __init__(self) -> None:
        self.plain: dict[str, gr.components.Component] = {}  # by field of the request
        self.options: dict[str, gr.components.Component] = {}  # by full name, "dap.gamma"
        self.groups: list[tuple[str, gr.Column]] = []  # columns of hyperparameters, by method

    @property
    def inputs(self) -> list[gr.components.Component]:
        """Every control, in the order that `read` expects."""
        return [*self.plain.values(), *self.options.values()]

    @property
    def live(self) -> dict[str, gr.components.Component]:
        """The sliders that act during a run."""
        options = {key: self.options[key] for key in live_knobs(METHODS)}
        return {"cfg_scale": self.plain["cfg_scale"], **options}

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """Raw values of a request, with the options of the chosen methods alone."""
        n = len(self.plain)
        raw = dict(zip(self.plain, values[:n], strict=True))
        chosen = raw["method"] or [Request.method]
        options = dict(zip(self.options, values[n:], strict=True))
        raw["options"] = {k: v for k, v in options.items() if k.partition(".")[0] in chosen}
        raw["method"] = "+".join(map(str, chosen))
        raw["classes"] = [raw["classes"]]
        raw["cfg_channels"] = raw["cfg_channels"] or None
        return raw

    def show(self, request: Request) -> list[Any]:
        """The values of the plain controls that ask for this request."""
        scale = request.cfg_scale
        values: Mapping[str, Any] = {
            "dataset": gr.Dropdown(titles(), value=request.dataset),
            "classes": request.classes[0], "method": request.method.split("+"),
            "ipc": request.ipc, "steps": request.steps, "seed": request.seed,
            "cfg_scale": default_cfg_scale(request.dataset) if scale is None else scale,
            "sampler": request.sampler, "cfg_between": interval_text(request.cfg_between),
            "cfg_channels": request.cfg_channels or 0,
        }  # fmt: skip
        return [values[key] for key in self.plain]

    def show_options(self, options: Mapping[str, Any]) -> list[Any]:
        """The values of the options' controls; those that are not named stay as they are.

        They are many, and to show them costs the server more than to open the page: they are
        shown where a link names some.
        """
        return [options.get(key, gr.skip()) for key in self.options]

    def show_all(self, request: Request) -> list[Any]:
        """The values of all controls that ask for this request, in the order of `inputs`."""
        return [*self.show(request), *self.show_options(request.options)]

    def usual(self) -> payloads.Usual:
        """What the options that a link may hold are where nobody changed them, by full name."""
        options: dict[str, Any] = {key: f.default for key, f in self._public().items()}
        return {"options": options}

    def _public(self) -> dict[str, "Field[Any]"]:
        """The fields of the options that are not private, by full name."""
        every = {f"{name}.{f.name}": f for name, method in METHODS.items() for f in fields(method)}
        return {key: f for key, f in every.items() if not f.metadata["private"]}

    def add_dataset(self, tab: gr.Tab) -> gr.Dropdown:
        """Lays out the choice of data set."""
        self.plain["dataset"] = dropdown = add_dataset(tab)
        return dropdown

    def add_class(self) -> gr.State:
        """Adds the class, a number that some other control sets."""
        self.plain["classes"] = state = gr.State(0)
        return state

    def add_method(self) -> None:
        """Lays out the methods, and all that acts during a run."""
        self.plain["method"] = gr.CheckboxGroup(
            [(METHODS[name].title, name) for name in ordered_methods()],
            value=[Request.method],
            label="Method (they stack)",
            elem_id="methods",
        )
        frame = "<div class='d-method' role='status'></div>"
        add_part("method-groups", "explore/methods", frame, method_groups())
        self.plain["cfg_scale"] = gr.Slider(
            *BOUNDS["cfg_scale"], 2.0, step=0.1, label="Class guidance (CFG)"
        )
        self._add_knobs(live=True)

    def add_numbers(self) -> None:
        """Lays out how many images, in how many steps, from which seed."""
        usual = {
            "ipc": ("Images", VISIT.ipc),
            "steps": ("Steps", VISIT.steps),
            "seed": ("Seed", VISIT.seed),
        }
        with gr.Row():
            for key, (label, value) in usual.items():
                low, high = BOUNDS[key]
                self.plain[key] = gr.Number(
                    value, minimum=low, maximum=high, label=label, precision=0, min_width=70
                )

    def add_more(self) -> None:
        """Lays out what is seldom changed, folded."""
        with gr.Accordion("More", open=False):
            self.plain["sampler"] = gr.Dropdown(
                list(SAMPLERS), value=VISIT.sampler, label="Sampler"
            )
            self.plain["cfg_between"] = gr.Textbox(
                interval_text(VISIT.cfg_between), label="Times of class guidance", max_length=9,
                info="such as 100-800; all if it is empty",
            )  # fmt: skip
            self.plain["cfg_channels"] = gr.Number(
                0, minimum=0, maximum=1024, precision=0, label="Channels of class guidance",
                info="how many of a latent's it moves, 3 in the papers; 0 is the prior's own way",
            )  # fmt: skip
            self._add_knobs(live=False)

    def wire(self) -> None:
        """Has a method's hyperparameters shown while it is chosen, and scripts told of changes."""

        def show_knobs(chosen: list[str]) -> list[gr.Column]:
            return [gr.Column(visible=name in chosen) for name, _ in self.groups]

        method = self.plain["method"]
        asked = [method, self.plain["steps"]]
        method.input(settled, asked, asked, **QUIET)
        method.change(show_knobs, method, [column for _, column in self.groups], **QUIET)
        gr.on([control.change for control in self._told().values()], **self.telling())

    def telling(self) -> dict[str, Any]:
        """What an event is to have done so that scripts are told what the controls hold.

        It is done in the browser alone; they keep the page's address, and what can be undone.
        """
        told = self._told()
        script = f"(...values) => window.distiller.form({json.dumps([*told])}, values)"
        return {"fn": None, "inputs": [*told.values()], "outputs": None, "js": script, **QUIET}

    def _told(self) -> dict[str, gr.components.Component]:
        """The controls that scripts are told of: not the class, which is none of Gradio's, and
        nothing private."""
        plain = {key: control for key, control in self.plain.items() if key != "classes"}
        return plain | {key: self.options[key] for key in self._public()}

    def _add_knobs(self, live: bool) -> None:
        """Lays out one column per method, with its live or its other hyperparameters."""
        for name, method in METHODS.items():
            with gr.Column(visible=False, min_width=0) as column:
                for f in fields(method):
                    if f.metadata["live"] == live:
                        self.options[f"{name}.{f.name}"] = _control(method.title, f)
            self.groups.append((name, column))


def _control(title: str, f: "Field[Any]") -> gr.components.Component:
    """A control for one hyperparameter."""
    low, high, choices = (f.metadata[key] for key in ("low", "high", "choices"))
    words = {"label": f"{title}: {f.name.replace('_', ' ')}", "info": f.metadata["about"]}
    match f.default:
        case bool():
            return gr.Checkbox(f.default, **words)
        case str():
            return gr.Dropdown(list(choices), value=f.default, **words)
        case int():
            return gr.Number(f.default, minimum=low, maximum=high, precision=0, **words)
        case _:
            return gr.Slider(low, high, f.default, step=(high - low) / 100, **words)
