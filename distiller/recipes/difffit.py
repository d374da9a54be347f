"""DiffFit: fine-tuning a diffusion transformer by a small change (Xie et al., 2023).

Trained are the biases, the rows of the label tables that are in use, and a vector gamma that
scales the outputs of each linear map inside the first half of the blocks (arXiv:2304.06648), so a
fit weighs kilobytes and leaves the prior as it was. Here a fit is a *change*:
tensors by the name of the parameter they change, zero where nothing changes,

    bias    b + c,      table    rows + c,      weight    (1 + c) W    with b for its bias too,

folded into plain weights. Scaled by a strength it leads from the prior (0) to the fit (1). The
published code has a second vector on each branch of a block; between the same two maps, it adds
no function that one has not.

diffusers gives every block a copy of the time and label embedders, which the published code has
once. With `shared` tables one change is that of all copies, as if there were one; without, each
copy is changed by itself: for DiT-XL/2 and ten classes that are 987,296 numbers in place of
582,944.
"""

import copy
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..diffusion.guidance import Dial
from ..diffusion.prior import DiT, Prior
from ..errors import Refused
from ..machine.disk import keep
from ..machine.weights import packed_tensors
from .cache import load_tensors

if TYPE_CHECKING:
    from diffusers import DiTTransformer2DModel

__all__ = [
    "Fit", "as_kept", "fold", "load_fit", "network_of", "nothing", "packed_fit", "save_fit",
    "twin_of", "with_fit",
]  # fmt: skip

TABLE = "embedding_table.weight"
COPIES = re.compile(r"transformer_blocks\.\d+\.norm1\.emb\.")  # of the embedders, one a block
SCALED = ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "ff.net.2")


@dataclass(frozen=True)
class Fit:
    """A change of a transformer's parameters."""

    change: Mapping[str, Tensor]  # by the name of the parameter
    rows: tuple[int, ...]  # of the label tables that it changes
    shared: bool = False  # whether what it says of the first block's embedders goes for all

    def of_all(self, names: Iterable[str]) -> dict[str, Tensor]:
        """The change of every parameter among `names` that it changes, by its name."""
        if not self.shared:
            return dict(self.change)
        return {
            name: self.change[first] for name in names if (first := _first(name)) in self.change
        }

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return sum(c.numel() for c in self.change.values())


def _first(name: str) -> str:
    """The parameter of the first block's embedders that one of any block is a copy of."""
    return COPIES.sub("transformer_blocks.0.norm1.emb.", name)


def network_of(prior: Prior) -> DiT:
    """The adapter of the prior's transformer.

    Raises:
        Refused: if the prior is not a transformer that can be fine-tuned.
    """
    if not isinstance(prior.predict, DiT):
        raise Refused(
            f"Fine-tuning needs a diffusion transformer; the prior {prior.name!r} has none."
        )
    return prior.predict


def nothing(network: "DiTTransformer2DModel", rows: Sequence[int], *, shared: bool = False) -> Fit:
    """The fit that changes nothing, with a place for everything that DiffFit trains."""
    change = {}
    blocks = len(network.transformer_blocks)
    scaled = {
        f"transformer_blocks.{k}.{name}.weight" for k in range((blocks + 1) // 2) for name in SCALED
    }
    for name, p in network.named_parameters():
        if shared and name != _first(name):
            continue
        if name.endswith(TABLE):
            change[name] = torch.zeros(len(rows), p.shape[1], device=p.device)
        elif name.endswith(".bias"):
            change[name] = torch.zeros(p.shape, device=p.device)
        elif name in scaled:
            change[name] = torch.zeros(p.shape[0], device=p.device)
    return Fit(change, tuple(rows), shared)


def fold(base: Mapping[str, Tensor], fit: Fit, strength: float | Tensor = 1.0) -> dict[str, Tensor]:
    """The parameters that the fit changes, as they become at a strength, each of its own shape.

    They can be differentiated with respect to the fit, and to the strength.
    """
    folded = {}
    for name, change in fit.of_all(base).items():
        p, c = base[name].float(), strength * change.to(base[name].device)
        scale = fit.change.get(name.removesuffix("bias") + "weight")
        if name.endswith(TABLE):
            p = p.index_add(0, torch.tensor(fit.rows, device=p.device), c)
        elif name.endswith(".bias"):
            p = p + c
            if scale is not None:
                p = p * (1 + strength * scale.to(p.device))
        else:
            p = p * (1 + c)[:, None]
        folded[name] = p.to(base[name].dtype)
    return folded


def twin_of(network: "DiTTransformer2DModel") -> "DiTTransformer2DModel":
    """Another network of the same parameters, not copies of them, whose modules may be changed."""
    return copy.deepcopy(network, {id(p): p for p in network.parameters()})


def with_fit(prior: Prior, fit: Fit, strength: float | Dial = 1.0) -> Prior:
    """The prior with a fit, at a strength that may be a dial, read at every step.

    The weights that do not change are shared with the prior.
    """
    dit = network_of(prior)
    base = dict(dit.transformer.named_parameters())
    twin = twin_of(dit.transformer)
    for name in fit.of_all(base):
        owner, _, leaf = name.rpartition(".")
        setattr(twin.get_submodule(owner), leaf, nn.Parameter(base[name], requires_grad=False))
    adapter = DiT(twin, dit.schedule, dit.predicts)
    stands: list[float] = [0.0]

    @torch.no_grad()
    def at_strength() -> DiT:
        now = strength() if callable(strength) else strength
        if now != stands[0]:
            for name, value in fold(base, fit, now).items():
                twin.get_parameter(name).data = value
            stands[0] = now
        return adapter

    return replace(
        prior,
        predict=lambda x_t, t, labels: at_strength()(x_t, t, labels),
        hidden=lambda x_t, t, labels, block: at_strength().hidden(x_t, t, labels, block),
        folder=None,  # what is cached by the prior's files does not hold for this one
    )


# ---------------------------------------------------------------------------------- on disk


def packed_fit(fit: Fit, key: str) -> bytes:
    """The file of a fit, in half precision, with the key of what it was made from."""
    halves = {name: c.half() for name, c in fit.change.items()}
    about = {"key": key, "rows": json.dumps(fit.rows), **({"shared": "true"} if fit.shared else {})}
    return packed_tensors(halves, about)


def save_fit(fit: Fit, path: Path, key: str) -> None:
    """Keeps a fit; a cache that cannot be written is done without."""
    keep(path, packed_fit(fit, key))


def as_kept(fit: Fit) -> Fit:
    """A fit as it is read again: whoever makes it has the same images as whoever finds it."""
    change = {name: c.detach().half().float().cpu() for name, c in fit.change.items()}
    return Fit(change, tuple(fit.rows), fit.shared)


def load_fit(path: Path, key: str) -> Fit | None:
    """The fit in a file, if it was made from what the key says."""
    found = load_tensors(path)
    if found is None or found[1].get("key") != key:
        return None
    halves, about = found
    change, rows = {name: c.float() for name, c in halves.items()}, json.loads(about["rows"])
    return Fit(change, tuple(rows), "shared" in about)
