"""Archives: what is listed, how it is called, and what was made to harm is refused unread."""

import io
import os
import stat
import tarfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest

from distiller.data import archive, class_folders
from distiller.data.archive import open_tree
from distiller.data.class_folders import load_pictures, save_pictures
from distiller.data.file_names import decode_names
from distiller.data.tree import Bounds
from distiller.errors import Refused
from tests.pictures import classes, noisy, pack, plain, put, read, reasons


def test_names_that_are_no_text_can_be_printed_and_kept(tmp_path: Path) -> None:
    path = put(tmp_path / "set", classes())
    for name in (b"red/\xff\xfe.png", b"red/\x1b[31m.txt"):
        Path(os.fsdecode(bytes(path) + b"/" + name)).write_bytes(b"x")
    (path / os.fsdecode(b"gr\xfcn")).mkdir()
    for k in range(12):
        (path / os.fsdecode(b"gr\xfcn") / f"{k}.png").write_bytes(plain())
    found = read(path)
    "\n".join(found.report.lines()).encode()
    assert "  red/ÿþ.png: not a picture that can be read" in found.report.lines()
    assert "  red/?[31m.txt: not a picture file (.txt)" in found.report.lines()
    assert set(found.classes) == {"red", "blue", "grün"}
    save_pictures(found, tmp_path / "kept")
    assert load_pictures(tmp_path / "kept").report == found.report


def test_names_of_a_zip_without_the_utf8_flag_are_understood(tmp_path: Path) -> None:
    files = {f"{c}/{k}.png": plain() for c in ("QQ", "b") for k in range(12)}
    path = pack(tmp_path / "x.zip", files)
    path.write_bytes(path.read_bytes().replace(b"QQ/", "é/".encode()))
    assert set(read(path).classes) == {"b", "é"}


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
    monkeypatch.setattr(archive, "BOUNDS", Bounds(total=1000))
    with pytest.raises(Refused, match="would unpack to"):
        read(pack(tmp_path / "y.zip", classes()))
    monkeypatch.undo()
    monkeypatch.setattr(archive, "BOUNDS", Bounds(each=2000))
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
    with pytest.raises(Refused, match="not a ZIP file that can be read"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(Refused, match="not a ZIP file that can be read"):
        read(path)
    with pytest.raises(Refused, match="There is no folder or zip file"):
        read(tmp_path / "nothing")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BOUNDS", Bounds(files=30))
    for path in (put(tmp_path / "f", classes()), pack(tmp_path / "x.zip", classes())):
        with pytest.raises(Refused, match="more than 30 files"):
            read(path)
    monkeypatch.undo()
    monkeypatch.setattr(class_folders, "MAX_MEMORY", 1000)
    with pytest.raises(Refused, match="40 pictures, more than fit"):
        read(tmp_path / "f")


def test_two_files_of_one_name_are_not_read_and_named(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", classes())
    with zipfile.ZipFile(path, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("red/00.png", plain())
        file.writestr("red\\01.png", plain())
    twice = "there are two files of the same name"
    assert reasons(read(path)) == {"red/00.png": twice, "red/01.png": twice}


# ----------------------------------------------------------------------------------------- tars


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz", "x.tar.bz2", "no-suffix"])
def test_tars_are_read_as_zips_are(tmp_path: Path, name: str) -> None:
    files = classes(12, "./set/train/") | classes(3, "./set/test/") | {"./set/a.txt": b"x"}
    found = read(pack(tmp_path / name, files))
    assert found.report.kept == {"blue": [12, 3], "red": [12, 3]}
    assert reasons(found) == {"set/a.txt": "not a picture file (.txt)"}
    plain_zip = read(pack(tmp_path / "x.zip", files))
    assert found.are(plain_zip)


def test_a_tar_may_hold_its_files_in_any_order(tmp_path: Path) -> None:
    files = dict(reversed(classes(12).items()))
    assert read(pack(tmp_path / "x.tgz", files)).are(read(put(tmp_path / "x", files)))


def tar(path: Path, *infos: tarfile.TarInfo, kind: str = "gz") -> Path:
    """A tar of two classes and of entries without content."""
    with tarfile.open(path, f"w:{kind}") as file:
        for name, content in classes().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        for info in infos:
            file.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, to
    return info


@pytest.mark.parametrize("name", ["../red/a.png", "red/../../a.png", "/red/a.png", "C:\\a.png"])
def test_a_tar_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="names a file outside of itself"):
        read(tar(tmp_path / "x.tgz", entry(name)))


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    path = tar(
        tmp_path / "x.tgz",
        entry("red/soft.png", tarfile.SYMTYPE, to="/etc/passwd"),
        entry("red/hard.png", tarfile.LNKTYPE, to="red/00.png"),
        entry("red/pipe.png", tarfile.FIFOTYPE),
        entry("red/device.png", tarfile.CHRTYPE),
    )
    link, device = "a link, which is not followed", "not a regular file"
    assert reasons(read(path)) == {
        "red/soft.png": link, "red/hard.png": link,
        "red/pipe.png": device, "red/device.png": device,
    }  # fmt: skip


def test_a_tar_bomb_is_refused_without_filling_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = tar(tmp_path / "x.tgz", entry("red/big.bmp", size=200 * 2**20))
    tracemalloc.start()
    with pytest.raises(Refused, match="more than 200 times its size"):
        read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()
    monkeypatch.setattr(archive, "BOUNDS", Bounds(each=2000))
    found = read(tar(tmp_path / "y.tgz", entry("red/large.png", size=3000)))
    assert "larger than" in reasons(found)["red/large.png"]
    monkeypatch.setattr(archive, "BOUNDS", Bounds(files=30))
    with pytest.raises(Refused, match="more than 30 files"):
        read(tar(tmp_path / "z.tgz"))


def test_a_header_as_large_as_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tar(tmp_path / "x.tar", entry("long", tarfile.GNUTYPE_LONGNAME, 2 * 2**20), kind="")
    with pytest.raises(Refused, match=r"after 40 files: a header of 2,097,152 bytes"):
        read(path)


@pytest.mark.parametrize("kind", ["", "gz", "bz2"])
def test_a_tar_that_breaks_off_is_said_to(tmp_path: Path, kind: str) -> None:
    path = tar(tmp_path / "x.tar", kind=kind)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 - 100])
    with pytest.raises(Refused, match="not a tar file that can be read"):
        read(path)
    if not kind:
        spoiled = bytearray(content)
        spoiled[1024 * 20 : 1024 * 20 + 400] = b"\xff" * 400  # the header in the middle
        path.write_bytes(bytes(spoiled))
        with pytest.raises(Refused, match="after 20 files: it breaks off"):
            read(path)


