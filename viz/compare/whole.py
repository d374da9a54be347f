"""What a visitor asks for of whole sets: to have them made, looked at, and handed to Evaluate.

A set is `viz.compare.whole_set`. Whoever knows the id of some may look at them: nobody can guess
it.
"""

import secrets
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any

from distiller.errors import Refused

from .. import payloads
from ..draw.preview import contact_sheet, data_uri
from ..evaluate.candidate import PIXELS
from ..serving.held import Held
from ..serving.ticket import Begun, Several, Ticket
from ..visitor.session import Session
from .lineup import Lineup
from .whole_scores import key_of, means_of, rank_of, shared_by, told_apart
from .whole_set import Whole

__all__ = ["cell", "handed_over", "means", "sentences", "whole_sets", "whole_sets_again"]

STRIP = 10  # images of a class that are shown
VIEWS = ("umap", "pca")  # of the map that have all classes

_HELD: Held[Whole] = Held(
    100_000_000,  # pixels
    "These sets are held no longer. Run every class again: what is kept is fast.",
    size=lambda whole: whole.pixels,
)


async def whole_sets(session: Session, raw: Any) -> AsyncGenerator[payloads.Whole, None]:
    """Makes every class for the lanes of a lineup, and yields how far they are.

    Images and scores of what is made are fetched by the id of that (`cell`).

    Raises:
        Refused: if the lineup itself cannot be made, or is too much.
        Exception: what else goes wrong in a class.
    """
    lineup, id = Lineup.parse(raw), secrets.token_hex(16)
    ticket = Several(partial(_filled, session, lineup, id), id=id)
    async for shown in whole_sets_again(session, session.issue("whole", ticket)):
        yield shown


async def whole_sets_again(
    session: Session, ticket: Ticket
) -> AsyncGenerator[payloads.Whole, None]:
    """Follows every class for some lanes, as `whole_sets` does: what was made is there at once.

    Raises:
        Refused: as `whole_sets` does.
        Exception: what else goes wrong in a class.
    """
    async for shown in ticket.follow(session.visitor, lambda job: None):
        yield shown


async def _filled(
    session: Session, lineup: Lineup, id: str, begun: Begun
) -> AsyncGenerator[payloads.Whole, None]:
    """The sets of an id for whoever follows them now.

    Whoever followed over a connection that is lost may leave later than the page comes back: so
    each has a name of its own in the line. The visitor's own is none of them, as a dial that is
    turned on Explore must not turn a lane.
    """
    whole, visitor = Whole(lineup, id, begun), f"{session.visitor} gathering {secrets.token_hex(4)}"
    _HELD.put(whole, id)
    leave = partial(whole.leave, visitor)
    session.turn("whole").leave = leave
    try:
        async for shown in whole.fill(visitor):
            yield shown
    finally:
        leave()


def held(id: Any) -> Whole:
    """The whole sets of an id.

    Raises:
        Refused: if they are held no longer, or never were.
    """
    return _HELD.get(id)


def cell(asked: Any) -> payloads.Cell:
    """The images and scores of [id, slot, label].

    Raises:
        Refused: if there are none.
    """
    if not isinstance(asked, list) or len(asked) != 3:
        raise Refused("An id, the slot of a lane and the label of a class are needed.")
    id, slot, label = asked
    lane = held(id).lanes.get(slot) if isinstance(slot, int) else None
    part = lane.parts.get(label) if lane is not None and isinstance(label, int) else None
    if part is None:
        raise Refused("This lane has no images of that class.")
    images = part.images[:STRIP]
    scores = {key_of(score): score for score in part.scores}
    return {
        "slot": slot,
        "label": label,
        "images": len(images),
        "strip": data_uri(contact_sheet(images, len(images))),
        "points": {view: part.points[view] for view in VIEWS if view in part.points},
        "values": {key: score["value"] for key, score in scores.items()},
        "ranks": {key: rank_of(score) for key, score in scores.items()},
    }


def means(id: Any) -> payloads.Means:
    """Every score of the sets of an id as its mean over the classes that all lanes have.

    Raises:
        Refused: if they are held no longer.
    """
    whole = held(id)
    scored = whole.scored
    return means_of(whole.id, scored, shared_by(scored))


def sentences(asked: Any) -> list[str]:
    """What [id, key of a score] says of the lanes, compared class by class.

    Raises:
        Refused: if they are held no longer, or this was not what was sent.
    """
    if not isinstance(asked, list) or len(asked) != 2:
        raise Refused("An id and the key of a score are needed.")
    whole, key = held(asked[0]), str(asked[1])
    scored = whole.scored
    names = {slot: lane.name for slot, lane in whole.lanes.items()}
    return told_apart(scored, names, shared_by(scored), key)


# ----------------------------------------------------------------------------------- training nets


def handed_over(session: Session, shown: Any) -> tuple[str, list[str]]:
    """Puts the sets of the lanes on the visitor's shelf; the data set, and their names there.

    Of random real images there is no set to hand over: nets are trained on other draws of them in
    any case. Classes that are missing are made before the nets are trained.

    Raises:
        Refused: if there is no set, or they have too many images.
    """
    if not isinstance(shown, Mapping):
        raise Refused("There is no set yet: run every class first.")
    whole = held(shown.get("id"))
    lanes = [lane for lane in whole.lanes.values() if lane.parts and not lane.real]
    if not lanes:
        raise Refused("There is no set yet; a lane that is not of real images makes one.")
    each = [next(iter(lane.parts.values())).images.size // 3 for lane in lanes]
    pixels = sum(each) * len(whole.classes)
    if pixels > PIXELS:
        raise Refused(
            f"These sets have {pixels:,} pixels; at most {PIXELS:,} can be handed over at once. "
            "Take fewer images or lanes."
        )
    names = list[str]()
    for lane in lanes:
        for label, part in lane.parts.items():
            made, request = {label: part.images}, lane.of(label)
            name = session.shelf.put_run(request, made, part.prior, repeatable=True)
        names.append(name)
    return whole.dataset, list(dict.fromkeys(names))
