"""What a visitor asks for: values as a browser sent them come in, values to show go out.

Nothing that comes in is trusted: it is checked here, and refused in words. The page hands these
functions what its controls hold, and draws what they yield.
"""

import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.nets import NETS
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS, protocol_for
from distiller.event import Event
from distiller.lab import open_lab
from distiller.limits import choice, whole
from distiller.sets.request import Request

from .. import payloads
from ..catalogue import first_run, forget_models
from ..draw import figures
from ..evaluate.accuracy import evaluate_sets, waiting
from ..evaluate.candidate import Candidate
from ..serving.desk import Made, open_desk
from ..serving.job import Busy, Job, Place, words_of
from ..serving.ticket import Ticket
from ..serving.zero_gpu import Spent
from ..settings import BUDGET, SEEDS, STEPS, may_train
from ..training import in_line, train_pictures
from .session import Session

__all__ = [
    "evaluation", "evaluation_again", "measured", "received", "run", "run_again", "sets_of",
    "training", "training_again",
]  # fmt: skip

Sheet = payloads.Step | payloads.Run


async def run(
    session: Session, raw: Mapping[str, Any]
) -> AsyncGenerator[tuple[Sheet | None, Path | None], None]:
    """Distils one class: yields what the sheet shows, and last the file to download.

    The file is gone once the generator goes on.

    Raises:
        Refused: if the request is not valid, too much, or its models are not on this machine; or
            if the file cannot be written, which comes after the set was shown.
    """
    request = Request.parse(raw, BUDGET)
    dials = {"cfg_scale": request.cfg_scale, **request.options}
    session.dials, session.job = dials, None
    ask = partial(open_desk().run, session.visitor, request, dials)
    async for shown in run_again(session, session.issue("explore", Ticket(ask, request))):
        yield shown


async def run_again(
    session: Session, ticket: Ticket
) -> AsyncGenerator[tuple[Sheet | None, Path | None], None]:
    """Follows a run of one class, as `run` does: one that goes on or is done is not begun anew.

    Raises:
        Refused: as `run` does.
    """
    request = ticket.request
    assert request is not None
    begin = figures.waiting(Event("begin", 0, 1, request.classes[0]), request.ipc)
    begin["id"], begin["query"] = ticket.id, request.query()
    yield begin, None
    made: Made | None = None
    steps = ticket.follow(session.visitor, partial(_begun, session))
    async for shown in _or_shipped(steps, request.dataset):
        if isinstance(shown, Made):
            made = shown
        elif isinstance(shown, (Place, Busy)):
            place = begin.copy()
            place["words"] = words_of(shown)
            yield place, None
        elif not shown["live"]:
            shipped: payloads.Run = shown
            yield {**shipped, "id": ticket.id}, None
        else:
            step: payloads.Step = shown
            yield {**step, "id": ticket.id}, None
    if made is None:  # it was stopped
        return
    images = {made.request.classes[0]: made.images}
    session.shelf.put_run(made.request, images, made.prior, repeatable=made.repeatable)
    session.last = ticket.id, made
    ticket.shown = True
    yield {**made.shown, "id": ticket.id}, None
    file = f"{request.dataset}-{made.shown['class']}-{request.method}.zip"
    for path in _packed(made.packed, file):
        yield None, path


async def _or_shipped(shown: AsyncGenerator[Any, None], dataset: str) -> AsyncGenerator[Any, None]:
    """What is shown of a run; where no GPU is lent any more, the run that ships, and why.

    Raises:
        Refused: as the run does.
    """
    try:
        async for value in shown:
            yield value
    except Spent as spent:
        shipped = first_run(dataset)
        if shipped is None:
            raise
        yield {**shipped, "notice": "this is the run that ships: no GPU was lent for yours"}
        raise Spent(f"{spent} You see the run that ships with this page instead.") from spent


def _begun(session: Session, job: Job) -> None:
    """The run of a visitor is in the line: it can be stopped, and its dials turned."""
    session.job = job
    session.turn("explore").leave = partial(open_desk().line.leave, job, session.visitor)


def _packed(content: bytes, name: str) -> Generator[Path, None, None]:
    """The set as a file, which whoever wants to keep it copies at once."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            yield path
    except OSError as error:
        raise Refused(
            f"The set is on the page, but could not be packed: {error.strerror}."
        ) from error


async def measured(session: Session) -> payloads.Discrepancies | None:
    """Every discrepancy of the last run's set; of a first run that was stopped there is none."""
    if session.last is None:
        return None
    name, made = session.last

    def work() -> Any:
        return figures.late_lines(made.measure(open_lab(made.request.dataset)))

    kind = ("discrepancies", made.request.dataset)
    rows, scores = await open_desk().do(session.visitor, work, kind)
    return {"id": name, "rows": rows, "independent": scores}


