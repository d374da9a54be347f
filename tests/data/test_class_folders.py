"""Any folder or zip of pictures: what is kept, what is left out and why, and what is refused."""

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from distiller.data import archive, class_folders
from distiller.data import picture as pictures
from distiller.data.class_folders import (
    Pictures,
    load_pictures,
    read_pictures,
    save_pictures,
)
from distiller.data.picture import decode
from distiller.errors import Refused
from distiller.event import finish

RED, BLUE, GREY, WHITE = (220, 20, 30), (20, 40, 210), (90, 90, 90), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def plain(colour: tuple[int, ...] = RED, size: tuple[int, int] = (16, 16)) -> bytes:
    return encoded(Image.new("RGB", size, colour))


def halves(top: tuple[int, ...], bottom: tuple[int, ...], side: int = 32) -> Image.Image:
    image = Image.new("RGB", (side, side), top)
    image.paste(bottom, (0, side // 2, side, side))
    return image


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def classes(n: int = 20, prefix: str = "") -> dict[str, bytes]:
    """n pictures each of a red and a blue class."""
    return {
        f"{prefix}{name}/{k:02}.png": plain(colour)
        for name, colour in (("red", RED), ("blue", BLUE))
        for k in range(n)
    }


def read(path: Path, size: int = 8, **options: Any) -> Pictures:
    return finish(read_pictures(path, size, **options))


def reasons(found: Pictures) -> dict[str, str]:
    return {row[0]: row[1] for row in found.report.left_out}


# -------------------------------------------------------------------------------------- layouts


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


def test_classes_with_too_few_pictures_are_named_and_left_out(tmp_path: Path) -> None:
    few = {f"green/{k}.png": plain() for k in range(9)}
    found = read(put(tmp_path, classes() | few))
    assert found.classes == ("blue", "red")
    assert "Class 'green' left out: 8 training pictures; 10 are needed." in found.report.lines()
    assert set(found.train_labels.tolist()) == {0, 1}


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


def test_names_that_are_no_text_can_be_printed_and_kept(tmp_path: Path) -> None:
    path = put(tmp_path / "set", classes())
    for name in (b"red/\xff\xfe.png", b"red/\x1b[31m.txt"):
        Path(os.fsdecode(bytes(path) + b"/" + name)).write_bytes(b"x")
    (path / os.fsdecode(b"gr\xfcn")).mkdir()
    for k in range(12):
        (path / os.fsdecode(b"gr\xfcn") / f"{k}.png").write_bytes(plain())
    found = read(path)
    "\n".join(found.report.lines()).encode()
    assert "  red/??.png: not a picture that can be read" in found.report.lines()
    assert "  red/?[31m.txt: not a picture file (.txt)" in found.report.lines()
    assert set(found.classes) == {"red", "blue", "gr n"}
    save_pictures(found, tmp_path / "kept")
    assert load_pictures(tmp_path / "kept").report == found.report


def test_names_of_a_zip_without_the_utf8_flag_are_understood(tmp_path: Path) -> None:
    files = {f"{c}/{k}.png": plain() for c in ("QQ", "b") for k in range(12)}
    path = pack(tmp_path / "x.zip", files)
    path.write_bytes(path.read_bytes().replace(b"QQ/", "é/".encode()))
    assert set(read(path).classes) == {"b", "é"}


# ------------------------------------------------------------------------------------- decoding


def test_photographs_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned = decode(encoded(halves(RED, BLUE), "JPEG", exif=exif, quality=95), 32)
    assert np.abs(turned[4, 16].astype(int) - BLUE).max() < 12
    assert np.abs(turned[28, 16].astype(int) - RED).max() < 12


def test_what_is_transparent_lies_on_white() -> None:
    layer = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    layer.paste((*RED, 255), (0, 8, 16, 16))
    half = Image.new("LA", (16, 16), (0, 128))
    palette = Image.new("P", (16, 16), 0)
    palette.putpalette([0, 0, 0, *RED])
    for content in (encoded(layer), encoded(layer, "WEBP", lossless=True)):
        assert (decode(content, 16)[2] == WHITE).all()
        assert (decode(content, 16)[12] == RED).all()
    assert (decode(encoded(palette, transparency=0), 16) == WHITE).all()
    assert np.abs(decode(encoded(half), 16).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "LAB"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "LAB": "TIFF"}.get(mode, "PNG")
    content = encoded(Image.new("RGB", (16, 16), WHITE).convert(mode) if mode != "LAB" else
                      Image.new("LAB", (16, 16), (255, 128, 128)), kind)  # fmt: skip
    pixels = decode(content, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.min() > 245  # white stays white


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 16).round().astype(np.uint16)
    pixels = decode(encoded(Image.fromarray(np.tile(ramp, (16, 1))), kind), 16)
    np.testing.assert_allclose(pixels[0, :, 0], ramp / 257, atol=0.51)


def test_unknown_ranges_are_refused() -> None:
    for dtype in (np.float32, np.int32):
        values = np.full((16, 16), 1_000_000, dtype)
        with pytest.raises(Refused, match="range is unknown"):
            decode(encoded(Image.fromarray(values), "TIFF"), 16)


def test_the_centre_is_kept_and_scaling_does_not_alias() -> None:
    wide = Image.new("RGB", (96, 32), GREY)
    wide.paste(RED, (32, 0, 64, 32))
    assert (decode(encoded(wide), 32) == RED).all()
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255  # one pixel wide: grey from afar
    assert np.abs(decode(encoded(Image.fromarray(stripes)), 32).astype(int) - 127).max() < 12


def test_large_photographs_are_read_quickly_and_rightly() -> None:
    image = halves(RED, BLUE, 2048)
    pixels = decode(encoded(image, "JPEG", quality=90), 32)
    assert np.abs(pixels[4].astype(int) - RED).max() < 12
    assert np.abs(pixels[28].astype(int) - BLUE).max() < 12


# ------------------------------------------------------------------------------------- hostile


def noisy(kind: str) -> bytes:
    rng = np.random.default_rng(0)
    return encoded(Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)), kind)


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


