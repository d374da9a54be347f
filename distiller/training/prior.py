"""Trains a prior on a data set: an autoencoder first, then a diffusion transformer on its latents.

Both are trained by generators that yield an `Event` per step and keep a checkpoint, so a run
that is stopped or killed goes on where its last checkpoint was and ends with the same weights
as an uninterrupted one: batch i depends on (seed, i) alone. What comes out is a folder in
diffusers' own layout, which `DiTPipeline.from_pretrained` and `load_prior` both read. Samples of
the averaged weights so far lie in `.training/preview-<step>.png`, a row for each class.
"""

import copy
import errno
import json
import shutil
from collections.abc import Generator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..data.dataset import Dataset
from ..data.models import prior_folder
from ..data.registry import render_solids
from ..diffusion.pipeline import hash_files
from ..diffusion.prior import DiT, assemble
from ..diffusion.sampler import dpmpp
from ..diffusion.schedule import Schedule
from ..errors import Refused
from ..event import Event
from ..image import contact_sheet, to_pixels
from ..machine.checkpoint import load_checkpoint
from ..machine.disk import sweep, write_whole, written_whole
from ..machine.json_file import read_json
from ..machine.lock import alone
from ..machine.replicas import current
from ..scores.judge import load_judge
from .autoencoder import encode, train_autoencoder
from .decoder import train_decoder
from .spec import PriorSpec
from .transformer import Watch, train_transformer

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DiTPipeline, DiTTransformer2DModel
    from numpy.typing import NDArray

__all__ = ["train_prior"]

BEFORE = "before.json"
NEW = ".new"  # where a prior is written before it takes the place of the one before
PREVIEW_CLASSES, PREVIEW_COLUMNS, PREVIEW_STEPS = 10, 4, 12


def train_prior(
    data: Dataset, out: Path, spec: PriorSpec, device: torch.device
) -> Generator[Event, None, Path]:
    """Trains a prior on a data set's training split and writes it to `out` as a `DiTPipeline`.

    Checkpoints lie in `out/.training`. What is there is gone on from; to train longer, ask for
    more steps. A prior whose checkpoints are gone is trained further by starting from itself.
    Processes that have joined (`machine.replicas`) train together, and the first writes.

    Raises:
        Refused: if `out/.training` belongs to other hyperparameters or another data set, another
            run works in it, or something cannot be written.
    """
    folder, together = out / ".training", current()
    try:
        if not together.leads:
            _hear_claim()
            yield from _train(data, out, spec, device)
            return out
        with alone(folder) as held:
            _say_claim(folder, data.name, spec, held)
            yield from _train(data, out, spec, device)
    except OSError as error:
        raise Refused(
            f"{error.filename or out} could not be written ({error.strerror or error}); the same "
            "command goes on from what is there."
        ) from error
    return out


