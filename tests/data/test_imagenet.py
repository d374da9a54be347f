"""ImageNet's subsets: from a root, an archive or a download; streamed, resumed, refused."""

import hashlib
import os
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from distiller.data import streamed
from distiller.data.class_folders import Pictures
from distiller.data.class_list import AMBIGUOUS, class_list, is_imagenet
from distiller.data.imagenet import SUBSETS, load_subset
from distiller.data.picture import decode
from distiller.data.registry import DATASETS, load, load_here
from distiller.data.sized import load_at
from distiller.errors import Refused
from distiller.event import finish
from distiller.machine.torchvision_shim import declare_missing_operators
from tests.imagenet import WNIDS, root_files, write_root
from tests.pictures import pack

declare_missing_operators()

NETTE = SUBSETS["imagenette"]


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("DISTILLER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DISTILLER_IMAGENET", raising=False)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_root(tmp_path / "imagenet")
    monkeypatch.setenv("DISTILLER_IMAGENET", str(folder))
    return folder


def classes_of(pictures: Pictures, split: str) -> list[int]:
    """The classes that the pictures' means tell."""
    return [round((float(image.mean()) - 20) / 20) for image in getattr(pictures, split)]


# ---------------------------------------------------------------------------------- class lists


def test_the_thousand_classes_are_those_that_other_libraries_list() -> None:
    from timm.data import ImageNetInfo
    from torchvision.models._meta import _IMAGENET_CATEGORIES

    known, info = class_list("imagenet-1k"), ImageNetInfo()
    assert known.indices == tuple(range(1000))
    assert list(known.wnids) == info.label_names()
    assert list(known.names) == _IMAGENET_CATEGORIES
    assert len(set(known.names)) == 1000
    for name, described in zip(known.names, info.label_descriptions(), strict=True):
        assert name in AMBIGUOUS or name in [part.strip() for part in described.split(",")]


@pytest.mark.parametrize("name", sorted(SUBSETS))
def test_a_subset_agrees_with_the_thousand(name: str) -> None:
    known, found = class_list("imagenet-1k"), class_list(name)
    count = {"imagenet-1k": 1000, "imagenet-100": 100, "tiny-imagenet": 200}.get(name, 10)
    assert len(found.wnids) == len(set(found.wnids)) == len(found.names) == count
    for wnid, index, called in zip(found.wnids, found.indices, found.names, strict=True):
        assert (known.wnids[index], known.names[index]) == (wnid, called)
    assert DATASETS[name].wnids == found.wnids
    assert DATASETS[name].classes == found.names


def test_subsets_contain_each_other_as_the_papers_say() -> None:
    assert class_list("imageidc").wnids == class_list("imagenet-100").wnids[:10]
    assert set(class_list("imageidc").indices) == {64, 74, 176, 236, 374, 452, 503, 882, 904, 993}
    woof = (193, 182, 258, 162, 155, 167, 159, 273, 207, 229)
    assert class_list("imagewoof").indices == woof
    nette = (0, 217, 482, 491, 497, 566, 569, 571, 574, 701)
    assert class_list("imagenette").indices == nette
    letters = [wnid for k in "abcde" for wnid in class_list(f"imagenet-{k}").wnids]
    assert {wnid: n for wnid, n in Counter(letters).items() if n > 1} == {}
    assert len(class_list("cifar100").names) == 100
    assert class_list("cifar100").wnids == ()


def test_labels_are_imagenets_only_if_every_index_is() -> None:
    from timm.data import ImageNetInfo

    from distiller.diffusion.pipeline import labels_of

    described = {str(k): name for k, name in enumerate(ImageNetInfo().label_descriptions())}
    labels = labels_of(described)
    assert is_imagenet(labels)
    for index, name in enumerate(class_list("imagenet-1k").names):
        assert labels.get(name) == index or name in AMBIGUOUS
    swapped = described | {"0": described["1"], "1": described["0"]}
    assert not is_imagenet(labels_of(swapped))
    assert not is_imagenet({"tench": 0})


# ----------------------------------------------------------------------------------- from a root


def test_a_root_is_read_at_the_size_asked_for(root: Path) -> None:
    data = finish(load_at("imagenette", 48, root.parent / "out"))
    assert data.train.images.shape == (110, 48, 48, 3)
    assert data.test.images.shape == (20, 48, 48, 3)
    assert isinstance(data.train.images, np.memmap)
    assert data.wnids == WNIDS
    first = sorted((root / "train" / WNIDS[3]).iterdir())[0].read_bytes()
    np.testing.assert_array_equal(data.train.images[33], decode(first, 48))


