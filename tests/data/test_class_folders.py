"""Any folder or archive of pictures: what is kept, and what is left out and why."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.data.class_folders import load_pictures, read_pictures, save_pictures
from distiller.errors import Refused
from tests.pictures import classes, encoded, noisy, pack, plain, put, read, reasons


def test_classes_with_too_few_pictures_are_named_and_left_out(tmp_path: Path) -> None:
    few = {f"green/{k}.png": plain() for k in range(9)}
    found = read(put(tmp_path, classes() | few))
    assert found.classes == ("blue", "red")
    assert "Class 'green' left out: 9 pictures; 10 are needed." in found.report.lines()
    assert set(found.train_labels.tolist()) == {0, 1}


def test_broken_and_empty_files_are_named_and_never_a_black_picture(tmp_path: Path) -> None:
    broken = {
        "red/empty.png": b"",
        "red/text.png": b"no picture at all",
        "red/page.jpg": b"<html></html>",
        **{f"red/cut.{kind.lower()}": noisy(kind)[:-900] for kind in ("PNG", "JPEG", "WEBP")},
        "red/flipped.png": noisy("PNG")[:200] + b"\0" * 50 + noisy("PNG")[250:],
    }
    for path in (
        put(tmp_path / "f", classes() | broken),
        pack(tmp_path / "x.zip", classes() | broken),
    ):
        found = read(path)
        assert set(reasons(found)) == set(broken)
        assert reasons(found)["red/empty.png"] == "empty"
        assert reasons(found)["red/text.png"] == "not a picture that can be read"
        assert all(found.report.left_out[k][1] for k in range(len(broken)))
        assert found.report.kept == {"blue": [18, 2], "red": [18, 2]}
        assert min(image.max() for image in found.train) > 200


# --------------------------------------------------------------------------------------- ranges


def grey(level: int, bits: int = 16) -> bytes:
    """A picture of 16-bit greys, a ramp up to a share of level / 20 of so many bits."""
    ramp = np.linspace(0, (2**bits - 1) * level / 20, 16).round().astype(np.uint16)
    return encoded(Image.fromarray(np.tile(ramp, (16, 1))))


@pytest.mark.parametrize("name", ["x", "x.tgz"])
def test_the_range_of_deep_greys_is_found_over_all_of_them(tmp_path: Path, name: str) -> None:
    files = {f"{c}/{k}.png": grey(20 - k, 12) for c in ("a", "b") for k in range(20)}
    path = pack(tmp_path / name, files) if "." in name else put(tmp_path / name, files)
    found = read(path, 16)
    assert max(image.max() for image in found.train) == 255
    # Half as bright in the file is half as bright here: one range for all.
    brightest = sorted({int(image.max()) for image in np.concatenate([found.train, found.test])})
    np.testing.assert_allclose(brightest, 255 * np.arange(1, 21) / 20, atol=1)
    assert found.report.notes == [
        "40 pictures are greys of 16 bits, of which none uses more than 12: 4,095 is shown as "
        "white."
    ]


def test_greys_that_use_all_of_their_bits_are_left_as_they_are(tmp_path: Path) -> None:
    files = {f"{c}/{k}.png": grey(20) for c in ("a", "b") for k in range(20)}
    found = read(put(tmp_path, files), 16)
    assert found.report.notes == []
    np.testing.assert_allclose(found.train[0, 0, :, 0], np.linspace(0, 255, 16), atol=0.51)


def test_a_set_that_is_nearly_black_is_said_to_be(tmp_path: Path) -> None:
    masks = {f"{c}/{k}.png": plain((k % 21,) * 3) for c in ("a", "b") for k in range(20)}
    (note,) = read(put(tmp_path, masks)).report.notes
    assert note.startswith("40 of 40 pictures are nearly black: no pixel is brighter than 25")
    night = {f"red/dark{k}.png": plain((0, 0, 0)) for k in range(5)}
    assert read(put(tmp_path / "some", classes() | night)).report.notes == []


# -------------------------------------------------------------------------------------- on disk


def test_pictures_are_kept_and_mapped(tmp_path: Path) -> None:
    found = read(put(tmp_path / "set", classes() | {"red/x.png": b"x"}))
    save_pictures(found, tmp_path / "kept")
    again = load_pictures(tmp_path / "kept")
    assert isinstance(again.train, np.memmap)
    for name in ("train", "test", "train_labels", "test_labels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    assert (again.classes, again.key, again.report) == (found.classes, found.key, found.report)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    (tmp_path / "kept" / "test.npy").write_bytes(b"x")
    with pytest.raises(Refused, match="does not hold pictures that can be read"):
        load_pictures(tmp_path / "kept")


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    events = read_pictures(put(tmp_path, classes()), 8)
    event = next(events)
    assert (event.stage, event.i, event.n) == ("read", 0, 40)
    events.close()


def test_pictures_kept_by_an_earlier_version_are_of_the_first_level(tmp_path: Path) -> None:
    found = read(put(tmp_path / "set", classes()))
    save_pictures(found, tmp_path / "kept")
    about = tmp_path / "kept" / "pictures.json"
    about.write_text(about.read_text().replace('"class_level": 1,', ""))
    assert "class_level" not in about.read_text()
    assert load_pictures(tmp_path / "kept").class_level == 1


def test_pictures_are_the_same_wherever_they_lay(tmp_path: Path) -> None:
    one = read(put(tmp_path / "one", classes()))
    again = read(pack(tmp_path / "x.tgz", classes(20, "deep/in/")))
    assert one.are(again)
    assert one.key != again.key
    assert not one.are(read(put(tmp_path / "two", classes(21))))
    assert not one.are(read(put(tmp_path / "one", {"red/00.png": plain((0, 200, 0))})))
