"""Candidates: what a visitor's sets are called, when they grow, and how many are kept."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.errors import Refused
from distiller.sets.request import Request
from viz.evaluate.candidate import KEPT, Shelf, describe


def request(**given: object) -> Request:
    usual = {"dataset": "digits", "classes": "3", "ipc": 2, "steps": 4, "cfg_scale": 1.5}
    return Request.parse({**usual, **given})


def made(label: int, value: int = 0) -> dict[int, np.ndarray]:
    images = np.full((2, 32, 32, 3), value, np.uint8)
    return {label: images}


def own(shelf: Shelf) -> list[str]:
    return [c.name for c in shelf.of("digits").values() if c.made_here]


def test_a_set_is_its_settings_and_grows_class_by_class() -> None:
    shelf = Shelf()
    for label in (3, 5):
        shelf.put_run(request(classes=str(label)), made(label), "a", repeatable=True)
    (name,) = own(shelf)
    candidate = shelf.of("digits")[name]
    assert sorted(candidate.images) == [3, 5]
    assert candidate.missing() == [0, 1, 2, 4, 6, 7, 8, 9]
    assert candidate.title().endswith("2 of 10 classes, the rest is made first")
    link = candidate.link()
    assert link is not None
    assert Request.from_query(link) == request(classes="3")
    shelf.put_run(request(seed=1), made(3), "a", repeatable=True)
    assert len(own(shelf)) == 2
    assert not [c for c in shelf.of("solids").values() if c.made_here]


def test_names_tell_settings_apart_and_nothing_else() -> None:
    base = request(method="dap")
    assert describe(base) == "DAP · 2 a class · 4 steps · CFG 1.5 · seed 0"
    assert describe(request(method="dap", classes="7")) == describe(base)
    others = [
        {"seed": 1}, {"ipc": 3}, {"steps": 5}, {"cfg_scale": 2}, {"sampler": "dpm++"},
        {"options": {"dap.gamma": 1.0}}, {"method": "dap+diversity"},
    ]  # fmt: skip
    names = {describe(request(**{"method": "dap", **other})) for other in others}
    assert len(names | {describe(base)}) == len(others) + 1


def test_images_of_a_run_whose_dials_moved_are_not_mixed_with_others() -> None:
    shelf = Shelf()
    shelf.put_run(request(), made(3), "a", repeatable=False)
    (name,) = own(shelf)
    assert shelf.of("digits")[name].images == {}
    assert len(shelf.of("digits")[name].missing()) == 10


def test_classes_of_two_priors_or_two_keys_are_not_mixed() -> None:
    shelf, key = Shelf(), "dp-merf.secret"
    secret = [request(method="dp-merf", options={key: k}, classes=str(k)) for k in (1, 2)]
    assert describe(secret[0]) == describe(secret[1])
    runs = [(request(classes="1"), "a"), (request(classes="2"), "b")]
    for (first, prior), (second, other) in (runs, [(r, "a") for r in secret]):
        shelf.put_run(first, made(1), prior, repeatable=True)
        shelf.put_run(second, made(2), other, repeatable=True)
        assert sorted(shelf.of("digits")[describe(second)].images) == [2]


def test_a_shelf_is_bounded_and_the_newest_come_first() -> None:
    shelf = Shelf()
    for seed in range(KEPT + 5):
        shelf.put_run(request(seed=seed), made(3), "a", repeatable=True)
    names = own(shelf)
    assert len(names) == KEPT
    assert names[0] == describe(request(seed=KEPT + 4))


def test_the_digest_follows_the_images() -> None:
    shelf = Shelf()
    digests = set()
    for value in (0, 1):
        shelf.put_run(request(), made(3, value), "a", repeatable=True)
        digests.add(shelf.of("digits")[own(shelf)[0]].digest())
    assert len(digests) == 2


def pack(path: Path, name: str) -> Path:
    picture = io.BytesIO()
    Image.new("RGB", (32, 32), (9, 9, 9)).save(picture, "PNG")
    with zipfile.ZipFile(path / name, "w") as file:
        for label in range(2):
            file.writestr(f"{label}/0.png", picture.getvalue())
        file.writestr(
            "metadata.jsonl",
            '{"file_name": "0/0.png", "weight": 1}\n{"file_name": "1/0.png", "weight": 3}',
        )
    return path / name


def test_an_upload_has_a_plain_name_of_its_own(tmp_path: Path) -> None:
    shelf = Shelf()
    path = pack(tmp_path, "<img onerror=x> =1+1.zip")
    first, second = (shelf.put_upload(path, "digits") for _ in range(2))
    assert first == "upload img onerrorx 1+1"
    assert second == f"{first} (2)"
    candidate = shelf.of("digits")[first]
    assert candidate.missing() == []
    assert candidate.link() is None
    chosen = candidate.labelled((0, 1))
    assert chosen.weights is not None
    assert chosen.weights.tolist() == [1, 3]
    path.write_bytes(b"no")
    with pytest.raises(Refused, match="not a ZIP file"):
        shelf.put_upload(path, "digits")
    assert len(shelf.kept) == 2
