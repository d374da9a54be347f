"""Public sets of photographs: found where they lie, downloaded and checked where they do not."""

import hashlib
import io
import tarfile
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.data import registry
from distiller.data.photographs import (
    CIFAR10,
    CIFAR100,
    IMAGENETTE,
    IMAGENETTE64,
    Photographs,
    find,
    load_photographs,
)
from distiller.data.registry import load
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.machine.web import download
from distiller.methods import make_methods
from distiller.recipes.loop import Settings, distill
from distiller.training.prior import train_prior
from distiller.training.spec import PRESETS
from tests.tiny import train_in_a_moment

NOWHERE = "http://127.0.0.1:9/cifar-10-binary.tar.gz"  # nobody listens on the discard port


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("DISTILLER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))


def picture(shade: int, size: int = 32, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), (shade, shade, shade)).save(buffer, format=kind, quality=95)
    return buffer.getvalue()


def members(which: Photographs, test: str = "test", n: int = 10) -> dict[str, bytes]:
    """Class k has pictures of shade 20 k."""
    folders = list(which.folders)[:10]
    return {
        f"{split}/{folder}/{i}.jpg": picture(20 * k)
        for k, folder in enumerate(folders)
        for split, count in (("train", n), (test, 2))
        for i in range(count)
    }


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes]) -> str:
    """Writes a .tgz; returns its MD5."""
    with tarfile.open(path, "w:gz") as file:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return hashlib.md5(path.read_bytes()).hexdigest()


def shades(images: Any) -> list[int]:
    return [round(float(image.mean()) / 20) for image in images]


@pytest.mark.parametrize(
    ("which", "name", "test"),
    [
        (CIFAR10, "cifar10.zip", "test"),
        (CIFAR10, "CIFAR-10.zip", "test"),
        (IMAGENETTE, "imagenette128.zip", "val"),
        (IMAGENETTE, "imagenette2-160.zip", "val"),
        (IMAGENETTE64, "imagenette128.zip", "val"),
    ],
)
def test_a_zip_is_found_and_read(tmp_path: Path, which: Photographs, name: str, test: str) -> None:
    pack(tmp_path / "data" / name, members(which, test))
    data = load(which.name)
    assert data.classes == which.classes == registry.DATASETS[which.name].classes
    assert data.train.images.shape == (100, which.size, which.size, 3)
    assert data.train.labels.tolist() == sorted(list(range(10)) * 10)
    assert shades(data.train.images) == data.train.labels.tolist()
    assert shades(data.test.images) == data.test.labels.tolist() == sorted(list(range(10)) * 2)


def test_a_download_may_be_put_there_as_it_is(tmp_path: Path) -> None:
    files = {f"imagenette2-160/{k}": v for k, v in members(IMAGENETTE, "val").items()}
    tarred(tmp_path / "data" / "imagenette2-160.tgz", files)
    data = load("imagenette")
    assert shades(data.train.images) == data.train.labels.tolist()


def test_a_folder_is_read_by_wordnet_ids_or_by_names(tmp_path: Path) -> None:
    assert IMAGENETTE.classes[:2] == ("tench", "English springer")
    for name, content in members(IMAGENETTE, "val").items():
        split, folder, file = name.split("/")
        called = IMAGENETTE.folders[folder].replace(" ", "_") if folder > "n03" else folder
        place = tmp_path / "data" / "imagenette" / split / called / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    data = load("imagenette")
    assert data.classes == IMAGENETTE.classes
    assert shades(data.train.images) == data.train.labels.tolist()


def test_the_second_load_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "data" / "cifar10.zip", members(CIFAR10))
    first = load("cifar10")
    monkeypatch.setattr("distiller.data.class_folders.decode", None)  # whoever decodes fails
    again = load("cifar10")
    assert isinstance(again.train.images, np.memmap)
    np.testing.assert_array_equal(first.train.images, again.train.images)
    monkeypatch.undo()
    pack(path, {name: picture(200) for name in members(CIFAR10)})
    monkeypatch.setenv("DISTILLER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    assert load("cifar10").train.images.min() > 190  # another file is another key


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(tmp_path / "data" / "cifar10.zip", members(CIFAR10))
    monkeypatch.setenv("DISTILLER_CACHE", "/dev/null/nowhere")
    assert len(load("cifar10").train.images) == 100


@pytest.mark.parametrize("lacking", ["train/dog/", "train/ship/0.jpg"])
def test_a_set_that_is_not_whole_is_refused(tmp_path: Path, lacking: str) -> None:
    files = {k: v for k, v in members(CIFAR10).items() if not k.startswith(lacking)}
    if lacking == "train/dog/":
        files = {k: v for k, v in files.items() if "/dog/" not in k}
    pack(tmp_path / "data" / "cifar10.zip", files)
    with pytest.raises(Refused, match=lacking.split("/")[1]):
        load("cifar10")


@pytest.mark.parametrize("named", [True, False])
def test_without_a_network_it_is_said_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    if not named:
        monkeypatch.delenv("DISTILLER_DATA")
    with pytest.raises(Refused) as caught:
        finish(load_photographs(replace(CIFAR10, url=NOWHERE)))
    words = str(caught.value)
    assert "CIFAR-10 is not on this machine" in words
    assert "Put cifar10.zip, or a folder cifar10 with train/<class>/ and test/<class>/" in words
    assert (str(tmp_path / "data") if named else "name it in DISTILLER_DATA") in words
    assert "\n" not in words
    assert not list((tmp_path / "cache").iterdir())


def test_a_missing_set_breaks_no_other(tmp_path: Path) -> None:
    assert find(CIFAR10) is None
    assert not registry.DATASETS["cifar10"].here()
    assert registry.DATASETS["digits"].here()
    assert load("digits").size == 32
    assert registry.dataset_table()["imagenette"]["size"] == 128
    pack(tmp_path / "data" / "cifar10.zip", {})
    assert registry.DATASETS["cifar10"].here()


def test_cifar10_is_downloaded_once_and_read_from_its_records(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (70, 32, 32, 3), dtype=np.uint8)
    labels = np.tile(np.arange(10, dtype=np.uint8), 7)
    records = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(70, -1)], 1)
    files = {f"cifar/data_batch_{k}.bin": records[10 * k : 10 * k + 10].tobytes() for k in range(5)}
    files |= {"cifar/test_batch.bin": records[50:].tobytes(), "cifar/readme.html": b"x"}
    md5 = tarred(tmp_path / "cifar.tar.gz", files)
    which = replace(CIFAR10, url=(tmp_path / "cifar.tar.gz").as_uri(), md5=md5)
    found = finish(load_photographs(which))
    assert (len(found.train), len(found.test)) == (50, 20)
    order = np.argsort(labels[:50], kind="stable")
    np.testing.assert_array_equal(found.train, images[:50][order])
    np.testing.assert_array_equal(found.train_labels, labels[:50][order])
    (tmp_path / "cifar.tar.gz").unlink()
    np.testing.assert_array_equal(finish(load_photographs(which)).test, found.test)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"cifar10-32-{md5[:16]}"]


