"""Room: how many rows go through a network at once, as many as the memory of a GPU has room for."""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Room"]


class Room:
    """So many rows at once, at most; where memory runs out, half as many from then on."""

    def __init__(self, most: int | None = None) -> None:
        """
        Args:
            most: rows to begin with; None for all there are.
        """
        self.most = most

    def run(self, work: Callable[[slice], Tensor], n: int) -> Tensor:
        """What `work` makes of n rows, some at once, joined.

        Raises:
            torch.OutOfMemoryError: if there is no room for one row.
        """
        while True:
            most = max(min(self.most or n, n), 1)
            try:
                parts = [work(slice(k, min(k + most, n))) for k in range(0, max(n, 1), most)]
                return parts[0] if len(parts) == 1 else torch.cat(parts)
            except torch.OutOfMemoryError:
                if most == 1:
                    raise
                self.most = most // 2
            # Only now, when nothing holds what was begun any more.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
