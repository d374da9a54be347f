"""Judges: small classifiers trained on real images, shown images by everyone else.

A judge says which class an image is recognised as and, where a data set knows its modes, which
mode; the activations before its heads are a feature space that no prior and no guidance of ours
has seen. It is trained on the real training split alone, and its accuracy on the real test
split is stored beside its weights: no verdict of a judge is better than that.
"""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.dataset import Dataset, Split
from ..data.models import judge_folder
from ..errors import Refused
from ..event import Event
from ..image import to_tensor
from ..machine.checkpoint import Checkpoint, advance
from ..machine.compiled import low_precision
from ..machine.disk import write_whole
from ..machine.json_file import read_json
from ..machine.seal import Damaged
from ..machine.weights import packed_tensors, read_tensors

__all__ = ["JUDGES", "Judge", "JudgeSpec", "Verdict", "load_judge", "save_judge", "train_judge"]

F = nn.functional
WIDTHS = (32, 64, 128, 128)


@dataclass(frozen=True)
class JudgeSpec:
    """The hyperparameters of a judge."""

    stem: int = 32  # channels at full size
    widths: tuple[int, ...] = WIDTHS  # of the stages, each of half the side
    pooled: bool = False  # whether a stage's first convolution is at full side: 3 times the work
    views: bool = False  # whether an image is judged by the mean of six views: 6 times the work
    steps: int = 2400
    batch: int = 64
    lr: float = 2e-3  # the highest; it rises and falls once (Smith & Topin, 2018)
    smoothing: float = 0.05  # of the labels
    flip: bool = True  # whether a mirror image belongs to the same class
    seed: int = 0


JUDGES = {
    "digits": JudgeSpec(flip=False),
    "solids": JudgeSpec(),
    "cifar10": JudgeSpec(
        widths=(64, 192, 256),
        pooled=True,
        views=True,
        steps=6000,
        batch=128,
        lr=3e-3,
        smoothing=0.1,
    ),
    "imagenette": JudgeSpec(
        widths=(64, 192, 256), pooled=True, views=True, steps=4500, lr=3e-3, smoothing=0.1
    ),
}
"""The hyperparameters of the shipped judges."""


@dataclass(frozen=True)
class Verdict:
    """What a judge says of n images."""

    classes: NDArray[np.int64]  # (n,)
    modes: NDArray[np.int64] | None  # (n,)
    features: Tensor  # (n, the last width)