def test_cifar100_is_read_by_its_fine_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (300, 32, 32, 3), dtype=np.uint8)
    labels = np.tile(np.arange(100, dtype=np.uint8), 3)
    coarse = labels[:, None] // 5
    pixels = images.transpose(0, 3, 1, 2).reshape(300, -1)
    records = np.concatenate([coarse, labels[:, None], pixels], 1)
    files = {"cifar/train.bin": records[:200].tobytes(), "cifar/test.bin": records[200:].tobytes()}
    files["cifar/fine_label_names.txt"] = b"apple"
    md5 = tarred(tmp_path / "cifar.tar.gz", files)
    found = finish(
        load_photographs(replace(CIFAR100, url=(tmp_path / "cifar.tar.gz").as_uri(), md5=md5))
    )
    assert found.classes[:2] == ("apple", "aquarium fish")
    assert found.train_labels.tolist() == sorted(labels[:200].tolist())
    np.testing.assert_array_equal(found.test, images[200:])


def test_imagenette_is_downloaded_once_and_packed_anew(tmp_path: Path) -> None:
    files = {f"imagenette2-160/{k}": v for k, v in members(IMAGENETTE, "val").items()}
    files["imagenette2-160/noisy.csv"] = b"x"
    md5 = tarred(tmp_path / "x.tgz", files)
    which = replace(IMAGENETTE, url=(tmp_path / "x.tgz").as_uri(), md5=md5)
    stages = set()
    events = load_photographs(which)
    try:
        while True:
            stages.add(next(events).stage)
    except StopIteration as stop:
        found = stop.value
    assert stages == {"download imagenette", "read"}
    assert shades(found.train) == found.train_labels.tolist()
    (tmp_path / "x.tgz").unlink()
    assert len(finish(load_photographs(which)).train) == 100


def test_another_file_than_the_published_one_is_refused(tmp_path: Path) -> None:
    tarred(tmp_path / "x.tgz", {"a": b"b"})
    which = replace(CIFAR10, url=(tmp_path / "x.tgz").as_uri())
    with pytest.raises(Refused, match=f"not the published {CIFAR10.md5}"):
        finish(load_photographs(which))
    assert not list((tmp_path / "cache").iterdir())
    with pytest.raises(Refused, match="could not be downloaded"):
        finish(download((tmp_path / "gone").as_uri(), tmp_path / "y", "", "x"))


def test_a_server_is_read_to_its_end_and_its_refusal_is_told(tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(2**20 + 5)
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "file.bin").write_bytes(content)
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        md5 = hashlib.md5(content).hexdigest()
        path = finish(download(f"{address}/file.bin", tmp_path / "got", md5, "download"))
        assert path.read_bytes() == content
        with pytest.raises(Refused, match="gone could not be downloaded"):
            finish(download(f"{address}/gone", tmp_path / "other", md5, "download"))
        server.shutdown()
    assert not (tmp_path / "other").exists()


class Quiet(SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_stopped_download_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(3 * 2**20))
    events = download((tmp_path / "large").as_uri(), tmp_path / "cache" / "large", "", "download")
    event = next(events)
    assert (event.stage, event.i, event.n) == ("download", 0, 3)
    events.close()
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.slow
def test_a_prior_of_photographs_is_trained_and_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The presets with small networks: what they train is a prior of that data set."""
    train_in_a_moment(monkeypatch)
    for which, test in ((CIFAR10, "test"), (IMAGENETTE, "val")):
        pack(tmp_path / "data" / f"{which.name}.zip", members(which, test))
        preset = PRESETS[which.name]
        spec = replace(
            preset, channels=(8,) * len(preset.channels), autoencoder_steps=3,
            autoencoder_batch=4, width=12, depth=2, heads=2, steps=3, batch=4, start="",
            decoder_steps=2,
        )  # fmt: skip
        data, out = load(which.name), tmp_path / which.name
        finish(train_prior(data, out, spec, torch.device("cpu")))
        prior = load_prior(out, "cpu")
        side = which.size // 2 ** (len(preset.channels) - 1)
        assert prior.latent_shape == (preset.latent_channels, side, side)
        assert side // preset.patch == 8  # 64 tokens
        assert list(prior.labels) == list(which.classes)
        made = finish(distill(make_methods("mmd"), prior, data, Settings(2, 2, cfg_scale=2), [3]))
        assert made.images.shape == (2, which.size, which.size, 3)
