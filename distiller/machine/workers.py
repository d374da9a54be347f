"""Workers: processes that share one run, as `torchrun` and `accelerate launch` start them.

They are told apart by RANK and counted by WORLD_SIZE. They meet in files alone, so they may be on
several machines with a disk in common.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Refused

__all__ = ["ALONE", "Worker", "this_worker"]


@dataclass(frozen=True)
class Worker:
    """One of the processes that share a run."""

    rank: int = 0
    count: int = 1
    run: str = ""  # the same for the processes of one run, and for no other

    @property
    def leads(self) -> bool:
        """Whether it claims the folder, and writes what is of all classes."""
        return self.rank == 0

    def share(self, labels: Sequence[int]) -> list[int]:
        """Its part of some classes: those beside each other, for methods that fit some together."""
        n = len(labels)
        return list(labels[n * self.rank // self.count : n * (self.rank + 1) // self.count])


ALONE = Worker()


def this_worker() -> Worker:
    """Which worker this process is; alone where it was not started as one of several.

    Raises:
        Refused: if what started it says no rank and number that belong together.
    """
    rank, count = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
    if not (rank.isdecimal() and count.isdecimal() and int(rank) < int(count)):
        raise Refused(
            f"RANK is {rank!r} and WORLD_SIZE is {count!r}; of n processes the ranks are 0 to n - "
            "1. Start them with torchrun or accelerate launch, or unset both."
        )
    keys = ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    run = "/".join(os.environ.get(key, "") for key in keys)
    return Worker(int(rank), int(count), run)
