"""Cards: what the Hub reads of a set, by its rules for image folders."""

import json
from fnmatch import fnmatch
from pathlib import Path

from distiller.event import finish
from distiller.lab import open_lab
from distiller.sets.card import FIELDS
from distiller.sets.request import Request
from distiller.sets.writer import export


def test_a_folder_with_a_card_is_an_image_folder(tmp_path: Path) -> None:
    request = Request.parse(
        {"dataset": "digits", "method": "dit", "classes": "3", "ipc": 2, "steps": 2}
    )
    folder = finish(export(request, tmp_path / "set", open_lab("digits")))
    _, front, body = (folder / "README.md").read_text().split("---\n", 2)
    (patterns,) = (line.split(": ", 1)[1] for line in front.splitlines() if "path:" in line)
    files = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    taken = [f for f in files if any(fnmatch(f, pattern) for pattern in json.loads(patterns))]
    assert sorted(taken) == ["3/0.png", "3/1.png", "metadata.jsonl"]
    assert "tags: [dataset-distillation]\n" in front
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    assert {line["file_name"] for line in lines} == {"3/0.png", "3/1.png"}
    assert len({tuple(line) for line in lines}) == 1  # the Hub wants the same fields in each line
    for line in lines:
        near = line["neighbours"]
        assert near["rows"][0] == line["nearest_real"]
        assert near["distances"] == sorted(near["distances"])
        assert line["recognised"] in "0123456789"
        assert set(line) <= set(", ".join(FIELDS).split(", "))
    assert "python -m distiller distill --dataset digits --method dit --classes 3" in body
    assert "| mmd2 |" in body
