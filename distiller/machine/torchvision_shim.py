"""Lets torchvision be imported beside a CPU-only torch.

The registry's torchvision is built for CUDA. Beside a CPU build of torch its compiled part does
not load, and the import fails on the first operator that it registers a fake kernel for
("operator torchvision::nms does not exist"); timm and diffusers fail with it. Declaring the two
operators that are missing is enough. No code here calls them.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

__all__ = ["declare_missing_operators"]


def declare_missing_operators() -> None:
    """Declares torchvision's detection operators where its compiled part cannot be loaded.

    Call it before the first import of timm or diffusers. Does nothing where torchvision is not
    installed or loads as it is, and when called again.
    """
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None or hasattr(torch.ops.torchvision, "nms"):
        return
    try:
        for compiled in Path(spec.origin).parent.glob("_C.*"):
            torch.ops.load_library(str(compiled))
    except OSError:
        pass  # built for another torch: its operators stay undeclared
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            torch.library.define(f"torchvision::{name}", schema)
