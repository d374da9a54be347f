"""Replicas: processes that train one network together, each on its part of every batch.

Every process draws the same batch and takes its own rows. The gradients are summed, so each makes
the same step, and the sum is that of one process but for the order of its terms: all processes hold
the same bytes, and another number of processes holds others, equal within rounding. `torchrun` and
`accelerate launch` start them; they meet where MASTER_ADDR and MASTER_PORT say.
"""

import io
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

from ..errors import Refused
from .workers import Worker

__all__ = ["ONE", "Replicas", "current", "joined"]

E = TypeVar("E")
T = TypeVar("T")

PATIENCE = timedelta(days=1)  # that processes wait for one that encodes, or writes


@dataclass(frozen=True)
class Replicas:
    """One of the processes that train together."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether it writes what is of all of them."""
        return self.rank == 0

    @property
    def about(self) -> dict[str, int]:
        """What tells their sums from those of one process: they are rounded otherwise."""
        return {"processes": self.count} if self.count > 1 else {}

    def rows(self, n: int) -> slice:
        """Its rows of a batch of n.

        Raises:
            Refused: if there are fewer rows than processes.
        """
        if n < self.count:
            raise Refused(
                f"A batch of {n} cannot be shared by {self.count} processes; start fewer, or ask "
                "for a larger batch."
            )
        return slice(n * self.rank // self.count, n * (self.rank + 1) // self.count)

    def share(self, n: int) -> float:
        """How much of the mean over a batch of n its own rows make up; 1 of one process."""
        rows = range(n)[self.rows(n)]
        return len(rows) / n

    def sum_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Adds up the gradients of all processes, in place."""
        if self.count == 1:
            return
        every = [p for p in parameters if p.requires_grad]
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in every]
        flat = torch.cat([g.flatten().float() for g in grads])
        distributed.all_reduce(flat)
        for p, g, part in zip(every, grads, flat.split([g.numel() for g in grads]), strict=True):
            p.grad = part.view_as(g).to(g.dtype)

    def whole(self, x: Tensor, n: int) -> Tensor:
        """The rows of all processes, (n, ...), of which its own keep their gradient."""
        if self.count == 1:
            return x
        every = [
            x.new_empty((rows.stop - rows.start, *x.shape[1:]))
            for rows in (Replicas(rank, self.count).rows(n) for rank in range(self.count))
        ]
        longest = max(len(part) for part in every)
        padded = [x.new_zeros((longest, *x.shape[1:])) for _ in every]
        own = x.new_zeros((longest, *x.shape[1:]))
        own[: len(x)] = x.detach()
        distributed.all_gather(padded, own)
        parts = [found[: len(part)] for found, part in zip(padded, every, strict=True)]
        parts[self.rank] = x
        return torch.cat(parts)

    def total(self, value: Tensor) -> float:
        """The sum of a number over all processes."""
        if self.count > 1:
            value = value.detach().clone()
            distributed.all_reduce(value)
        return value.item()

    def same(self, value: Any) -> Any:
        """What the first process holds, for all of them."""
        if self.count == 1:
            return value
        box = [value if self.leads else None]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def led(self, events: Generator[E, None, T]) -> Generator[E, None, T | None]:
        """Runs a generator in the first process, as if that were alone, while the others wait.

        Returns its result there, and None in the others.

        Raises:
            Refused: in every process, if it raised that in the first.
        """
        if self.count == 1:
            return (yield from events)
        if not self.leads:
            events.close()
            if (words := self.same(None)) is not None:
                raise Refused(words)
            return None
        _JOINED.append(ONE)
        try:
            found = yield from events
        except Refused as refused:
            self.same(str(refused))
            raise
        finally:
            _JOINED.pop()
        self.same(None)
        return found

    def path(self, path: Path | None) -> Path | None:
        """Where it writes what is of all: None but for the first, which writes for the others."""
        return path if self.leads else None

    def take_up(self, state: dict[str, Any], step: int) -> int:
        """Has all processes hold the state and the step of the first; returns that step."""
        if self.count == 1:
            return step
        buffer = io.BytesIO()
        if self.leads:
            torch.save({name: part.state_dict() for name, part in state.items()}, buffer)
        step, content = self.same((step, buffer.getvalue()))
        if not self.leads:
            saved = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
            for name, part in state.items():
                part.load_state_dict(saved[name])
        return int(step)


ONE = Replicas()
_JOINED = [ONE]  # the last is in force


def current() -> Replicas:
    """The processes that train together now; one alone unless they have joined."""
    return _JOINED[-1]


@contextmanager
def joined(worker: Worker, device: torch.device) -> Iterator[Replicas]:
    """Lets the processes of a run train together, from here to the end of the block.

    Raises:
        Refused: if they cannot reach each other.
    """
    if worker.count == 1:
        yield ONE
        return
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.set_device(device)
    try:
        distributed.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    except (ValueError, RuntimeError) as error:
        raise Refused(
            f"The {worker.count} processes of this run cannot reach each other ({error}). Start "
            "them with torchrun or accelerate launch, which say where they meet."
        ) from error
    _JOINED.append(Replicas(worker.rank, worker.count))
    try:
        yield current()
    finally:
        _JOINED.pop()
        distributed.destroy_process_group()
