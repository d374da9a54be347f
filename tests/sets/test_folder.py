"""Folders of distilled sets as they are read: what cannot be read is refused in words."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.sets.folder import SetOnDisk, dataset_of, read_set
from tests.pictures import encoded, pack, put


def test_folders_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no folder"):
        read_set(tmp_path / "nowhere", "01")
    with pytest.raises(Refused, match="holds no images"):
        read_set(tmp_path, "01")
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "0.png").write_bytes(b"not an image")
    with pytest.raises(Refused, match=r"0\.png is not a PNG"):
        read_set(tmp_path, "01")
    with pytest.raises(Refused, match=r"no manifest\.json"):
        dataset_of(tmp_path)
    (tmp_path / "manifest.json").write_text('{"dataset": {"name": ["digits"]}}')
    with pytest.raises(Refused, match="names no known data set"):
        dataset_of(tmp_path)
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(Refused, match="not a JSON object"):
        dataset_of(tmp_path)


def test_weights_are_read_from_the_metadata(tmp_path: Path) -> None:
    for name in ("0/0.png", "0/1.png", "3/0.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (32, 32)).save(tmp_path / name)
    classes = tuple("0123")
    assert read_set(tmp_path, classes).weights is None
    rows = [{"file_name": "3/0.png", "weight": 4}, {"file_name": "0/1.png", "weight": 0.5}]
    text = [json.dumps(row) for row in rows]
    (tmp_path / "metadata.jsonl").write_text("\n".join(text))
    with pytest.raises(Refused, match=r"without a weight: \['0/0.png'\]"):
        read_set(tmp_path, classes)
    text.append(json.dumps({"file_name": "0/0.png", "weight": 1}))
    (tmp_path / "metadata.jsonl").write_text("\n".join(text))
    weights = read_set(tmp_path, classes).weights
    assert weights is not None
    assert weights.tolist() == [1, 0.5, 4]
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "0/0.png", "weight": -1}')
    with pytest.raises(Refused, match=r"weight of 0/0\.png must be a number from 0"):
        read_set(tmp_path, classes)


# ------------------------------------------------------------------------- how sets may be named


def image(shade: int, kind: str = "PNG", size: int = 32) -> bytes:
    return encoded(Image.new("RGB", (size, size), (shade,) * 3), kind)


def shades(found: SetOnDisk) -> list[int]:
    return [int(x.mean().round()) for x in found.images]


DIGITS = tuple("0123456789")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("0.PNG", "PNG"), ("0.jpg", "JPEG"), ("0.JPEG", "JPEG"), ("a.webp", "WEBP"), ("0.png", "PNG")],
)
def test_images_are_read_whatever_their_suffix(tmp_path: Path, name: str, kind: str) -> None:
    found = read_set(put(tmp_path, {f"3/{name}": image(90, kind)}), DIGITS)
    assert found.files == (f"3/{name}",)
    assert found.labels.tolist() == [3]
    assert abs(shades(found)[0] - 90) < 3
    assert found.notes == ()


@pytest.mark.parametrize("form", ["folder", "x.zip", "x.tar", "x.tgz"])
@pytest.mark.parametrize("prefix", ["", "set/", "a/train/"])
def test_folders_and_archives_are_read_alike(tmp_path: Path, form: str, prefix: str) -> None:
    rows = [{"file_name": f"{k}/0.png", "weight": k} for k in (3, 7)]
    metadata = "\ufeff" + "\n".join(map(json.dumps, rows))
    files = {f"{prefix}{k}/0.png": image(20 * k) for k in (7, 3)}
    files |= {
        f"{prefix}metadata.jsonl": metadata.encode(),
        f"{prefix}manifest.json": b'{"dataset": {"name": "digits"}}',
        f"{prefix}3/Thumbs.db": b"x", ".ipynb_checkpoints/3/0.png": b"x", "notes.txt": b"x",
    }  # fmt: skip
    path = put(tmp_path / form, files) if form == "folder" else pack(tmp_path / form, files)
    found = read_set(path, DIGITS)
    assert (found.labels.tolist(), shades(found)) == ([3, 7], [60, 140])
    assert found.files == ("3/0.png", "7/0.png")
    assert found.weights is not None
    assert found.weights.tolist() == [3, 7]
    assert found.notes == ()
    assert dataset_of(path) == "digits"


def test_classes_are_known_by_name_by_folder_and_by_wordnet_id(tmp_path: Path) -> None:
    classes = DATASETS["imagenette"].classes
    files = {
        "n01440764/0.png": image(10), "English springer/0.png": image(20),
        "Cassette_Player/0.png": image(30), "n03000684/0.png": image(40),
        "n02099601/0.png": image(0),
    }  # fmt: skip
    found = read_set(put(tmp_path, files), classes)
    assert (found.labels.tolist(), shades(found)) == ([0, 1, 2, 3], [10, 20, 30, 40])
    (note,) = found.notes
    assert note.startswith("Left out, for they name no class: n02099601/ (1). Expected: tench, ")
    with pytest.raises(Refused, match=r"named 0, 1, 2.* Its folders with images are Cass"):
        read_set(tmp_path, DIGITS)


def test_names_that_are_alike_but_for_their_case_are_told_apart(tmp_path: Path) -> None:
    found = read_set(put(tmp_path, {"a/0.png": image(1), "A/0.png": image(2)}), ("A", "a"))
    assert shades(found) == [2, 1]
    with pytest.raises(Refused, match="holds no images"):
        read_set(put(tmp_path / "x", {"a-b/0.png": image(1)}), ("a b", "a_b"))


def test_beside_a_split_for_training_the_others_are_left_out_and_named(tmp_path: Path) -> None:
    files = {f"{split}/3/0.png": image(k) for k, split in enumerate(("test", "train", "val"))}
    found = read_set(put(tmp_path, files), DIGITS)
    assert shades(found) == [1]
    assert found.notes == ("The set is train/; test/, val/ is not read.",)
    with pytest.raises(Refused, match="class folders in several places: one/, two/"):
        read_set(put(tmp_path / "x", {f"{s}/3/0.png": image(1) for s in ("one", "two")}), DIGITS)


def test_a_set_without_class_folders_is_read_by_its_metadata(tmp_path: Path) -> None:
    rows = [
        {"file_name": "0.png", "label": 2},
        {"file_name": "1.png", "label": 0, "class_name": "ant"},
        {"file_name": "2.png", "label": "bee"},
        {"file_name": "3.png", "label": 9},
    ]
    files = {f"{k}.png": image(10 * k) for k in range(4)}
    files["metadata.jsonl"] = "\n".join(map(json.dumps, rows)).encode()
    found = read_set(put(tmp_path, files), ("ant", "bee", "cat"))
    assert (found.labels.tolist(), shades(found)) == ([0, 1, 2], [10, 20, 0])


def test_pictures_that_are_not_read_are_named(tmp_path: Path) -> None:
    files = {"3/0.png": image(1), "3/1.gif": image(2, "GIF"), "3/latents.pt": b"x"}
    found = read_set(put(tmp_path, files), DIGITS)
    assert found.notes == ("Left out: 3/1.gif, which is not a PNG, JPEG or WebP file.",)


def test_links_in_a_folder_of_one_s_own_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    real = put(tmp_path / "real", {"0.png": image(50)})
    (tmp_path / "set" / "3").mkdir(parents=True)
    (tmp_path / "set" / "3" / "1.png").symlink_to(real / "0.png")
    (tmp_path / "set" / "7").symlink_to(real)
    (tmp_path / "set" / "3" / "up").symlink_to(tmp_path / "set")
    assert shades(read_set(tmp_path / "set", DIGITS)) == [50, 50]


def test_greys_and_transparency_are_read_as_in_training(tmp_path: Path) -> None:
    deep = Image.fromarray(np.full((32, 32), 32768, np.uint16))
    layer = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    found = read_set(put(tmp_path, {"3/0.png": encoded(deep), "3/1.png": encoded(layer)}), DIGITS)
    assert shades(found) == [128, 255]
