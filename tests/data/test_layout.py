"""Layouts: what is a class, what is a split, and what is said of all else."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.data.splits import split_names
from distiller.errors import Refused
from tests.pictures import BLUE, GREY, RED, classes, encoded, pack, plain, put, read, reasons


@pytest.mark.parametrize("prefix", ["", "everything/", "a/b/"])
@pytest.mark.parametrize("zipped", [False, True])
def test_class_folders_are_split_by_a_seed(tmp_path: Path, prefix: str, zipped: bool) -> None:
    files = classes(20, prefix)
    path = pack(tmp_path / "x.zip", files) if zipped else put(tmp_path, files)
    found = read(path)
    assert found.classes == ("blue", "red")
    assert found.report.kept == {"blue": [18, 2], "red": [18, 2]}
    assert found.train.shape == (36, 8, 8, 3)
    assert found.test_labels.tolist() == [0, 0, 1, 1]
    for images, labels in ((found.train, found.train_labels), (found.test, found.test_labels)):
        for image, label in zip(images, labels, strict=True):
            assert (image == (BLUE, RED)[label]).all()


def test_the_split_depends_on_the_seed_alone(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    files = {
        f"{'ab'[k % 2]}/{k}.png": encoded(Image.fromarray(image)) for k, image in enumerate(noise)
    }
    path = put(tmp_path, files)
    one, again, other = read(path), read(path), read(path, seed=1)
    np.testing.assert_array_equal(one.test, again.test)
    assert not np.array_equal(one.test, other.test)


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "val")])
def test_given_splits_are_kept(tmp_path: Path, train: str, test: str) -> None:
    files = classes(12, f"set/{train}/") | classes(3, f"set/{test}/")
    found = read(put(tmp_path, files))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}


def test_a_validation_split_beside_a_test_split_is_named_as_unused(tmp_path: Path) -> None:
    found = read(put(tmp_path, classes(10, "train/") | classes(2, "test/") | classes(4, "valid/")))
    assert found.report.kept == {"blue": [10, 2], "red": [10, 2]}
    assert "8 files of the validation split are not used" in found.report.lines()[1]


def test_trains_may_be_a_class(tmp_path: Path) -> None:
    files = {f"{name}/{k}.png": plain() for name in ("train", "car") for k in range(12)}
    assert read(put(tmp_path, files)).classes == ("car", "train")


def test_what_systems_leave_behind_is_skipped_and_what_people_do_is_named(tmp_path: Path) -> None:
    files = classes() | {
        "__MACOSX/red/._00.png": b"x", ".DS_Store": b"x", "red/.hidden.png": b"x",
        "red/Thumbs.db": b"x", ".git/red/a.png": b"x",
        "notes.txt": b"x", "red/a.heic": b"x", "red/without": b"x", "stray.png": plain(),
    }  # fmt: skip
    for path in (put(tmp_path / "folder", files), pack(tmp_path / "x.zip", files)):
        assert reasons(read(path)) == {
            "notes.txt": "not a picture file (.txt)",
            "red/a.heic": "HEIC is not read here; save it as JPEG or PNG",
            "red/without": "not a picture file (no suffix)",
            "stray.png": "in no class folder",
        }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "needs a folder of pictures for each of at least two classes.*found none"),
        ({"a.png": plain()}, "found none"),
        ({f"a/{k}.png": plain() for k in range(30)}, "found only 'a'"),
        ({f"{c}/{k}.png": plain() for c in "ab" for k in range(5)}, "0 classes with at least 10"),
        ({f"{c}/{k}.png": b"x" for c in "ab" for k in range(20)}, "0 classes.*[\\s\\S]*40 files"),
        ({f"{c}/{k}.png": plain() for c in ("train", "test") for k in range(20)}, "found none"),
        ({f"{c}/{k}.png": plain() for c in ("a,b", "a b") for k in range(20)}, "named alike"),
    ],
)
def test_what_is_no_set_is_refused(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    with pytest.raises(Refused, match=words):
        read(put(tmp_path, files))


def test_expected_classes_are_found_in_their_order_and_missing_ones_named(tmp_path: Path) -> None:
    names = {"n2": "red thing", "red": "red thing", "blue": "blue thing"}
    path = put(tmp_path, classes() | {f"other/{k}.png": plain(GREY) for k in range(20)})
    found = read(path, names=names)
    assert found.classes == ("red thing", "blue thing")
    assert (found.train[found.train_labels == 0] == RED).all()
    with pytest.raises(Refused, match="no folder with pictures of green; found: blue, other, red"):
        read(path, names={**names, "green": "green"})


def test_names_are_class_names_that_can_be_typed(tmp_path: Path) -> None:
    names = {"Käse, alt": "Käse alt", "a\u0308b": "äb", "x\ty": "xy", "日本": "日本"}
    found = read(put(tmp_path, {f"{n}/{k}.png": plain() for n in names for k in range(12)}))
    assert set(found.classes) == {"Käse alt", "äb", "x y", "日本"}


# --------------------------------------------------------------------------------------- splits


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (["training_set", "test_set"], {"training_set": "train", "test_set": "test"}),
        (["Train", "Valid"], {"Train": "train", "Valid": "val"}),
        (["train2017", "val2017"], {"train2017": "train", "val2017": "val"}),
        (["TrainImages", "TestImages"], {"TrainImages": "train", "TestImages": "test"}),
        (
            ["seg_train", "seg_test", "seg_pred"],
            {"seg_train": "train", "seg_test": "test", "seg_pred": "unlabelled"},
        ),
        (
            ["asl_alphabet_train", "asl_alphabet_test"],
            {"asl_alphabet_train": "train", "asl_alphabet_test": "test"},
        ),
        (["train", "test tube", "car"], {"train": "train"}),
        (["steam train", "test"], {"test": "test"}),
        (["cats", "dogs", "Äpfel", "日本"], {}),
    ],
)
def test_splits_are_known_by_the_names_in_use(folders: list[str], splits: dict[str, str]) -> None:
    assert split_names(folders) == splits


@pytest.mark.parametrize(
    ("train", "test"),
    [("training_set", "test_set"), ("seg_train/seg_train", "seg_test/seg_test"), ("Train", "dev")],
)
def test_other_names_of_splits_are_read(tmp_path: Path, train: str, test: str) -> None:
    found = read(put(tmp_path, classes(12, f"{train}/") | classes(3, f"{test}/")))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}


def test_splits_may_lie_below_the_classes(tmp_path: Path) -> None:
    files = {
        f"{name}/{split}/{k}.png": plain(colour)
        for name, colour in (("red", RED), ("blue", BLUE))
        for split, n in (("train", 12), ("test", 3))
        for k in range(n)
    }
    found = read(put(tmp_path, files))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}
    assert (found.test[found.test_labels == 1] == RED).all()


def test_a_test_folder_without_training_classes_is_no_split(tmp_path: Path) -> None:
    files = classes(20, "train/") | {f"test/unlabeled/{k}.png": plain() for k in range(9)}
    found = read(put(tmp_path / "nested", files))
    assert found.report.kept == {"blue": [18, 2], "red": [18, 2]}
    said = " ".join(found.report.notes)
    assert "9 files of the test split are left out: there are no training pictures of unl" in said
    assert "a tenth of those for training is taken" in said
    flat = classes(20, "train/") | {f"test/{k}.png": plain() for k in range(9)}
    assert read(put(tmp_path / "flat", flat)).report.kept == {"blue": [18, 2], "red": [18, 2]}
    used = read(put(tmp_path / "nested", classes(5, "valid/")))  # there is another split
    assert used.report.kept == {"blue": [20, 5], "red": [20, 5]}


def test_a_class_without_test_pictures_gives_a_tenth_of_its_own(tmp_path: Path) -> None:
    files = classes(20, "train/", "red blue green") | classes(5, "test/")
    found = read(put(tmp_path, files))
    assert found.report.kept == {"blue": [20, 5], "green": [18, 2], "red": [20, 5]}
    assert "There are no test pictures of green: a tenth" in " ".join(found.report.notes)


@pytest.mark.parametrize("beside", ["docs/", "seg_pred/", "unlabeled/x/"])
def test_what_lies_beside_the_splits_is_named_and_no_class(tmp_path: Path, beside: str) -> None:
    files = classes(12, "train/") | classes(3, "test/")
    files |= {f"{beside}{k}.png": plain() for k in range(15)}
    found = read(put(tmp_path, files))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}
    folder = beside.split("/")[0]
    assert f"The folder '{folder}' is left out, 15 pictures" in " ".join(found.report.notes)


def test_ten_pictures_are_enough(tmp_path: Path) -> None:
    found = read(put(tmp_path, classes(10, names="red blue 10")))
    assert found.report.kept == {"10": [9, 1], "blue": [9, 1], "red": [9, 1]}
    given = read(put(tmp_path / "x", classes(10, "train/") | classes(1, "test/", "red")))
    assert given.report.kept == {"blue": [9, 1], "red": [10, 1]}


# -------------------------------------------------------------------------------------- classes


def test_domains_are_warned_of_and_the_level_of_the_classes_can_be_said(tmp_path: Path) -> None:
    files = classes(15, "pacs/photo/") | classes(15, "pacs/sketch/")
    path = put(tmp_path, files)
    found = read(path)
    assert found.classes == ("photo", "sketch")
    (note,) = found.report.notes
    assert "The classes are 'photo', 'sketch'" in note
    assert "'blue', 'red'. If those are the classes, train with --class-level 2." in note
    found = read(path, class_level=2)
    assert found.report.kept == {"blue": [27, 3], "red": [27, 3]}
    assert found.report.notes == []
    with pytest.raises(Refused, match=r"found none[\s\S]*60 files left out"):
        read(path, class_level=3)


def test_folders_that_classes_do_not_share_are_no_matter(tmp_path: Path) -> None:
    files = {f"{c}/{c}{k % 3}/{k}.png": plain() for c in ("a", "b") for k in range(12)}
    assert read(put(tmp_path, files)).report.notes == []


def test_a_folder_around_it_all_is_opened_though_a_picture_lies_beside(tmp_path: Path) -> None:
    files = classes(12, "x/archive/train/") | classes(3, "x/archive/val/")
    found = read(pack(tmp_path / "x.zip", files | {"x/cover.png": plain()}))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}
    assert reasons(found) == {"x/cover.png": "in no class folder"}


def test_a_class_that_begins_with_a_dot_is_named(tmp_path: Path) -> None:
    files = classes() | {f".hidden/{k}.png": plain() for k in range(3)} | {".config/a.txt": b"x"}
    for path in (put(tmp_path / "f", files), pack(tmp_path / "x.zip", files)):
        found = read(path)
        assert found.classes == ("blue", "red")
        (note,) = found.report.notes
        assert note.startswith("The folder '.hidden' and the 3 pictures in it are left out")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("train.zip", "an archive inside, which is not opened; unpack it first"),
        ("data-00000.parquet", "a parquet file is not read here; save its pictures in a folder"),
        ("scan.dcm", "DCM is not read here; save it as JPEG or PNG"),
    ],
)
def test_where_nothing_is_found_it_is_said_what_was(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(Refused, match=f"found none[\\s\\S]*{name}: {words}"):
        read(pack(tmp_path / "x.zip", {f"data/{name}": b"x"}))


# ------------------------------------------------------------------------------------- metadata


def lines(rows: dict[str, object], field: str = "label") -> bytes:
    return "\n".join(
        json.dumps({"file_name": name, field: value}) for name, value in rows.items()
    ).encode()


def flat(n: int = 30, prefix: str = "") -> dict[str, bytes]:
    """Pictures without class folders, red and blue in turn."""
    return {f"{prefix}{k:02}.png": plain((RED, BLUE)[k % 2]) for k in range(n)}


@pytest.mark.parametrize("prefix", ["", "set/", "set/train/", "set/images/"])
def test_classes_are_read_from_metadata(tmp_path: Path, prefix: str) -> None:
    rows: dict[str, object] = {f"{k:02}.png": ("red", "blue")[k % 2] for k in range(30)}
    files = flat(30, prefix) | {f"{prefix}metadata.jsonl": lines(rows)}
    found = read(pack(tmp_path / "x.zip", files))
    assert found.report.kept == {"blue": [13, 2], "red": [13, 2]}
    assert (found.train[found.train_labels == 0] == BLUE).all()
    assert "The classes are those of the field 'label'" in " ".join(found.report.notes)
    assert found.report.left_out == []


def test_metadata_may_be_a_table_with_a_mark_and_backslashes(tmp_path: Path) -> None:
    rows = [f"images\\{k:02}.png;{('red', 'blue')[k % 2]}" for k in range(30)]
    table = "\ufefffile_name;label\r\n" + "\r\n".join(rows)
    files = flat(30, "images/") | {"metadata.csv": table.encode()}
    assert read(put(tmp_path, files)).report.kept == {"blue": [13, 2], "red": [13, 2]}


def test_metadata_of_each_split_counts_and_numbers_order_the_classes(tmp_path: Path) -> None:
    rows = {f"{k:02}.png": 10 - k % 2 for k in range(30)}
    files = flat(30, "train/") | flat(4, "test/")
    files |= {f"{split}/metadata.jsonl": lines(dict(rows)) for split in ("train", "test")}
    found = read(put(tmp_path / "numbers", files))
    assert found.classes == ("9", "10")
    assert found.report.kept == {"9": [15, 2], "10": [15, 2]}
    named = b"\n".join(
        json.dumps(
            {"file_name": name, "label": label, "class_name": {9: "sea", 10: "ice"}[label]}
        ).encode()
        for name, label in rows.items()
    )
    found = read(put(tmp_path / "named", flat(30) | {"metadata.jsonl": named}))
    assert found.classes == ("sea", "ice")


def test_pictures_that_metadata_does_not_name_are_left_out_and_named(tmp_path: Path) -> None:
    rows: dict[str, object] = {f"{k:02}.png": ("red", "blue")[k % 2] for k in range(28)}
    found = read(put(tmp_path, flat(30) | {"metadata.jsonl": lines(rows)}))
    assert reasons(found) == dict.fromkeys(("28.png", "29.png"), "without a class in the metadata")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "Line 1 of metadata.jsonl is not a JSON object with a file_name."),
        (b'{"file_name": "red/00.png", "text": "a"}', "names no two classes of the pictures"),
        (b'{"file_name": "red/00.png", "label": "a"}', "names no two classes of the pictures"),
        (
            b'{"file_name": "red/00.png", "label": 1}\n{"file_name": "red/01.png", "label": 2}',
            "names not all of the pictures; folders name the classes",
        ),
        (b"\xff\xfe", "metadata.jsonl is not text in UTF-8."),
        (b'{"file_name": "../../../etc/passwd", "label": 1}', "names no two classes"),
    ],
)
def test_metadata_that_names_no_classes_leaves_it_to_the_folders(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    found = read(put(tmp_path, classes() | {"metadata.jsonl": content}))
    assert found.report.kept == {"blue": [18, 2], "red": [18, 2]}
    assert reasons(found)["metadata.jsonl"].startswith(reason)


def test_flat_pictures_whose_metadata_names_no_classes_are_refused_with_the_reason(
    tmp_path: Path,
) -> None:
    files = flat() | {"metadata.jsonl": lines({f"{k:02}.png": "a text" for k in range(30)}, "text")}
    with pytest.raises(Refused, match=r"found none[\s\S]*metadata.jsonl: names no two classes"):
        read(put(tmp_path, files))