# ---------------------------------------------------------------------------------- evaluating


def sets_of(
    session: Session, dataset: str, chosen: Sequence[str]
) -> tuple[dict[str, Candidate], list[str]]:
    """The sets of a data set by name, and those of them that are chosen: those that were, else the
    first.

    Raises:
        Refused: if there is no such data set.
    """
    found = session.shelf.of(choice("data set", dataset, DATASETS))
    return found, [name for name in chosen if name in found] or list(found)[:1]


def received(session: Session, dataset: str, uploaded: Any) -> str:
    """Takes an uploaded set in; returns the name that it has from now on.

    Raises:
        Refused: if it is no ZIP file of a set of that data set.
    """
    choice("data set", dataset, DATASETS)
    if not isinstance(uploaded, str):
        raise Refused("One ZIP file is needed.")
    return session.shelf.put_upload(Path(uploaded), dataset)


async def evaluation(
    session: Session, dataset: Any, chosen: Any, protocol: Any, net: Any, seeds: Any
) -> AsyncGenerator[payloads.Evaluation, None]:
    """Evaluates the chosen sets; an empty net is that of the protocol.

    Raises:
        Refused: if a value is none of those that are offered, or the work is too much.
    """
    name = choice("data set", dataset, DATASETS)
    found = session.shelf.of(name)
    if not isinstance(chosen, (list, type(None))):
        raise Refused("The sets to evaluate must be a list of their names.")
    sets = [found[choice("set", key, found)] for key in chosen or []]
    recipe = protocol_for(choice("protocol", protocol, PROTOCOLS), name)
    model = choice("net", net or recipe.net, {*NETS, recipe.net})
    plan = EvaluationPlan(recipe, model, whole("seeds", seeds, 1, SEEDS))
    board = session.board

    def work() -> Generator[payloads.EvaluationState, None, None]:
        yield from evaluate_sets(open_lab(name), sets, board, plan)

    ask = partial(open_desk().long, session.visitor, work, 20.0 * plan.seeds * (len(sets) + 1))
    async for shown in evaluation_again(session, session.issue("evaluate", Ticket(ask))):
        yield shown


async def evaluation_again(
    session: Session, ticket: Ticket
) -> AsyncGenerator[payloads.Evaluation, None]:
    """Follows an evaluation: one that goes on or is done is not begun anew.

    Raises:
        Refused: as the evaluation does.
    """

    async for shown in _long(session, "evaluate", ticket):
        state: payloads.EvaluationState = shown
        if isinstance(shown, (Place, Busy)):
            state = waiting(session.board, words_of(shown))
        ticket.shown = not state["live"]
        yield {**state, "id": ticket.id}


# ------------------------------------------------------------------------------------ training


async def training(
    session: Session, uploaded: Any, name: Any, size: Any, steps: Any
) -> AsyncGenerator[payloads.Training, None]:
    """Trains on a visitor's pictures, or goes on with a training of that name.

    Raises:
        Refused: if visitors may not train here, or a value cannot be used.
    """
    if not may_train():
        raise Refused("Training is switched off here; DISTILLER_TRAIN=1 allows it.")
    source = Path(uploaded) if isinstance(uploaded, str) else None
    called = str(name or "").strip()
    width, count = whole("size", size, 1, 1024), whole("steps", steps, 1, STEPS)

    def work() -> Generator[payloads.TrainingState, None, None]:
        yield in_line(called, "begins")
        for shown in train_pictures(source, called, width, "auto", count):
            if "made" in shown:
                forget_models()
            yield shown

    line = open_desk().trainings
    # The cost is in steps: it orders the line, and no time is told of it.
    ask = partial(open_desk().long, session.visitor, work, float(count), line=line)
    ticket = session.issue("train", Ticket(ask, line=line))
    async for shown in training_again(session, ticket):
        yield shown


async def training_again(
    session: Session, ticket: Ticket
) -> AsyncGenerator[payloads.Training, None]:
    """Follows a training: one that goes on or is done is not begun anew.

    Raises:
        Refused: as the training does.
    """

    async for shown in _long(session, "train", ticket):
        state: payloads.TrainingState = shown
        if isinstance(shown, (Place, Busy)):
            state = in_line("", "waits for another training")
        ticket.shown = not state["live"]
        yield {**state, "id": ticket.id}


async def _long(session: Session, name: str, ticket: Ticket) -> AsyncGenerator[Any, None]:
    """Follows what takes long, which this visitor may stop from now on."""

    def begun(job: Job) -> None:
        line = ticket.line or open_desk().line
        session.turn(name).leave = partial(line.leave, job, session.visitor)

    async for shown in ticket.follow(session.visitor, begun):
        yield shown