def test_a_bomb_of_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 10_000)
    with pytest.raises(Refused, match="101 x 100 pixels; at most"):
        decode(plain(size=(101, 100)), 8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2_000)  # Pillow's own limit, lower
    with pytest.raises(Refused, match="too many pixels"):
        decode(plain(size=(90, 90)), 8)
    with pytest.raises(Refused, match="only 7 x 200 pixels"):
        decode(plain(size=(7, 200)), 8)


def test_other_formats_are_not_tried() -> None:
    for kind in ("PPM", "ICO", "TGA"):
        with pytest.raises(Refused, match="not a picture that can be read"):
            decode(encoded(Image.new("RGB", (16, 16)), kind), 8)


@pytest.mark.parametrize(
    "name", ["../red/a.png", "red/../../a.png", "/red/a.png", "C:\\red\\a.png"]
)
def test_a_zip_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="names a file outside of itself"):
        read(pack(tmp_path / "x.zip", classes() | {name: plain()}))


def test_backslashes_of_old_packers_separate_folders(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): content for name, content in classes().items()}
    assert read(pack(tmp_path / "x.zip", files)).classes == ("blue", "red")


def test_a_zip_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pack(tmp_path / "x.zip", classes() | {"red/big.bmp": bytes(3 * 2**20)})
    with pytest.raises(Refused, match=r"'red/big.bmp', which unpacks to [\d,]+ times its size"):
        read(bomb)
    monkeypatch.setattr(archive, "MAX_TOTAL", 1000)
    with pytest.raises(Refused, match="would unpack to"):
        read(pack(tmp_path / "y.zip", classes()))
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_BYTES", 2000)
    found = read(pack(tmp_path / "z.zip", classes() | {"red/large.png": noisy("PNG")}))
    assert "larger than" in reasons(found)["red/large.png"]


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_declares(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", classes() | {"red/zz.bmp": bytes(500_000)})
    content = path.read_bytes()
    size = (500_000).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (5_000).to_bytes(4, "little")))
    found = read(path)
    assert list(reasons(found)) == ["red/zz.bmp"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "outside" / "secret", {"a.png": plain()})
    path = put(tmp_path / "set", classes())
    (path / "red" / "link.png").symlink_to(tmp_path / "outside" / "secret" / "a.png")
    (path / "green").symlink_to(tmp_path / "outside" / "secret")
    (path / "red" / "loop").symlink_to(path)
    barred = "a link, which is not followed"
    assert reasons(read(path)) == dict.fromkeys(("green", "red/link.png", "red/loop"), barred)
    info = zipfile.ZipInfo("red/link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(pack(tmp_path / "x.zip", classes()), "a") as file:
        file.writestr(info, "/etc/passwd")
    assert reasons(read(tmp_path / "x.zip")) == {"red/link.png": barred}


def test_a_pipe_does_not_hang_and_a_locked_file_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, classes())
    os.mkfifo(path / "red" / "pipe.png")
    found = read(path)
    assert reasons(found) == {"red/pipe.png": "not a regular file"}


def test_encrypted_and_broken_zips_are_said_to_be(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", classes())
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1  # the flag in the last entry of the list
    path.write_bytes(bytes(content))
    assert list(reasons(read(path)).values()) == ["encrypted"]
    path.write_bytes(bytes(content)[:-30])
    with pytest.raises(Refused, match="not a zip file that can be read"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(Refused, match="not a zip file that can be read"):
        read(path)
    with pytest.raises(Refused, match="There is no folder or zip file"):
        read(tmp_path / "nothing")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 30)
    for path in (put(tmp_path / "f", classes()), pack(tmp_path / "x.zip", classes())):
        with pytest.raises(Refused, match="more than 30 files"):
            read(path)
    monkeypatch.undo()
    monkeypatch.setattr(class_folders, "MAX_MEMORY", 1000)
    with pytest.raises(Refused, match="40 pictures, more than fit"):
        read(tmp_path / "f")


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


def test_the_key_changes_with_the_files(tmp_path: Path) -> None:
    path = put(tmp_path, classes())
    before = archive.open_tree(path).key
    assert archive.open_tree(path).key == before
    os.utime(path / "red" / "00.png", (1, 1))
    assert archive.open_tree(path).key != before


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    events = read_pictures(put(tmp_path, classes()), 8)
    event = next(events)
    assert (event.stage, event.i, event.n) == ("read", 0, 40)
    events.close()
