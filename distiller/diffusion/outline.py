"""Outlines: what a prior makes, as its small files say it, before its weights are read.

Here, and nowhere else, it is told whether a prior and a data set belong together: the size of the
images, their channels, the geometry of the latents, and the classes. What does not fit is refused
before anything slow begins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..data.class_list import AMBIGUOUS, class_list, is_imagenet
from ..data.dataset import Dataset
from ..errors import Refused, unknown
from ..machine.hub import split_id
from ..machine.json_file import read_json
from .pipeline import class_names

__all__ = [
    "Made", "Outline", "check_match", "licence_of", "named_label", "network_label",
    "read_outline",
]  # fmt: skip

LICENCES = {"facebook/DiT-XL-2-256": "cc-by-nc-4.0"}
"""Licences of weights whose files do not always say them."""


class Made(Protocol):
    """What is asked of a prior here: a `Prior` has it, and an `Outline`."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def size(self) -> int | None:
        """Height and width of its images in pixels, where they are known."""

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of the network's latents."""

    @property
    def coded(self) -> tuple[int, int] | None:
        """The channels of the autoencoder's images and latents, where they are known."""

    @property
    def labels(self) -> Mapping[str, int]:
        """Class names to labels."""

    @property
    def folder(self) -> Path | None:
        """Where it lies."""


@dataclass(frozen=True)
class Outline:
    """What a prior makes, known without its weights."""

    name: str
    size: int | None
    latent_shape: tuple[int, ...]
    coded: tuple[int, int] | None
    labels: Mapping[str, int]
    folder: Path | None
    licence: str | None


def read_outline(folder: Path, source: str) -> Outline:
    """The outline of a `DiTPipeline` folder, whose weights need not be there.

    `source` is what a user calls it: the folder, or a Hub id.

    Raises:
        Refused: if its small files cannot be read.
    """
    remedy = "A prior is a folder as DiTPipeline.save_pretrained writes it."
    index, network, vae = (
        read_json(folder / path, remedy)
        for path in ("model_index.json", "transformer/config.json", "vae/config.json")
    )
    try:
        channels, side = int(network["in_channels"]), int(network["sample_size"])
        classes = int(network["num_embeds_ada_norm"])
        coded = int(vae.get("in_channels", 3)), int(vae["latent_channels"])
        size = side * 2 ** (len(vae["block_out_channels"]) - 1)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            f"The config.json files in {folder} do not say what the prior makes ({error!r}). "
            f"{remedy}"
        ) from error
    labels = class_names(str(folder), index, classes)
    shape = (channels, side, side)
    name = split_id(Path(source).name)[0]
    return Outline(name, size, shape, coded, labels, folder, licence_of(folder, source))


def licence_of(folder: Path | None, source: str) -> str | None:
    """The licence of a prior as its card says it, or as it is known; None where neither does."""
    card: list[str] = []
    if folder is not None and (folder / "README.md").is_file():
        text = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
        card = text.split("\n---", 1)[0].splitlines() if text.startswith("---") else []
    said = [line.partition(":")[2].strip() for line in card if line.startswith("license:")]
    return next(filter(None, said), None) or LICENCES.get(split_id(source)[0])


def check_match(
    prior: Made, data: Dataset, labels: Iterable[int] = (), remedy: str | None = None
) -> None:
    """Makes sure that a prior and a data set belong together, and that it knows some classes.

    Raises:
        Refused: in a sentence that names both, and what to do.
    """
    if prior.coded is not None:
        _check_autoencoder(prior, *prior.coded)
    if prior.size not in (None, data.size):
        raise Refused(
            f"The prior {prior.name!r} makes images of {prior.size} x {prior.size} pixels, and "
            f"those of {data.name!r} are {data.size} x {data.size}: a set is scored against the "
            "data set, so it needs a prior of that size. " + (remedy or _prepare(prior, data))
        )
    known: dict[int, int] = {}
    for label in labels:
        other = known.setdefault(network_label(prior, data, label), label)
        if other != label:
            raise Refused(
                f"The classes {data.classes[other]!r} and {data.classes[label]!r} of "
                f"{data.name!r} are one class of the prior {prior.name!r}; rename one of them."
            )


def _check_autoencoder(prior: Made, image_channels: int, latent_channels: int) -> None:
    if latent_channels != prior.latent_shape[0]:
        raise Refused(
            f"The autoencoder of the prior {prior.name!r} makes latents of {latent_channels} "
            f"channels, and its network takes {prior.latent_shape[0]}: they are not of one prior. "
            "Put the autoencoder that the network was trained with into its folder vae/."
        )
    if image_channels != 3:
        raise Refused(
            f"The prior {prior.name!r} makes images of {image_channels} channels, and those of a "
            "data set here have 3, red, green and blue; choose another prior."
        )


def _prepare(prior: Made, data: Dataset) -> str:
    return (
        f"`python -m distiller prepare --dataset {data.name} --size {prior.size} --prior PRIOR "
        "--out DIR` makes a data set of the prior's size, if its images can be had so; or choose "
        f"a prior of {data.size} pixels."
    )


def network_label(prior: Made, data: Dataset, label: int) -> int:
    """The prior's label of a class of a data set: by its WordNet ID or index, else by its name.

    Raises:
        Refused: if the prior does not know the class, or the name alone does not tell which it is.
    """
    name = data.classes[label]
    if data.wnids:
        wnid = data.wnids[label]
        if wnid in prior.labels:
            return prior.labels[wnid]
        if is_imagenet(prior.labels):
            return class_list("imagenet-1k").wnids.index(wnid)
        if name in AMBIGUOUS:
            raise Refused(
                f"{name!r} of {data.name!r} is {wnid}, and the prior {prior.name!r} names its "
                "classes otherwise than ImageNet, where two share that word: call the class "
                f"{wnid} in the prior's id2label."
            )
    return named_label(prior, name)


def named_label(prior: Made, name: str) -> int:
    """The prior's label of a class by its name.

    Raises:
        Refused: if the prior was not trained on a class of that name, or names none.
    """
    if not prior.labels:
        raise Refused(
            f"The prior {prior.name!r} names no classes: its model_index.json has no id2label, "
            "which DiTPipeline.save_pretrained leaves out. Write them into a file "
            f'{prior.folder or "FOLDER"}/id2label.json, such as {{"0": "cat", "1": "dog"}}, in '
            "the order of its labels; that of a data set is printed by "
            "`python -m distiller datasets`."
        )
    if name not in prior.labels:
        raise Refused(unknown(f"class of the prior {prior.name!r} called", name, prior.labels))
    return prior.labels[name]