class Judge(nn.Module):
    """A residual network of a few stages, global pooling, and a head for classes and for modes.

    The stem brings images of any size to about 32 x 32. With `views` an image's features are the
    mean of those of six views: as it is and moved by a 32nd of its side along both diagonals, each
    also mirrored, much as Jordan (2024, arXiv:2404.00498) tests. Heads are linear, so its logits
    are their mean too.
    """

    def __init__(
        self,
        size: int,
        classes: int,
        modes: int = 0,
        stem: int = WIDTHS[0],
        widths: tuple[int, ...] = WIDTHS,
        pooled: bool = False,
        views: bool = False,
    ) -> None:
        super().__init__()
        self.size, stride = size, max(1, size // 32)
        self.stem, self.widths, self.pooled, self.views = stem, tuple(widths), pooled, views
        first = nn.Conv2d(3, stem, stride + 2, stride, padding=1, bias=False)
        blocks = [_Block(a, b, pooled) for a, b in zip((stem, *widths), widths, strict=False)]
        self.body = nn.Sequential(first, *blocks, nn.BatchNorm2d(widths[-1]), nn.ReLU())
        self.class_head = nn.Linear(widths[-1], classes)
        self.mode_head = nn.Linear(widths[-1], modes) if modes else None
        self.accuracy: dict[str, float] = {}  # on the real test split, in percent

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Maps (n, 3, h, w) in [-1, 1] to features, class logits and mode logits."""
        seen = _views(images) if self.views and not self.training else [images]
        parts = [self.body(x.contiguous(memory_format=torch.channels_last)) for x in seen]
        h = torch.stack(parts).mean((0, 3, 4))
        return h, self.class_head(h), None if self.mode_head is None else self.mode_head(h)

    def stages(self, images: Tensor) -> list[Tensor]:
        """The activations behind each stage for (n, 3, h, w) in [-1, 1], of one view."""
        h, found = images.contiguous(memory_format=torch.channels_last), []
        for part in self.body:
            h = part(h)
            if isinstance(part, _Block):
                found.append(h)
        return found

    @torch.no_grad()
    def judge(self, pixels: NDArray[np.uint8], batch: int = 256) -> Verdict:
        """Judges (n, h, w, 3) pixels."""
        self.eval()
        parts = [self(to_tensor(pixels[k : k + batch])) for k in range(0, len(pixels), batch)]
        features, classes, modes = zip(*parts, strict=True)
        return Verdict(
            torch.cat(classes).argmax(1).numpy(),
            None if self.mode_head is None else torch.cat(modes).argmax(1).numpy(),
            torch.cat(features),
        )


def _views(images: Tensor) -> list[Tensor]:
    """An image as it is and moved along both diagonals, and their mirror images."""
    side = images.shape[-1]
    reach = max(1, side // 32)
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    moved = [padded[..., k : k + side, k : k + side] for k in (0, reach, 2 * reach)]
    return [*moved, *(x.flip(-1) for x in moved)]


class _Block(nn.Module):
    """Two pre-activation convolutions beside a shortcut, halving height and width.

    The first halves by its stride or, pooled, by taking the largest of four.
    """

    def __init__(self, before: int, width: int, pooled: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(before), nn.BatchNorm2d(width)
        stride = 1 if pooled else 2
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.pool = nn.MaxPool2d(2) if pooled else nn.Identity()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(before, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.pool(self.conv1(self.norm1(x).relu()))
        h = self.conv2(self.norm2(h).relu()) + self.shortcut(F.avg_pool2d(x, 2))
        return h


def train_judge(
    data: Dataset, spec: JudgeSpec | None = None, folder: Path | None = None
) -> Generator[Event, None, Judge]:
    """Trains a judge on the real training split and measures it on the real test split.

    Images are shifted by up to an eighth and, where the spec says so, mirrored. The spec defaults
    to that of the data set's name. With a folder, a checkpoint is kept there, and a training that
    was stopped goes on from it.

    Raises:
        Refused: if the checkpoint cannot be read or is of another training.
    """
    spec, split = spec or JUDGES.get(data.name, JudgeSpec()), data.train
    judge = _untrained(data, spec)
    optimizer = torch.optim.AdamW(judge.parameters(), spec.lr, weight_decay=0.05, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, spec.lr, total_steps=spec.steps)
    order = _order(len(split.labels), spec)

    low = low_precision(folder, "cpu")

    def step(i: int) -> dict[str, float]:
        rows = np.sort(order[i * spec.batch : (i + 1) * spec.batch])
        images = _augmented(split.images[rows], np.random.default_rng([spec.seed, i]), spec.flip)
        loss = _loss(judge.train(), images, split, rows, spec.smoothing, low)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        return {"loss": loss.item()}

    path = None if folder is None else folder / "judge.ckpt"
    parts = {"judge": judge, "optimizer": optimizer, "rate": rate}
    yield from advance("judge", spec.steps, Checkpoint(path, parts), step)
    judge.accuracy = measure(judge, data.test)
    return judge


def _untrained(data: Dataset, spec: JudgeSpec) -> Judge:
    """A new judge of a data set's classes and modes, drawn by the seed."""
    torch.manual_seed(spec.seed)
    judge = Judge(
        data.size,
        len(data.classes),
        len(data.modes),
        spec.stem,
        spec.widths,
        spec.pooled,
        spec.views,
    )
    judge.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return judge


def _order(n: int, spec: JudgeSpec) -> NDArray[np.int64]:
    """The images that are shown, one after the other: n shuffled anew as often as it takes."""
    epochs = -(-spec.steps * spec.batch // n)
    rng = np.random.default_rng(spec.seed)
    return np.concatenate([rng.permutation(n) for _ in range(epochs)])


def _loss(
    judge: Judge,
    images: Tensor,
    split: Split,
    rows: NDArray[np.int64],
    smoothing: float,
    low: bool,
) -> Tensor:
    """The cross-entropy of images (n, 3, h, w), which are `rows` of a split, and of their modes."""
    with torch.autocast("cpu", torch.bfloat16, enabled=low):
        _, classes, modes = judge(images)
    labels = torch.from_numpy(split.labels[rows])
    loss = F.cross_entropy(classes.float(), labels, label_smoothing=smoothing)
    if modes is not None and split.modes is not None:
        loss = loss + F.cross_entropy(modes.float(), torch.from_numpy(split.modes[rows]))
    return loss


def _augmented(pixels: NDArray[np.uint8], rng: np.random.Generator, flip: bool) -> Tensor:
    images = to_tensor(pixels)
    side = images.shape[-1]
    reach = side // 8
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    out = torch.empty_like(images)
    for k, (dy, dx) in enumerate(rng.integers(0, 2 * reach + 1, size=(len(images), 2))):
        out[k] = padded[k, :, dy : dy + side, dx : dx + side]
    if flip:
        mirrored = torch.from_numpy(rng.random(len(images)) < 0.5)
        out[mirrored] = out[mirrored].flip(-1)
    return out


def measure(judge: Judge, split: Split) -> dict[str, float]:
    """The judge's accuracy on a split, in percent, for classes and, where known, modes."""
    verdict = judge.judge(split.images)
    accuracy = {"classes": 100 * float((verdict.classes == split.labels).mean())}
    if verdict.modes is not None and split.modes is not None:
        accuracy["modes"] = 100 * float((verdict.modes == split.modes).mean())
    return accuracy


def save_judge(judge: Judge, folder: Path) -> None:
    """Writes the weights, in half precision, and the measured accuracy."""
    halves = {
        name: value.half() if value.is_floating_point() else value
        for name, value in judge.state_dict().items()
    }
    write_whole(folder / "model.safetensors", packed_tensors(halves))
    config = {
        "size": judge.size,
        "classes": judge.class_head.out_features,
        "modes": judge.mode_head.out_features if judge.mode_head else 0,
        "stem": judge.stem,
        "widths": judge.widths,
        "pooled": judge.pooled,
        "views": judge.views,
        "accuracy_percent": judge.accuracy,
    }
    write_whole(folder / "config.json", (json.dumps(config, indent=1) + "\n").encode())


def load_judge(name: str) -> Judge:
    """The judge of a data set, by the data set's name, or of a folder.

    Raises:
        Refused: if there is none, or its files are damaged.
    """
    folder = judge_folder(name) or Path(name)
    if not (folder / "config.json").is_file():
        raise Refused(
            f"There is no judge for {name!r}; train one with "
            f"`python -m distiller train-judge --dataset {name}`."
        )
    remedy = "Train the judge anew with `python -m distiller train-judge`, or copy it anew."
    config = read_json(folder / "config.json", remedy)
    try:
        shape = {key: config[key] for key in ("stem", "widths", "pooled", "views") if key in config}
        judge = Judge(config["size"], config["classes"], config["modes"], **shape)
        judge.accuracy = config["accuracy_percent"]
        judge.load_state_dict(read_tensors(folder / "model.safetensors")[0])
    except Damaged as damaged:
        raise Refused(f"{damaged}. {remedy}") from damaged
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise Refused(
            f"{folder} holds a config.json and weights that are not of one judge. {remedy}"
        ) from error
    return judge.float().eval()