def _train(
    data: Dataset, out: Path, spec: PriorSpec, device: torch.device
) -> Generator[Event, None, None]:
    folder = out / ".training"
    images, label_of = training_images(data, spec)
    further = spec.start == data.name
    vae = yield from train_autoencoder(images, spec, folder, device, further=further)
    if spec.decoder_steps:
        judge = load_judge(data.name) if spec.perceptual else None
        yield from train_decoder(vae, images, judge, spec, folder, device)
    if (together := current()).leads:
        latents = yield from encode(vae, images, spec, folder)
        together.same(None)
    else:  # they are read, once they are there
        together.same(None)
        latents = yield from encode(vae, images, spec, folder)
    labels = torch.from_numpy(np.tile(label_of, len(latents) // len(label_of)))
    watch = _previewer(vae, len(data.classes), spec, folder) if together.leads else None
    same = _has_classes(spec.start, data)
    transformer = yield from train_transformer(
        latents, labels, spec, folder, device, watch, same_classes=same
    )
    if together.leads:
        save_prior(out, vae, transformer, data, spec, _seconds(folder), _before(folder))


def _say_claim(folder: Path, dataset: str, spec: PriorSpec, held: bool) -> None:
    """Claims the folder, and tells the processes that train along whether that went well.

    Raises:
        Refused: if it did not.
    """
    try:
        _claim(folder, dataset, spec, held)
    except Refused as refused:
        current().same(str(refused))
        raise
    current().same(None)


def _hear_claim() -> None:
    """Waits until the first process has claimed the folder.

    Raises:
        Refused: as it was.
    """
    if (words := current().same(None)) is not None:
        raise Refused(words)


def _has_classes(start: str, data: Dataset) -> bool:
    """Whether the prior that training starts from knows this data set's classes, in this order."""
    folder = prior_folder(start) if start else None
    if folder is None:
        return False
    names = read_json(folder / "model_index.json").get("id2label") or {}
    return tuple(names.values()) == data.classes


def _previewer(vae: "AutoencoderKL", classes: int, spec: PriorSpec, folder: Path) -> Watch:
    """Writes contact sheets of samples, always from the same noise: what changes is the network."""
    from PIL import Image

    labels = range(min(classes, PREVIEW_CLASSES))

    @torch.no_grad()
    def watch(step: int, average: nn.Module) -> None:
        prior = assemble("preview", DiT(average, Schedule.linear(), "v_prediction"), vae)
        times = prior.schedule.times(PREVIEW_STEPS, prior.schedule.T)
        rows = []
        for label in labels:
            generator = torch.Generator().manual_seed(label)
            x = torch.randn(PREVIEW_COLUMNS, *prior.latent_shape, generator=generator)
            x = x.to(next(average.parameters()).device)
            denoiser = prior.denoiser(label, spec.cfg_scale)
            *_, last = dpmpp(denoiser, x, times, prior.schedule)
            rows.append(to_pixels(prior.decode(last.x)))
        sheet = Image.fromarray(contact_sheet(np.concatenate(rows), PREVIEW_COLUMNS))
        path = folder / f"preview-{step:06}.png"
        write_whole(path, lambda file: sheet.save(file, format="PNG"))

    return watch


def _seconds(folder: Path) -> float:
    """The time spent on a training run's steps so far."""
    return sum(
        float(load_checkpoint(path).get("seconds", 0))
        for name in ("autoencoder.ckpt", "decoder.ckpt", "transformer.ckpt")
        if (path := folder / name).exists()  # an autoencoder that was kept has none
    )


def training_images(
    data: Dataset, spec: PriorSpec
) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
    """The training split, (n, size, size, 3) and (n,), or with `spec.fresh` renders in its place.

    A prior trained on fresh renders has never seen the images it is asked to distil, so what a
    distilled set gives away of them it has from the method alone.

    Raises:
        Refused: if fresh images are asked of a data set that is not rendered.
    """
    if not spec.fresh:
        return data.train.images, data.train.labels
    if data.name != "solids":
        raise Refused(f"Fresh images can be rendered for solids only, not for {data.name!r}.")
    split = render_solids(spec.fresh, seed=100)
    return split.images, split.labels


def _claim(folder: Path, dataset: str, spec: PriorSpec, held: bool) -> None:
    """Makes sure that the folder of a training run belongs to this one; `held`: no other's."""
    sweep(folder, alone=held)
    record = folder / "run.json"
    usual, mine = json.loads(
        json.dumps([asdict(PriorSpec()), {"dataset": dataset, **asdict(spec)}])
    )
    length = {"steps", "autoencoder_steps", "decoder_steps", "cfg_scale"}
    if record.exists():
        # Begun before there was some option, it had its default.
        theirs = usual | read_json(record, f"Delete {folder} to begin again.")
        changed = sorted(key for key in mine if key not in length and mine[key] != theirs.get(key))
        if changed:
            raise Refused(
                f"{folder} holds a run that differs in {', '.join(changed)}; "
                "choose another folder, or delete that one to begin again."
            )
    elif spec.start == dataset and (before := prior_folder(dataset)) is not None:
        # Kept now: the new prior may take the place of the one that it starts from.
        write_whole(folder / BEFORE, (before / "prior.json").read_bytes())
    write_whole(record, json.dumps(mine, indent=1).encode())


def _before(folder: Path) -> dict[str, Any]:
    """How the prior was made that this one of the same data set went on from, if it did."""
    if not (folder / BEFORE).exists():
        return {}
    record = read_json(folder / BEFORE, f"Delete {folder} to begin again.")
    return {"before": {key: record[key] for key in record if key not in ("measured", "sha256")}}


def _machine() -> str:
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'s' * (cores > 1)} ({torch.backends.cpu.get_cpu_capability()})"


def save_prior(
    out: Path,
    vae: "AutoencoderKL",
    transformer: "DiTTransformer2DModel",
    data: Dataset,
    spec: PriorSpec,
    seconds: float,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Writes a `DiTPipeline` folder in half precision, in files below 10 MB, and `prior.json`.

    The record in `prior.json` takes up what else there is to say of how it was made. All is
    written elsewhere first: a disk that is full leaves the prior that was there. Rows of the label
    tables that belong to no class are written as zeros: they say nothing, and pack to nothing.

    Raises:
        OSError: if it cannot be written.
    """
    from diffusers import DDIMScheduler, DiTPipeline

    network = copy.deepcopy(transformer).half().cpu()
    _clear_unused_labels(network, len(data.classes))
    pipeline = DiTPipeline(
        network,
        copy.deepcopy(vae).half().cpu(),
        DDIMScheduler(beta_schedule="linear", prediction_type="v_prediction", clip_sample=False),
    )
    pipeline.register_to_config(id2label={str(k): name for k, name in enumerate(data.classes)})
    with written_whole(out / NEW) as partial:
        _save(pipeline, partial)
        record = _record(data, spec, seconds) | {"sha256": hash_files(partial)} | dict(more)
        text = json.dumps(record, indent=1) + "\n"
        (partial / "prior.json").write_text(text, encoding="utf-8")
    _put_in_place(out / NEW, out)


@torch.no_grad()
def _clear_unused_labels(network: nn.Module, classes: int) -> None:
    """Writes zeros into the rows of label tables between the last class and the null label."""
    for name, table in network.named_parameters():
        if name.endswith("class_embedder.embedding_table.weight"):
            table[classes:-1] = 0


def _record(data: Dataset, spec: PriorSpec, seconds: float) -> dict[str, Any]:
    return {
        "dataset": data.name,
        "spec": asdict(spec),
        "cfg_scale": spec.cfg_scale,
        "seconds": round(seconds),
        "machine": _machine(),
        "torch": torch.__version__,
    }


def _save(pipeline: "DiTPipeline", folder: Path) -> None:
    from safetensors import SafetensorError

    try:
        pipeline.save_pretrained(folder, max_shard_size="9MB")
    except SafetensorError as error:  # in which safetensors wraps that of a full disk
        raise OSError(errno.EIO, str(error), str(folder)) from error


def _put_in_place(new: Path, out: Path) -> None:
    """Moves what a folder holds to its place, model_index.json last: without it, there is none."""
    index = out / "model_index.json"
    index.unlink(missing_ok=True)
    for part in sorted(new.iterdir(), key=lambda path: path.name == index.name):
        if part.is_dir():
            shutil.rmtree(out / part.name, ignore_errors=True)
        part.replace(out / part.name)
    new.rmdir()