@pytest.mark.parametrize("flat", [False, True])
def test_test_pictures_are_found_in_folders_or_by_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: bool
) -> None:
    write_root(tmp_path / "imagenet", root_files(flat=flat))
    monkeypatch.setenv("DISTILLER_IMAGENET", str(tmp_path / "imagenet"))
    found = finish(load_subset(NETTE, 32))
    assert found.test_labels.tolist() == classes_of(found, "test")
    assert found.train_labels.tolist() == classes_of(found, "train")
    assert "smaller than asked for" not in " ".join(found.report.notes)


def test_small_pictures_are_enlarged_and_counted(root: Path) -> None:
    found = finish(load_subset(NETTE, 64))
    assert "100 of 130 pictures are smaller than asked for" in " ".join(found.report.notes)


def test_an_archive_is_found_the_largest_first(tmp_path: Path) -> None:
    small = root_files(train=10, test=1)
    pack(tmp_path / "data" / "imagenette2-160.zip", small)
    pack(tmp_path / "data" / "imagenette2-320.tgz", root_files())
    found = finish(load_subset(NETTE, 32))
    assert len(found.train) == 110
    assert found.train_labels.tolist() == classes_of(found, "train")


def test_a_public_subset_is_downloaded_once_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(tmp_path / "imagenette2-320.tgz", root_files())
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    public = replace(NETTE, url=archive.as_uri(), checksum=checksum)
    assert len(finish(load_subset(public, 32)).train) == 110
    archive.unlink()
    monkeypatch.setattr(streamed, "decode", None)  # whoever decodes fails
    assert len(finish(load_subset(public, 32)).train) == 110
    broken = pack(tmp_path / "broken.tgz", root_files())
    with pytest.raises(Refused, match=f"not the published {checksum[:9]}.*DISTILLER_IMAGENET, or"):
        finish(load_subset(replace(public, url=broken.as_uri(), name="imagewoof"), 32))


def test_a_root_goes_before_an_archive(root: Path, tmp_path: Path) -> None:
    pack(tmp_path / "data" / "imagenette2.zip", root_files(train=10, test=1))
    assert len(finish(load_subset(NETTE, 32)).train) == 110


def test_imagenette_at_128_stays_the_photographs(root: Path, tmp_path: Path) -> None:
    pack(tmp_path / "data" / "imagenette128.zip", root_files(train=10, test=1))
    assert load("imagenette").train.images.shape == (100, 128, 128, 3)


def test_tiny_imagenet_is_read_by_its_table(tmp_path: Path) -> None:
    wnids = class_list("tiny-imagenet").wnids
    files, table = {}, []
    picture = root_files(train=10, test=1)
    shades = [picture[f"train/{w}/{w}_{k}.JPEG"] for w in WNIDS for k in range(1)]
    for label, wnid in enumerate(wnids):
        for k in range(10):
            files[f"tiny-imagenet-200/train/{wnid}/images/{wnid}_{k}.JPEG"] = shades[label % 10]
        files[f"tiny-imagenet-200/val/images/val_{label}.JPEG"] = shades[label % 10]
        table.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t9\t9")
    files["tiny-imagenet-200/val/val_annotations.txt"] = "\n".join(table).encode()
    files["tiny-imagenet-200/test/images/test_0.JPEG"] = shades[0]
    pack(tmp_path / "data" / "tiny-imagenet-200.zip", files)
    found = finish(load_subset(SUBSETS["tiny-imagenet"], 16))
    assert found.train.shape == (2000, 16, 16, 3)
    assert found.test_labels.tolist() == list(range(200))
    assert [label % 10 for label in found.test_labels] == classes_of(found, "test")


# ------------------------------------------------------------------------------ stopped, damaged


def test_stopped_it_goes_on_and_ends_with_the_same_bytes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "train" / WNIDS[0] / f"{WNIDS[0]}_1.JPEG").write_bytes(b"broken")
    (root / "val" / WNIDS[4] / "notes.txt").write_bytes(b"not a picture")
    whole = finish(load_subset(NETTE, 32, root.parent / "whole"))
    with closing(load_subset(NETTE, 32, root.parent / "halved")) as events:
        for _ in range(60):
            next(events)
    decoded: list[int] = []
    monkeypatch.setattr(streamed, "decode", lambda c, s: (decoded.append(1), decode(c, s))[1])
    again = finish(load_subset(NETTE, 32, root.parent / "halved"))
    assert len(decoded) == 130 - 60
    assert len(again.train) == 109
    for name in ("train.npy", "test.npy", "train_labels.npy", "test_labels.npy", "pictures.json"):
        one, other = (root.parent / kind / name for kind in ("whole", "halved"))
        assert one.read_bytes() == other.read_bytes()
    assert again.report.left_out == whole.report.left_out
    assert again.report.left_out[0][0] == f"train/{WNIDS[0]}/{WNIDS[0]}_1.JPEG"
    assert again.train_labels.tolist() == classes_of(again, "train")