@pytest.mark.parametrize("name", ["x.7z", "x.rar", "x.parquet", "x.tar.xz"])
def test_other_archives_are_called_by_their_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(Refused, match=f"{name} is a file of .*, which is not read here. Unpack it"):
        open_tree(tmp_path / name)


# ---------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("gb18030", ["猫", "狗"]),
        ("gb18030", ["苹果", "香蕉", "橘子"]),
        ("shift_jis", ["ねこ", "いぬ"]),
        ("cp1251", ["Собака", "Кошка"]),
        ("cp866", ["Собака", "Кошка"]),
        ("cp1252", ["grün", "Äpfel"]),
        ("cp437", ["Käse", "grün"]),
    ],
)
def test_names_of_other_code_pages_are_decoded_and_doubted(page: str, names: list[str]) -> None:
    found, notes = decode_names("x.zip", [name.encode(page) for name in names], together=True)
    assert found == names
    assert "are not in UTF-8. They were read as" in notes[0]
    assert all(name in notes[0] for name in names)


def test_names_that_no_code_page_fits_are_doubted(tmp_path: Path) -> None:
    found, notes = decode_names("x.zip", [b"\xdb\xdb\xb0", b"plain"])
    assert found[1] == "plain"
    assert "read as an unknown code page" in notes[0]


def test_a_zip_of_chinese_names_is_read_as_it_was_packed(tmp_path: Path) -> None:
    files = {f"{c}/{k}.png": plain() for c in ("QQ", "ZZ", "plain") for k in range(12)}
    content = pack(tmp_path / "x.zip", files).read_bytes()
    for code, name in ((b"QQ/", "猫/"), (b"ZZ/", "狗/")):
        content = content.replace(code, name.encode("gbk"))
    (tmp_path / "x.zip").write_bytes(content)
    found = read(tmp_path / "x.zip")
    assert set(found.classes) == {"猫", "狗", "plain"}
    assert "They were read as GBK, Chinese: 狗, 猫." in found.report.notes[0]


def test_names_that_an_unpacker_garbled_are_mended(tmp_path: Path) -> None:
    garbled = {name: name.encode("gbk").decode("cp437") for name in ("猫", "狗")}
    files = {f"{g}/{k}.png": plain() for g in garbled.values() for k in range(12)}
    for path in (put(tmp_path / "x", files), pack(tmp_path / "x.zip", files)):
        found = read(path)
        assert set(found.classes) == {"猫", "狗"}
        assert "They were read as GBK, Chinese" in found.report.notes[0]


def test_folders_of_old_packers_are_no_files_that_are_left_out(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): content for name, content in classes(20, "set/").items()}
    files |= {"set\\": b"", "set\\red\\": b""}
    for path in (pack(tmp_path / "x.zip", files), put(tmp_path / "x", files)):
        found = read(path)
        assert found.classes == ("blue", "red")
        assert found.report.left_out == found.report.notes == []


# ------------------------------------------------------------------------------------------ key


def test_the_key_changes_with_the_files(tmp_path: Path) -> None:
    path = put(tmp_path, classes())
    before = open_tree(path).key
    assert open_tree(path).key == before
    put(tmp_path, {".DS_Store/a": b"x", "out/x.png": plain()})
    assert open_tree(path, without=path / "out").key == before
    os.utime(path / "red" / "00.png", (1, 1))
    assert open_tree(path, without=path / "out").key != before
