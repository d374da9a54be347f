"""Muon where bfloat16 is slow: the same optimiser, its matrices made orthogonal in float32.

torch's own Muon orthogonalises in bfloat16. A processor that only emulates bfloat16 took 20.5 s
for what a step of a transformer of 8 blocks of width 256 needs of it, and 0.6 s in float32.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["Muon", "orthogonalised"]


class Muon(torch.optim.Muon):
    """torch's Muon (Jordan et al., 2024), whose state it shares, in the arithmetic of choice."""

    def __init__(self, params: Any, lr: float, *, dtype: torch.dtype, **options: Any) -> None:
        super().__init__(params, lr, **options)
        self.dtype = dtype

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Moves every matrix; in bfloat16 by torch's own code.

        Raises:
            ValueError: if a closure is given, or the rate is not to match AdamW's.
        """
        if closure is not None:
            raise ValueError("This optimiser takes no closure.")
        if self.dtype == torch.bfloat16:
            super().step()  # type: ignore[no-untyped-call]
            return
        for group in self.param_groups:
            if group["adjust_lr_fn"] != "match_rms_adamw":
                raise ValueError("This optimiser's rate matches AdamW's, and no other.")
            for p in group["params"]:
                if p.grad is not None:
                    self._move(p, p.grad, group)

    @torch.no_grad()
    def _move(self, p: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[p]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(grad)
        buffer, momentum = state["momentum_buffer"], group["momentum"]
        buffer.lerp_(grad, 1 - momentum)
        update = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
        update = orthogonalised(
            update.to(self.dtype), group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        p.mul_(1 - group["lr"] * group["weight_decay"])
        # An update of AdamW has a root mean square of about 0.2 (Liu et al., 2025, Eq. 4).
        p.add_(update, alpha=-group["lr"] * 0.2 * math.sqrt(max(p.shape)))


def orthogonalised(
    x: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """A matrix with the singular vectors of x (n, m) and singular values near 1.

    By the quintic iteration of Newton and Schulz, x <- a x + (b G + c G^2) x with G = x x^T.
    """
    a, b, c = coefficients
    wide = x.T if len(x) > x.shape[1] else x
    wide = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.T if len(x) > x.shape[1] else wide