def test_killed_while_rows_move_up_it_decodes_them_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "train" / WNIDS[0] / f"{WNIDS[0]}_1.JPEG").write_bytes(b"broken")
    whole = finish(load_subset(NETTE, 32, root.parent / "whole"))
    move = streamed._closed_up

    def killed(path: Path, rows: list[int], size: int) -> None:
        move(path, rows[:40], size)
        raise KeyboardInterrupt

    monkeypatch.setattr(streamed, "_closed_up", killed)
    with pytest.raises(KeyboardInterrupt):
        finish(load_subset(NETTE, 32, root.parent / "halved"))
    monkeypatch.setattr(streamed, "_closed_up", move)
    again = finish(load_subset(NETTE, 32, root.parent / "halved"))
    np.testing.assert_array_equal(again.train, whole.train)


def test_nothing_is_decoded_twice(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(load_subset(NETTE, 32))
    monkeypatch.setattr(streamed, "decode", None)  # whoever decodes fails
    assert len(finish(load_subset(NETTE, 32)).train) == 110


def test_other_pictures_are_not_taken_for_these(root: Path) -> None:
    folder = root.parent / "out"
    finish(load_subset(NETTE, 32, folder))
    path = root / "train" / WNIDS[0] / f"{WNIDS[0]}_0.JPEG"
    os.utime(path, ns=(1, 1))
    path.write_bytes((root / "train" / WNIDS[9] / f"{WNIDS[9]}_0.JPEG").read_bytes())
    found = finish(load_subset(NETTE, 32, folder))
    assert classes_of(found, "train")[0] == 9


# -------------------------------------------------------------------------------------- refused


def test_what_is_missing_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match=r"'Australian terrier' cannot be read in .*n02096294"):
        load("imagewoof")
    for path in (root / "train" / WNIDS[2]).iterdir():
        if not path.name.endswith("_0.JPEG"):
            path.unlink()
    with pytest.raises(Refused, match=r"1 training and 2 test pictures of 'cassette player'"):
        finish(load_subset(NETTE, 32))
    monkeypatch.setenv("DISTILLER_IMAGENET", str(root / "val"))
    with pytest.raises(Refused, match="has no train/ with a folder for each class"):
        load("imageidc")
    assert not DATASETS["imageidc"].here()
    monkeypatch.delenv("DISTILLER_IMAGENET")
    with pytest.raises(Refused, match=r"is not public. Name the folder of ImageNet.*IMAGENET"):
        load("imageidc")
    with pytest.raises(Refused, match="name the folder of ImageNet in DISTILLER_IMAGENET"):
        _ = load_here("imageidc").train.images


def test_a_flat_test_folder_without_a_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = root_files(flat=True)
    table = files.pop("LOC_val_solution.csv")
    write_root(tmp_path / "imagenet", files)
    monkeypatch.setenv("DISTILLER_IMAGENET", str(tmp_path / "imagenet"))
    with pytest.raises(Refused, match=r"no LOC_val_solution.csv"):
        finish(load_subset(NETTE, 32))
    (tmp_path / "imagenet" / "LOC_val_solution.csv").write_bytes(table)
    (tmp_path / "imagenet" / "val" / "ILSVRC2012_val_00000001.JPEG").unlink()
    with pytest.raises(Refused, match=r"names .*00000001.JPEG, which is not there"):
        finish(load_subset(NETTE, 32))


def test_a_disk_without_room_is_refused_before_anything_is_decoded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "SPARE", 2**60)
    with pytest.raises(Refused, match=r"130 pictures at 32 x 32 need .* GB"):
        finish(load_subset(NETTE, 32))


def test_a_data_set_of_one_size_comes_at_no_other(tmp_path: Path) -> None:
    data = finish(load_at("digits", 32, tmp_path / "digits"))
    assert data.train.images.shape[1:] == (32, 32, 3)
    with pytest.raises(Refused, match="Digits comes at 32 pixels alone; 256 were asked for"):
        finish(load_at("digits", 256, tmp_path / "digits256"))
