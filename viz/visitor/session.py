"""Sessions: what the page keeps of one visitor, as long as the tab of the browser is open."""

import secrets
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from distiller.machine.device import on_zero_gpu
from distiller.sets.request import dial_value

from ..evaluate.board import Board
from ..evaluate.candidate import Shelf
from ..serving.desk import Made, open_desk
from ..serving.job import Job
from ..serving.ticket import Several, Ticket
from .turn import Turn

__all__ = ["Session", "holder", "replaced"]

T = TypeVar("T", bound=Ticket)


@dataclass
class Session:
    """One visitor: who it is in the line, what was asked for last, and what came of the rest."""

    visitor: str = field(default_factory=lambda: secrets.token_hex(8))
    job: Job | None = None  # of the run that was asked for last
    dials: dict[str, Any] = field(default_factory=dict)  # that this run reads
    turned: set[str] = field(default_factory=set)  # dials, since they were let go of last
    last: tuple[str, Made] | None = None  # id of the last run that is done, and the run
    shelf: Shelf = field(default_factory=Shelf)
    board: Board = field(default_factory=Board)
    turns: dict[str, Turn] = field(default_factory=dict)  # by what was asked for
    tickets: dict[str, Ticket] = field(default_factory=dict)  # of what was asked for last
    picked: dict[str, Ticket] = field(default_factory=dict)  # that a page is to follow again

    def __deepcopy__(self, memo: object) -> "Session":
        """Each visitor begins anew: Gradio copies the session that it was given for each."""
        return Session()

    def turn(self, name: str) -> Turn:
        """Whether something of this name was asked for, goes on, and is to stop."""
        return self.turns.setdefault(name, Turn())

    def issue(self, name: str, ticket: T) -> T:
        """Keeps the ticket of what was asked for last; that of the time before leads nowhere."""
        self.tickets[name] = ticket
        _HOLDERS[ticket.id] = self
        return ticket

    def several(self, name: str, value: Any) -> Several | None:
        """The runs together that this page is to follow again, if it asks for the same."""
        ticket = self.picked.pop(name, None)
        return ticket if isinstance(ticket, Several) and ticket.value == value else None

    def set_dial(self, key: str, value: Any) -> None:
        """Turns a dial of the run that goes on, if this visitor alone asked for it.

        A run that others wait for stays what they asked for.

        Raises:
            Refused: if it is no dial, or a request may not have that value.
        """
        number = dial_value(key, value)
        if self.job is not None and self.hears and open_desk().line.claim(self.job):
            self.dials[key] = number

    @property
    def acts(self) -> bool:
        """Whether a dial acts now: the run goes on, and is this visitor's alone."""
        going = self.job is not None and not self.job.over and not self.job.shared
        return going and self.hears

    @property
    def hears(self) -> bool:
        """Whether a run reads its dials while it goes on: one on a GPU that is lent does not."""
        return not on_zero_gpu()


_HOLDERS: WeakValueDictionary[str, Session] = WeakValueDictionary()
"""Sessions by the ids of all tickets they issued, as long as the page keeps them."""


def holder(id: Any) -> tuple[Session, Ticket] | None:
    """The session and the ticket of an id that was given to a visitor; None of any other."""
    session = _HOLDERS.get(id) if isinstance(id, str) else None
    if session is None:
        return None
    return next(((session, t) for t in session.tickets.values() if t.id == id), None)


def replaced(id: str) -> bool:
    """Whether a ticket had that id, and its visitor has asked for something else since."""
    return id in _HOLDERS and holder(id) is None
