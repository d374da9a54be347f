"""Room: what does not fit is done in halves, with the same result."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from distiller.machine.room import Room

X = torch.arange(11.0)


def limited(most: int, seen: list[int]) -> Callable[[slice], Tensor]:
    """Work that has room for so many rows at once."""

    def work(rows: slice) -> Tensor:
        chunk = X[rows]
        if len(chunk) > most:
            raise torch.OutOfMemoryError("no room")
        seen.append(len(chunk))
        return 2 * chunk

    return work


def test_memory_that_runs_out_halves_the_rows_and_they_stay_so() -> None:
    seen: list[int] = []
    room, work = Room(), limited(3, seen)
    assert torch.equal(room.run(work, 11), 2 * X)
    assert seen == [2, 2, 2, 2, 2, 1]
    assert torch.equal(room.run(work, 11), 2 * X)
    assert seen[6:] == [2, 2, 2, 2, 2, 1]  # it is not tried with more again


def test_all_at_once_where_there_is_room_and_never_more_than_asked() -> None:
    seen: list[int] = []
    Room().run(limited(11, seen), 11)
    Room(4).run(limited(11, seen), 11)
    assert seen == [11, 4, 4, 3]


def test_no_room_for_one_is_said() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        Room(2).run(limited(0, []), 3)
