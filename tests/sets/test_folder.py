"""Folders of distilled sets as they are read: what cannot be read is refused in words."""

import json
from pathlib import Path

import pytest
from PIL import Image

from distiller.errors import Refused
from distiller.sets.folder import dataset_of, read_set


def test_folders_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no folder"):
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
